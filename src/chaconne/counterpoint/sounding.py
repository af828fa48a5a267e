"""Composed pieces as a corpus of their own: rendered as the chorales are, and measured as all audio is."""

from pathlib import Path

import numpy as np

from chaconne.corpora.rendering import packing, plan, render
from chaconne.evaluation import crops
from chaconne.running.files import new_folder
from chaconne.scores.grid.grid import QUARTER, notes_of
from chaconne.scores.pieces import score
from chaconne.storage.files import load_array, read_table

LICENCE = "made by chaconne"


def clips_of(grids, folder, settings, audio, count, seconds, seed, workers=1):
    """Render Grids of four voices and return `count` clips of them: int16 [count, samples].

    folder: scratch, where scores and sound are left. settings: conf/data/<name>.yaml of a corpus of scores
    (instruments, tempi, transposition, loudness); audio: sample_rate_hz, grid_samples. Clips lie on beats, every piece
    gives one before any gives a second, as held-out pieces do. Pieces without a note are left out. ValueError where
    all are, or where they are too short for so many clips.
    """
    grids = [grid for grid in grids if grid.onset.any()]
    if not grids:
        raise ValueError("expected pieces to hear, got silence")
    scores, sound = Path(folder, "scores"), Path(folder, "sound")
    with new_folder(scores) as out:
        score.pack([score_of(grid, i) for i, grid in enumerate(grids)], list(range(len(grids))), out)
    pieces, notes = score.unpack(scores)
    rows = plan.plan(pieces, notes, settings, audio, None, seed)
    renderer = render.Renderer(str(scores), settings, audio["sample_rate_hz"])
    with new_folder(sound) as out:
        packing.pack(rows, renderer, out, settings, audio, workers)
    samples = round(seconds * audio["sample_rate_hz"])
    manifest = read_table(sound / "manifest.csv", ("clip", "start", "samples", "beat_samples"), ("piece",))
    chosen, _ = crops.choose(manifest, count, samples, audio["grid_samples"], seed)
    if len(chosen) < count:
        raise ValueError(f"expected pieces with room for {count} clips of {seconds:g} s, got room for {len(chosen)}; "
                         "raise counterpoint.compose.pieces or its frames")
    return crops.read(load_array(sound / "audio.npy", np.int16, 1), chosen["start"], samples)


def score_of(grid, number):
    """Return a Grid as the Score that corpora are made of."""
    notes = notes_of(grid)
    columns = [notes[name].tolist() for name in score.COLUMNS]
    # Down a third where it is minor, as the chorales go: to C, or to a.
    to_c = (6 - grid.tonic + (9 if grid.mode == "minor" else 0)) % 12 - 6
    return score.Score(
        piece=f"{number:03d}", title=grid.title or f"piece {number}", source="counterpoint", licence=LICENCE,
        key=grid.key, mode=grid.mode, metre=grid.metre, pickup=grid.pickup / QUARTER, quarters=grid.frames / QUARTER,
        to_c_semitones=to_c, notes=score.order(zip(*columns, strict=True)))
