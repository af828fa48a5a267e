"""Many pieces end to end in one set of arrays, so that a rule is computed once for all of them."""

from dataclasses import dataclass

import numpy as np

from chaconne.scores.grid.grid import QUARTER, REST, bar_frames, beat_frames


@dataclass
class Pieces:
    """Pieces one after another; F is the number of frames in all.

    pitch: int16 [voices, F], REST (-1) in silence; onset: bool [voices, F], a note begins
    fermata: bool [F], in any voice; beat: bool [F], a beat begins
    first: bool [F], a piece begins; piece: int [F], which one
    tonic: int16 [F], pitch class 0..11; minor: bool [F]
    beats: float [pieces], length of each in quarter notes; starts: int [pieces], where each begins
    """

    pitch: np.ndarray
    onset: np.ndarray
    fermata: np.ndarray
    beat: np.ndarray
    first: np.ndarray
    piece: np.ndarray
    tonic: np.ndarray
    minor: np.ndarray
    beats: np.ndarray
    starts: np.ndarray

    @property
    def count(self):
        return len(self.starts)


def join(grids):
    """Return the Pieces of several grids with the same number of voices."""
    voices = {grid.voices for grid in grids}
    if len(voices) != 1:
        raise ValueError(f"expected pieces with the same number of voices, got {sorted(voices) or 'no pieces'}")
    lengths = [grid.frames for grid in grids]
    times = [np.arange(grid.frames) - grid.pickup for grid in grids]
    beat = [(t % bar_frames(g.metre)) % beat_frames(g.metre) == 0 for g, t in zip(grids, times, strict=True)]
    return _pieces(np.concatenate([grid.pitch for grid in grids], 1),
                   np.concatenate([grid.onset for grid in grids], 1), np.array(lengths), np.concatenate(beat),
                   np.concatenate([grid.fermata.any(0) for grid in grids]),
                   [grid.tonic for grid in grids], [grid.mode == "minor" for grid in grids])


def batch(pitch, tonic, minor, fermata=None, beat=None, onset=None):
    """Return the Pieces of equally long ones, such as samples of a model.

    pitch: int [pieces, voices, frames], REST in silence; tonic: int [pieces]; minor: bool [pieces];
    fermata: bool [pieces, frames], none without; beat: bool [frames] or [pieces, frames], every quarter without;
    onset: bool like pitch, without it notes begin where the pitch changes.
    """
    pitch = np.asarray(pitch)
    count, voices, frames = pitch.shape
    if onset is None:
        new = (pitch[..., 1:] != pitch[..., :-1]) & (pitch[..., 1:] != REST)
        onset = np.concatenate([pitch[..., :1] != REST, new], -1)
    flat, onsets = (a.transpose(1, 0, 2).reshape(voices, count * frames) for a in (pitch, np.asarray(onset)))
    marks = np.zeros(count * frames, bool) if fermata is None else np.asarray(fermata, bool).reshape(-1)
    beat = np.broadcast_to(np.arange(frames) % QUARTER == 0 if beat is None else beat, (count, frames))
    return _pieces(flat, onsets, np.full(count, frames), beat.reshape(-1), marks, tonic, minor)


def _pieces(pitch, onset, lengths, beat, fermata, tonic, minor):
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(int)
    first = np.zeros(pitch.shape[1], bool)
    first[starts] = True

    def spread(values, kind):
        return np.repeat(np.asarray(values, kind), lengths)

    return Pieces(pitch.astype(np.int16), onset, fermata, beat, first, spread(range(len(lengths)), np.int64),
                  spread(tonic, np.int16), spread(minor, bool), lengths / QUARTER, starts)


def before(array, first, fill):
    """Return the array one frame earlier; `fill` where a piece begins. array: [..., F]."""
    moved = np.empty_like(array)
    moved[..., 1:] = array[..., :-1]
    moved[..., first] = fill
    return moved


def entered(state, first):
    """Return where a state [..., F] begins: True now, not one frame before in the same piece."""
    return state & ~before(state, first, False)

