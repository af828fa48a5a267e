"""A score on the grid of sixteenths: what every other part of this package reads and writes."""

from dataclasses import dataclass, field, replace

import numpy as np

from chaconne.scores.pieces.score import TONICS

QUARTER = 4  # frames in a quarter note
REST = -1
NAMES = ("soprano", "alto", "tenor", "bass")


class OffGrid(ValueError):
    """Notes that no sixteenth fits, such as triplets; `problems` says where."""

    def __init__(self, problems):
        self.problems = problems
        more = f"; and {len(problems) - 4} more" if len(problems) > 4 else ""
        super().__init__("; ".join(problems[:4]) + more + "; --snap moves notes to the nearest sixteenth")


@dataclass
class Grid:
    """One piece. `pitch` with `onset` tells a repeated note from a held one.

    pitch: int16 [voices, frames], MIDI note number 0..127, REST (-1) where the voice is silent
    onset: bool [voices, frames], a note begins here
    fermata: bool [voices, frames], True for every frame of a note under a fermata
    metre: '4/4'; pickup: frames before the first barline (0 for none)
    key: one of chaconne.scores.pieces.score.TONICS; mode: one of chaconne.scores.pieces.modes.SCALES, or other
    tempo_qpm: quarter notes a minute
    instruments: General MIDI program 0..127 of each voice
    """

    pitch: np.ndarray
    onset: np.ndarray
    fermata: np.ndarray
    metre: str = "4/4"
    pickup: int = 0
    key: str = "C"
    mode: str = "major"
    title: str = ""
    tempo_qpm: float = 80.0
    names: tuple = NAMES
    instruments: tuple = field(default=(19, 19, 19, 19))  # 19: church organ

    def __post_init__(self):
        shape = self.pitch.shape
        if not (len(shape) == 2 and self.onset.shape == shape == self.fermata.shape):
            shapes = [a.shape for a in (self.pitch, self.onset, self.fermata)]
            raise ValueError(f"grid: expected three arrays [voices, frames], got {shapes}")
        bar_frames(self.metre)
        if self.key not in TONICS:
            raise ValueError(f"key: expected one of {', '.join(TONICS)}; got {self.key!r}")

    @property
    def voices(self):
        return self.pitch.shape[0]

    @property
    def frames(self):
        return self.pitch.shape[1]

    @property
    def tonic(self):
        """Pitch class of the key, 0 = C."""
        return TONICS.index(self.key)

    def where(self, frame):
        """Return (bar, beat) of a frame as a musician counts: a pick-up is bar 0, the first beat is 1.0."""
        bar, unit = bar_frames(self.metre), beat_frames(self.metre)
        number, since = divmod(frame - self.pickup, bar)
        return int(number) + 1, 1 + since / unit

    def select(self, voices):
        """Return a grid of these voices only."""
        keep = list(voices)
        return replace(self, pitch=self.pitch[keep], onset=self.onset[keep], fermata=self.fermata[keep],
                       names=tuple(self.names[v] for v in keep),
                       instruments=tuple(self.instruments[v] for v in keep))


def bar_frames(metre):
    """Return the frames in a bar of `metre`; ValueError unless it is n/d with a bar of whole sixteenths."""
    try:
        upper, lower = map(int, metre.split("/"))
        frames = 4 * QUARTER * upper / lower
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"metre: expected a time signature such as 4/4, got {metre!r}") from None
    if frames < 1 or frames % 1:
        raise ValueError(f"metre: expected a bar of whole sixteenths, got {metre}")
    return int(frames)


def beat_frames(metre):
    """Return the frames of a beat: the lower number, or a dotted one in compound metres such as 6/8."""
    upper, lower = map(int, metre.split("/"))
    unit = 4 * QUARTER // lower or 1
    return 3 * unit if lower >= 8 and upper > 3 and upper % 3 == 0 else unit


def from_notes(notes, voices=None, quarters=None, snap=False, **about):
    """Build a Grid out of notes.

    notes: dictionary of equally long arrays onset, duration (quarter lengths), pitch, voice and, if there
    are any, fermata (chaconne.scores.pieces.score.COLUMNS); voices: their number; quarters: length of the piece;
    snap: move notes to the nearest sixteenth instead of raising OffGrid; about: the other fields of Grid.
    A voice has one note at a time: of two that overlap the first is cut, of two that begin together the
    higher stays.
    """
    onset, duration = (np.asarray(notes[name], np.float64) for name in ("onset", "duration"))
    begin, end = onset * QUARTER, (onset + duration) * QUARTER
    first, last = np.rint(begin).astype(int), np.rint(end).astype(int)
    off = np.maximum(np.abs(begin - first), np.abs(end - last)) > 1e-3
    if off.any() and not snap:
        raise OffGrid(off_grid(onset[off], np.asarray(notes["voice"])[off], about))
    last = np.maximum(last, first + 1)
    count = voices or int(np.max(notes["voice"], initial=0)) + 1
    frames = max(int(last.max(initial=1)), round((quarters or 0) * QUARTER))
    pitch = np.full((count, frames), REST, np.int16)
    starts, fermata = np.zeros((count, frames), bool), np.zeros((count, frames), bool)
    marks = np.asarray(notes.get("fermata", np.zeros(len(first))))
    order = np.lexsort((notes["pitch"], first))
    for i in order:
        voice, span = int(notes["voice"][i]), slice(first[i], last[i])
        # The longer note before ends where this one begins.
        pitch[voice, first[i]:], starts[voice, first[i]:], fermata[voice, first[i]:] = REST, False, False
        pitch[voice, span], fermata[voice, span] = notes["pitch"][i], bool(marks[i])
        starts[voice, first[i]] = True
    return Grid(pitch, starts, fermata, **about)


def off_grid(onset, voice, about):
    """Return one line for each bar and voice with notes that are no sixteenths."""
    bar = bar_frames(about.get("metre", "4/4")) / QUARTER
    number = np.floor((onset - about.get("pickup", 0) / QUARTER) / bar + 1e-6).astype(int) + 1
    places = sorted({(int(b), int(v)) for b, v in zip(number, voice, strict=True)})
    names = about.get("names", NAMES)
    told = "expected sixteenths, got triplets or played rhythm"
    return [f"bar {b}, {names[v] if v < len(names) else f'voice {v + 1}'}: {told}" for b, v in places]


def notes_of(grid):
    """Return the notes of a grid: dictionary of arrays onset, duration (quarter lengths), pitch, voice, fermata."""
    voice, begin = np.nonzero(grid.onset)
    # A note ends where another begins, where silence begins, or with the piece.
    edge = grid.onset | (grid.pitch == REST)
    after = np.full((grid.voices, grid.frames + 1), grid.frames)
    for frame in range(grid.frames - 1, -1, -1):
        after[:, frame] = np.where(edge[:, frame], frame, after[:, frame + 1])
    end = after[voice, begin + 1]
    order = np.lexsort((voice, begin))
    voice, begin, end = voice[order], begin[order], end[order]
    return {"onset": begin / QUARTER, "duration": (end - begin) / QUARTER, "pitch": grid.pitch[voice, begin],
            "voice": voice, "fermata": grid.fermata[voice, begin].astype(np.int16)}


def from_corpus(piece, notes, **more):
    """Return the Grid of one packed piece: a row of pieces.csv and its arrays (chaconne.scores.pieces.score.unpack)."""
    return from_notes(notes, voices=4, quarters=piece.quarters, metre=piece.metre, title=piece.title,
                      pickup=round(piece.pickup * QUARTER), key=piece.key, mode=piece.mode, **more)
