"""metrics/accompaniment.json: rows of accompaniments, each with means, intervals and how far it got."""

from pathlib import Path

import numpy as np

from chaconne.accompaniment.heldout import ALONE, ROWS
from chaconne.accompaniment.measuring.fit import MEASURES, measure
from chaconne.evaluation.reference.chroma import mean_of
from chaconne.evaluation.rows import resampling
from chaconne.running.files import read_json
from chaconne.storage.files import load_array, read_table

BEAT_S = 0.5    # where the corpus does not know its beats


def clips_of(samples, row, name="clips"):
    """Return the clips of a row, int16 [N, samples]."""
    return load_array(Path(samples, row, f"{name}.npy"), np.int16, 2)


def values(samples, row):
    """Return {measure: [N numbers]} of a row below the folder `samples`."""
    rate = read_json(Path(samples, "given/about.json"))["sample_rate_hz"]
    excerpts = read_table(Path(samples, "given/excerpts.csv"), ("clip", "start", "samples"), ("piece",))
    # Of recordings the manifest's beat is a latent frame: only scores have a tempo.
    beats = excerpts.beat_samples.where(excerpts.tempo_qpm.notna(), round(BEAT_S * rate)).to_numpy(int)
    alone = clips_of(samples, row, "alone")
    found = measure(clips_of(samples, row), alone, clips_of(samples, "given"), clips_of(samples, "real"), beats, rate)
    # A mix begins its notes where the voice does because it has the voice.
    left_out = ("onset_agreement",) if row in ALONE else ()
    return {name: column.tolist() for name, column in found.items() if name not in left_out}


def table(each, draws, seed):
    """Return {rows, intervals, halfway} of {row: {measure: [N]}}.

    halfway: of chord agreement, where a row lies between the random accompaniment (0) and the true one (1). The row
    `silent` says what the voice alone is worth.
    """
    rows, intervals = {}, {}
    for row, columns in each.items():
        kept = resampling.subsets(len(next(iter(columns.values()))), draws, seed)
        rows[row], intervals[row] = {}, {}
        for name, column in columns.items():
            lowest, highest = MEASURES[name]
            if np.isfinite(column).any():
                rows[row][name], intervals[row][name] = resampling.estimate(
                    mean_of(column), len(column), kept, lowest, highest)
    ends = [rows[row]["chord_agreement"] for row in ("random", "true")]
    way = {row: (rows[row]["chord_agreement"] - ends[0]) / (ends[1] - ends[0]) for row in ROWS if ends[1] != ends[0]}
    return {"rows": rows, "intervals": intervals, "halfway": way}


def about(samples, seed):
    """Return what the table was measured with."""
    facts = read_json(Path(samples, "given/about.json"))
    return {"clips": facts["clips"], "clip_seconds": facts["clip_seconds"], "seed": seed}
