"""One row of a table: a set of clips measured against a reference."""

from pathlib import Path

import numpy as np

from chaconne.evaluation import coverage, distances
from chaconne.evaluation.batches import in_batches
from chaconne.evaluation.note_statistics import note_statistics
from chaconne.evaluation.reference import FEWEST
from chaconne.evaluation.resampling import estimate, subsets
from chaconne.files import read_json

ABOUT_GENERATORS = ("parameters", "inference_parameters", "train_examples", "function_evaluations")


def read_clips(folder, reference, stage):
    """Open clips.npy of a sample folder and read its about.json: (int16 [N, samples], dictionary).

    stage: what to run when it is missing. Raises one line when the clips are not comparable with the
    reference: other rate, number or length.
    """
    folder, about = Path(folder), reference.about
    for name in ("clips.npy", "about.json"):
        if not (folder / name).exists():
            raise FileNotFoundError(f"{folder / name} is missing: run `dvc repro {stage}` first")
    clips, facts = np.load(folder / "clips.npy", mmap_mode="r"), read_json(folder / "about.json")
    rate = about["sample_rate_hz"]
    expected = ("int16", (about["clips"], round(about["clip_seconds"] * rate)), f"{rate} Hz")
    received = (str(clips.dtype), clips.shape, f"{facts['sample_rate_hz']} Hz")
    if received != expected:
        raise ValueError(f"{folder}: expected {expected}, received {received}; run `dvc repro {stage}`")
    return clips, facts


def measure(clips, reference, draws, seed):
    """Return (row, intervals): nested dictionaries with the same keys, numbers and [low, high].

    clips: int16 [N, samples]; draws: resamplings per interval. Intervals speak of the clips only:
    the reference is taken as it is.
    """
    if len(clips) < FEWEST:
        raise ValueError(f"a row needs {FEWEST} clips or more, received {len(clips)}: raise evaluate.clips")
    kept, rate = subsets(len(clips), draws, seed), reference.about["sample_rate_hz"]
    embedded = {
        name: reference.spaces[name].project(in_batches(embedder.embed, clips, rate))
        for name, embedder in reference.embedders.items()
    }
    row, intervals = {}, {}
    for path, (statistic, lowest, highest) in statistics(clips, embedded, reference).items():
        value, interval = estimate(statistic, len(clips), kept, lowest, highest)
        put(row, path, value)
        put(intervals, path, interval)
    return row, intervals


def statistics(clips, embedded, reference):
    """Return {path in the row: (statistic of kept clips, lowest, highest possible value)}."""
    found = {}
    for name, x in embedded.items():
        space = reference.spaces[name]
        fad = distances.frechet_of(x, distances.moments(space.embeddings))
        kad = distances.kernel_of(x, space.embeddings, space.bandwidth, space.kernel_mean)
        found["fad", name] = (fad, 0.0, np.inf)
        found["kad", name] = (kad, -np.inf, np.inf)
    first = next(iter(embedded))  # neighbours are looked for in one space: the first embedder of params
    space, vectors = reference.spaces[first], coverage.clip_vectors(embedded[first])
    known = coverage.clip_vectors(space.embeddings)
    density, covered = coverage.density_and_coverage_of(vectors, known)
    found["density",] = (density, 0.0, np.inf)
    found["coverage",] = (covered, 0.0, 1.0)
    near = coverage.nearest_train_of(vectors, known, space.heldout_nearest)
    found["nearest_train",] = (near, 0.0, np.inf)
    return found | note_statistics(clips, reference)


def put(tree, path, value):
    """Set tree[path[0]][path[1]]... = value, making dictionaries on the way."""
    for key in path[:-1]:
        tree = tree.setdefault(key, {})
    tree[path[-1]] = value


def about_generator(facts, folder):
    """Return what a generator says about itself in about.json: sizes and costs, plain numbers."""
    missing = [key for key in ABOUT_GENERATORS if key not in facts]
    if missing:
        raise ValueError(f"{folder}/about.json lacks {', '.join(missing)}: run `dvc repro -f sample` again")
    return {key: facts[key] for key in ABOUT_GENERATORS}


def table(clip_sets, reference, settings, seed):
    """Measure several sets of clips against one reference.

    clip_sets: {row: int16 [N, samples]}. Returns ({row: {...}}, {row: intervals}); errors name the row.
    """
    rows, intervals = {}, {}
    for name, clips in clip_sets.items():
        print(f"evaluating {name}: {len(clips)} clips against {reference.folder}", flush=True)
        try:
            rows[name], intervals[name] = measure(clips, reference, settings["bootstrap"], seed)
        except ValueError as error:
            raise ValueError(f"row `{name}`: {error}") from error
    return rows, intervals
