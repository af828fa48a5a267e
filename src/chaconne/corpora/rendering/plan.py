"""Which clips a packed corpus of scores becomes: one row of the manifest for each rendering."""

import math

from chaconne.scores.pieces.score import TONICS
from chaconne.scores.pieces.splits import assign, fraction

COPIED = ["piece", "title", "source", "licence", "mode", "metre", "melody"]  # from pieces.csv as they are
COLUMNS = """clip piece title source licence instrument key mode metre tempo_qpm note_density
transpose_semitones split melody start samples beat_samples seconds""".split()


def plan(pieces, notes, settings, audio, split, seed):
    """Return the rows of the manifest: what is rendered, how, and where in audio.npy it will lie.

    pieces: DataFrame of pieces.csv; notes: list of dictionaries of arrays; settings: conf/data/<name>.yaml;
    audio: sample_rate_hz and grid_samples; split: test and valid fractions, None to call all of it `test`.
    """
    splits = (assign(list(pieces.melody), split["test"], split["valid"], seed, list(pieces.family)) if split else
              ["test"] * len(pieces))
    rows, start = [], 0
    for i, piece in enumerate(pieces.itertuples()):
        for instrument, tempo, wish in renderings(piece.piece, settings, seed):
            row = row_of(piece, notes[i], settings, audio, instrument, tempo, wish)
            row |= {"clip": len(rows), "split": splits[i], "start": start, "index": i}
            start += row["samples"]
            rows.append(row)
    return rows


def renderings(name, settings, seed):
    """Return the (instrument, tempo, transposition) of a piece: all combinations, or one by hash."""
    shifts = settings["transpose"]
    shifts = shifts if isinstance(shifts, list) else [shifts or 0]
    every = [(i, t, s) for i in settings["instruments"] for t in settings["tempi_qpm"] for s in shifts]
    if settings["renderings"] == "all":
        return every
    return [every[int(fraction(name, seed, "take") * len(every))]]


def row_of(piece, notes, settings, audio, instrument, tempo, wish):
    """Return one row; times in samples, rounded to grids so that every beat falls on a latent frame."""
    rate, grid = audio["sample_rate_hz"], audio["grid_samples"]
    slow = 2 if piece.metre in settings["slow_metres"] else 1
    grids = max(1, round(60 * slow / tempo * rate / grid))  # a quarter note
    beat = 1.5 if is_compound(piece.metre) else 1.0  # quarters
    beat = beat if (beat * grids) % 1 == 0 else 1.0
    # Silence before a pickup, so that beats fall on multiples of beat_samples.
    lead = -piece.pickup % beat
    shift = wish if isinstance(wish, int) else piece.to_c_semitones
    shift = in_range(shift, notes["pitch"].min(), notes["pitch"].max(), settings["pitch_range"], 12)
    end = (lead + piece.quarters) * grids * grid + settings["tail_seconds"] * rate
    samples = math.ceil(end / grid) * grid
    seconds = samples / rate
    return {
        **{name: getattr(piece, name) for name in COPIED},
        "instrument": instrument,
        "key": TONICS[(TONICS.index(piece.key) + shift) % 12],
        "tempo_qpm": round(60 * rate / (grids * grid), 3),
        "note_density": round(len(notes["onset"]) / seconds, 3),
        "transpose_semitones": shift,
        "samples": samples,
        "beat_samples": int(beat * grids * grid),
        "seconds": round(seconds, 3),
        "lead": lead,
        "quarter_samples": grids * grid,
    }


def is_compound(metre):
    """Is the beat a dotted quarter, as in 6/8, 9/8 and 12/8?"""
    upper, lower = map(int, metre.split("/"))
    return lower == 8 and upper % 3 == 0


def in_range(shift, low, high, allowed, step):
    """Return `shift`, or the same pitch class `step` higher or lower where more of it stays allowed."""

    def excess(s):
        return max(0, allowed[0] - (low + s)) + max(0, (high + s) - allowed[1])

    return min((shift, shift - step, shift + step), key=lambda s: (excess(s), abs(s)))
