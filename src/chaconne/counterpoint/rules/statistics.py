"""How often rules are broken, and how much happens: the rows of metrics/counterpoint.json."""

import numpy as np

from chaconne.counterpoint.rules import rules
from chaconne.counterpoint.rules.pieces import batch, join

GRAM = 4  # successive melodic intervals


def describe(pieces, found=None):
    """Return one row: rates, VL, TOTAL, density, entropy.

    rates: violations per 100 beats (quarter notes) of each rule; VL: the sum of rules 1-10, TOTAL of all
    twelve; density: moves per beat and voice; entropy in bits: `melodic` of runs of 4 intervals of a voice,
    `sonority` of chords on the beat in their key, with their bass. Entropies grow with the number of
    beats: compare rows of the same length.
    """
    found = rules.find(pieces) if found is None else found
    beats = pieces.beats.sum()
    rates = {name: float(100 * mask.sum() / beats) for name, mask in found.items()}
    moves = rules.Moves(pieces)
    return {"rates": rates, **totals(rates), "density": float(moves.moves.sum() / beats / len(pieces.pitch)),
            "entropy": entropies_of(moves)}


def entropies_of(moves):
    """Return {melodic, sonority} in bits of rules.Moves."""
    return {"melodic": entropy(runs(moves)), "sonority": entropy(sonorities(moves))}


def entropies(pitch, setting):
    """Return the same of int [B, 4, T] with a candidates.Setting."""
    made = batch(pitch, setting.tonic, setting.minor, setting.fermata, setting.beat)
    return entropies_of(rules.Moves(made))


def totals(rates):
    """Return VL and TOTAL of a dictionary of rates (numbers or arrays)."""
    voice_leading = sum(rates[rule.name] for rule in rules.VOICE_LEADING)
    return {"VL": voice_leading, "TOTAL": voice_leading + sum(rates[rule.name] for rule in rules.VERTICAL)}


def by_piece(pieces, found=None):
    """Return {rule, VL, TOTAL: float [pieces]} in violations per 100 beats: the band is read from its percentiles."""
    found = rules.find(pieces) if found is None else found
    each = 100 * rules.counts(pieces, found) / pieces.beats[:, None]
    rates = dict(zip(found, each.T, strict=True))
    return rates | totals(rates)


def band(pieces, low=5, high=95):
    """Return {rule, VL, TOTAL: [low, high]}: percentiles over the pieces."""
    return {name: np.percentile(each, (low, high)).tolist() for name, each in by_piece(pieces).items()}


def entropy(symbols):
    """Return the entropy in bits of the rows of int [n, k]; 0 for none. Plug-in estimate, biased down."""
    if not len(symbols):
        return 0.0
    share = np.unique(symbols, axis=0, return_counts=True)[1] / len(symbols)
    return float(-(share * np.log2(share)).sum())


def runs(moves):
    """Return int [n, 4]: successive intervals of each voice within a piece; rests and fermatas are passed over."""
    every = []
    for step in moves.step:
        at = np.nonzero(step)[0]
        steps, piece = step[at], moves.pieces.piece[at]
        windows = np.lib.stride_tricks.sliding_window_view(steps, GRAM) if len(steps) >= GRAM else np.empty((0, GRAM))
        whole = piece[: len(windows)] == piece[GRAM - 1 :][: len(windows)]
        every.append(windows[whole])
    return np.concatenate(every).astype(int)


def sonorities(moves):
    """Return int [n, 2]: the pitch classes on each beat, tonic on 0, and the bass's degree."""
    at = moves.pieces.beat & moves.sounding.any(0)
    lowest = np.where(moves.sounding, moves.pitch, 127).min(0)
    return np.stack([moves.in_key[at], (lowest - moves.pieces.tonic)[at] % 12], 1)


def describe_grids(grids):
    """Return the row of several grids of four voices."""
    return describe(join(grids))
