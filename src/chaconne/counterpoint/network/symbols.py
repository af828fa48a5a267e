"""Voices as symbols: what the network reads and predicts, one for each voice and frame.

A symbol is HOLD (the note or rest goes on), RESTS (a rest begins) or the onset of a pitch. The sequence of
symbols and the pair (pitch, onset) determine each other. Data without onsets (a published matrix of pitches)
writes every repeated pitch as HOLD: then onsets of the pitch that already sounds are impossible.
"""

import numpy as np
import torch

from chaconne.scores.grid.grid import REST

HOLD, RESTS, FIRST = 0, 1, 2
LOW, HIGH = 30, 90  # MIDI pitches the network knows
PITCHES = HIGH - LOW + 1
SYMBOLS = FIRST + PITCHES
OLDEST = 16  # frames after which a note's age no longer counts
STEP = 12  # semitones beyond which steps and intervals are all the same
WIDE = 36


def symbols_of(pitch, onset):
    """Return int64 [voices, frames] symbols. pitch, onset: as in Grid; ValueError outside LOW..HIGH."""
    sounding = pitch[pitch != REST]
    if len(sounding) and not (sounding.min() >= LOW and sounding.max() <= HIGH):
        raise ValueError(f"expected pitches {LOW}..{HIGH}, got {sounding.min()}..{sounding.max()}; transpose the piece")
    # Silence at the start is HOLD too: nothing sounded before.
    rests = (pitch == REST) & (np.concatenate([np.full_like(pitch[:, :1], REST), pitch[:, :-1]], 1) != REST)
    return np.where(onset, pitch - LOW + FIRST, np.where(rests, RESTS, HOLD)).astype(np.int64)


def changes(pitch):
    """Return the onsets of pitches without any: wherever a voice changes. pitch: int [voices, frames]."""
    before = np.concatenate([np.full_like(pitch[:, :1], REST), pitch[:, :-1]], 1)
    return (pitch != REST) & (pitch != before)


def grid_arrays(symbols):
    """Return (pitch, onset) of symbols [voices, frames]: the inverse of symbols_of."""
    onset = symbols >= FIRST
    begin = np.where(symbols != HOLD, np.arange(symbols.shape[1]), 0)
    last = np.maximum.accumulate(begin, 1)
    held = np.take_along_axis(symbols, last, 1)
    return np.where(held >= FIRST, held - FIRST + LOW, REST).astype(np.int16), onset


def sounding(symbols):
    """Return what sounds in every frame: int64 [..., frames], 0 for silence, 1.. for LOW.. ; of symbols, a tensor."""
    places = torch.arange(symbols.shape[-1], device=symbols.device)
    last = torch.where(symbols != HOLD, places, 0).cummax(-1).values
    held = symbols.gather(-1, last)
    return (held - RESTS).clamp(min=0)


def degrees(sound, tonic):
    """Return the scale degree in semitones of what sounds: int64 like sound, 1 on the tonic .. 12, 0 where unknown.

    sound: int64 [B, V, T] codes of `sounding`; tonic: int64 [B], 0 where free, else 1 + pitch class.
    """
    place = (sound - 1 + LOW - (tonic[:, None, None] - 1)) % 12 + 1
    return torch.where((sound > 0) & (tonic[:, None, None] > 0), place, 0)


def ages(symbols):
    """Return for how many frames each note or rest has sounded: int64 [..., frames], 0 at its onset, at most OLDEST."""
    places = torch.arange(symbols.shape[-1], device=symbols.device)
    last = torch.where(symbols != HOLD, places, 0).cummax(-1).values
    return (places - last).clamp(max=OLDEST)


def steps(sound):
    """Return the last melodic step of each voice: int64 [..., frames], 0 none, 1..2*STEP+1 for -STEP..STEP."""
    places = torch.arange(sound.shape[-1], device=sound.device)
    before = torch.cat([sound[..., :1], sound[..., :-1]], -1)
    moved = (sound != before) & (sound > 0) & (before > 0)
    code = torch.where(moved, (sound - before).clamp(-STEP, STEP) + STEP + 1, 0)
    return code.gather(-1, torch.where(moved, places, 0).cummax(-1).values)


def intervals(upper, lower, limit):
    """Return the interval between two sounding codes, 0 where either is silent, else 1..2*limit+1."""
    return torch.where((upper > 0) & (lower > 0), (upper - lower).clamp(-limit, limit) + limit + 1, 0)
