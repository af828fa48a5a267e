"""What every symbol that a voice could take would break, before it is taken.

The rules look one frame back and no further. So whatever a voice may do next is a piece of two frames: the frame
before, and this one with the voices above. A violation is counted where it is decided: at the lowest voice that it
is about, or, where the whole chord decides, at the last voice. Summed over what was written, these counts are those
of `rules.find`, so that decoding and reinforcement see what the judge sees.

Shapes: N candidates, B pieces, V voices (4), T frames, S symbols, K measures.
"""

from dataclasses import dataclass

import numpy as np

from chaconne.counterpoint.network import symbols as sy
from chaconne.counterpoint.rules import rules
from chaconne.counterpoint.rules.pieces import batch
from chaconne.scores.grid.grid import REST, bar_frames, beat_frames

VOICES = 4
CHORDAL = ("leading_tone", "doubled_leading_tone", "seventh", "dissonance", "nonchord")  # need all voices
GUARDS = ("moves", "rests", "unison")  # how much happens: of each voice and frame
MEASURES = (*rules.NAMES, *GUARDS)  # the K columns
LINEAR = tuple(rule for rule in rules.FOUR_PART if rule.name not in CHORDAL)


@dataclass
class Setting:
    """What the rules need to know of B pieces of T frames besides their notes.

    tonic: int [B]; minor: bool [B]; beat: bool [B, T], a beat begins; fermata: bool [B, T]
    """

    tonic: np.ndarray
    minor: np.ndarray
    beat: np.ndarray
    fermata: np.ndarray

    @property
    def frames(self):
        return self.beat.shape[1]


def setting_of(grids, frames):
    """Return the Setting of the first `frames` frames of Grids."""
    beats = [(np.arange(frames) - g.pickup) % bar_frames(g.metre) % beat_frames(g.metre) == 0 for g in grids]
    return Setting(np.array([g.tonic for g in grids]), np.array([g.mode == "minor" for g in grids]), np.stack(beats),
                   np.stack([g.fermata[:, :frames].any(0) for g in grids]))


def counts(voice, before, now, setting, piece, frame):
    """Return float32 [N, K]: what each candidate breaks at this voice.

    before: int [N, V] pitches of the frame before (REST where silent or where a piece begins); now: int [N, V] of
    this one, the candidate in column `voice`, whatever in those below; piece, frame: int [N], where.
    """
    now = now.copy()
    now[:, voice + 1:] = REST
    held = np.stack([setting.fermata[piece, np.maximum(frame - 1, 0)] & (frame > 0), np.zeros(len(piece), bool)], 1)
    beat = np.stack([np.zeros(len(piece), bool), setting.beat[piece, frame]], 1)
    pairs = batch(np.stack([before, now], 2), setting.tonic[piece], setting.minor[piece], held, beat)
    last = voice == VOICES - 1
    asked = rules.FOUR_PART if last else LINEAR
    moves, found = rules.Moves(pairs), np.zeros((len(piece), len(MEASURES)), np.float32)
    for rule in asked:
        rows = [i for i, who in enumerate(rule.voices) if rule.name in CHORDAL or max(who) == voice]
        if rows:
            found[:, MEASURES.index(rule.name)] = rule.find(moves)[rows][:, 1::2].sum(0)
    pitch = now[:, voice]
    found[:, len(rules.NAMES)] = moves.moves[voice, 1::2]
    found[:, len(rules.NAMES) + 1] = pitch == REST
    found[:, len(rules.NAMES) + 2] = (now[:, voice - 1] == pitch) & (pitch != REST) if voice else 0
    return found


def pitch_of(symbol, before):
    """Return the pitches int [N] that symbols [N] mean where `before` [N] sounded."""
    return np.where(symbol == sy.HOLD, before, np.where(symbol == sy.RESTS, REST, symbol - sy.FIRST + sy.LOW))


def frame_before(pitch):
    """Return pitches [..., T] one frame earlier, silence before the first."""
    return np.concatenate([np.full_like(pitch[..., :1], REST), pitch[..., :-1]], -1)


def of_batch(pitch, chances, setting, least):
    """Yield (voice, places int [4, N] of piece, frame, symbol and whether it was written, counts [N, K]).

    For every symbol with a probability above `least`, and for the one that was written.
    pitch: int [B, V, T] what was written; chances: for each voice float [B, T, S] with that voice's odds, and
    the symbols that were written int [B, V, T].
    """
    then, (odds, symbols) = frame_before(pitch), chances
    for voice in range(VOICES):
        wanted = odds[voice] > least
        np.put_along_axis(wanted, symbols[:, voice, :, None], True, -1)
        piece, frame, symbol = np.nonzero(wanted)
        before, now = then[piece, :, frame], pitch[piece, :, frame].copy()
        now[:, voice] = pitch_of(symbol, before[:, voice])
        written = symbols[piece, voice, frame] == symbol
        yield voice, (piece, frame, symbol, written), counts(voice, before, now, setting, piece, frame)


def measure(pitch, setting):
    """Return float64 [B, K]: rules broken in 100 beats, moves a beat and voice, shares of rests and of unisons."""
    count, _, frames = pitch.shape
    pieces = batch(pitch, setting.tonic, setting.minor, setting.fermata, setting.beat)
    found = rules.find(pieces)
    beats = pieces.beats[:, None]
    moves = rules.Moves(pieces).moves.reshape(VOICES, count, frames).sum((0, 2))
    unison = ((pitch[:, 1:] == pitch[:, :-1]) & (pitch[:, 1:] != REST)).sum((1, 2))
    guards = np.stack([moves / beats[:, 0] / VOICES, (pitch == REST).mean((1, 2)), unison / (VOICES * frames)], 1)
    return np.concatenate([100 * rules.counts(pieces, found) / beats, guards], 1)
