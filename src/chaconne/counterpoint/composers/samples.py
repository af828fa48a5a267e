"""What the stage `compose` makes, and what is measured of it: rows of equally many pieces on the same plans.

On disk: plans.json, a list of {title, key, mode, metre, pickup}; `fermata.npy` [pieces, frames]; and for each row
ROW.npz with pitch int16 and onset bool [pieces, 4, frames]. `bach` are the pieces that the plans come from.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from chaconne.counterpoint.composers.composing import NetworkComposer, RuleComposer, shortened
from chaconne.counterpoint.network.model import load
from chaconne.counterpoint.rules import statistics
from chaconne.counterpoint.rules.pieces import batch
from chaconne.counterpoint.rules.writing import candidates
from chaconne.running.files import new_file, read_json
from chaconne.scores.grid.grid import Grid
from chaconne.storage.files import load_array, save_arrays, write_json

FREE = ("model", "best_of_k", "guided", "reinforced", "reinforced_best_of_k", "rules_only")
SHOWN = ("bach", "model", "reinforced", "reinforced_best_of_k", "rules_only")  # of these, files are written to open
SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 9, 10, 11)}  # semitones above the tonic
MADE_BY = {"model": "model", "best_of_k": "model", "guided": "model", "reinforced": "reinforced",
           "reinforced_best_of_k": "reinforced"}  # row: folder of data/counterpoint


def plans_for(grids, count, frames):
    """Return `count` plans of `frames` frames out of the Grids that are long enough, in turn."""
    long = [shortened(grid, frames) for grid in grids if grid.frames >= frames]
    if not long:
        raise ValueError(f"compose: expected held-out pieces of {frames} frames, got none")
    return [long[i % len(long)] for i in range(count)]


def composer_of(row, folder, settings):
    """Return the composer of a row; folder: that of the stages' outs, data/counterpoint."""
    if row == "rules_only":
        return RuleComposer()
    k = settings["k"] if row.endswith("best_of_k") else 1
    guide = settings["guide"] if row == "guided" else 0.0
    band = read_json(Path(folder, "reinforced", "band.json"))
    return NetworkComposer(load(Path(folder, MADE_BY[row])), band, k, guide, settings["temperature"])


def keep(folder, name, grids):
    """Write the notes of equally long Grids as NAME.npz."""
    with new_file(Path(folder, f"{name}.npz")) as temporary:
        save_arrays(temporary, pitch=np.stack([grid.pitch for grid in grids]),
                    onset=np.stack([grid.onset for grid in grids]))


def keep_plans(folder, plans):
    """Write what `read_row` needs besides the notes, and the notes of the pieces that the plans come from."""
    about = [{"title": plan.title, "key": plan.key, "mode": plan.mode, "metre": plan.metre, "pickup": plan.pickup}
             for plan in plans]
    write_json(Path(folder, "plans.json"), about)
    np.save(Path(folder, "fermata.npy"), np.stack([plan.fermata.any(0) for plan in plans]))
    keep(folder, "bach", plans)


def read_row(folder, name, plans=None):
    """Return the Grids of a row; plans: the folder with plans.json and fermata.npy, None for the same one."""
    where = Path(plans or folder)
    about, fermata = read_json(where / "plans.json"), load_array(where / "fermata.npy", bool, 2)
    with np.load(Path(folder, f"{name}.npz"), allow_pickle=False) as arrays:
        pitch, onset = arrays["pitch"], arrays["onset"]
    return [Grid(p, o, np.repeat(marks[None], len(p), 0) & (p >= 0), plan["metre"], plan["pickup"], plan["key"],
                 plan["mode"], plan["title"])
            for p, o, marks, plan in zip(pitch, onset, fermata, about, strict=True)]


def titled(grids, row, kind):
    """Return Grids whose titles say that only the plan, or the soprano, is that of the piece they were made on."""
    said = {"free": "on the plan of", "harmonised": "under the soprano of"}[kind]
    return grids if row == "bach" else [replace(grid, title=f"{said} {grid.title}") for grid in grids]


def describe(grids):
    """Return the row {rates, VL, TOTAL, density, entropy, rests, unison} of equally long Grids.

    Fermatas are those of the plans, whatever sounds there.
    """
    frames = grids[0].frames
    setting = candidates.setting_of(grids, frames)
    pitch = np.stack([grid.pitch for grid in grids])
    found = statistics.describe(batch(pitch, setting.tonic, setting.minor, setting.fermata, setting.beat))
    each = candidates.measure(pitch, setting).mean(0)
    found["in_key"] = float(np.mean([in_key(grid) for grid in grids]))
    return found | {name: float(each[candidates.MEASURES.index(name)]) for name in ("rests", "unison")}


def in_key(grid):
    """Return the share of what sounds that belongs to the scale of the Grid's key: is it in the key that was asked for?

    Of twelve notes a major scale has seven, a minor one with its raised sixth and seventh nine. Silence has 0.
    """
    sounding, scale = grid.pitch[grid.pitch >= 0], SCALES["minor" if grid.mode == "minor" else "major"]
    return float(np.isin((sounding - grid.tonic) % 12, scale).sum() / max(1, len(sounding)))


def agreement(grids, originals):
    """Return the share of frames of alto, tenor and bass in which both have the same pitch."""
    same = [grid.pitch[1:] == other.pitch[1:] for grid, other in zip(grids, originals, strict=True)]
    return float(np.mean(same))

