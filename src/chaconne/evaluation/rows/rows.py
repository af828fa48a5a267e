"""One row of a table: a set of clips measured against a reference."""

import hashlib
from collections import OrderedDict
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from chaconne.evaluation.reference import coverage, distances
from chaconne.evaluation.reference.batches import BATCH, check_clips, let_go
from chaconne.evaluation.reference.note_statistics import note_statistics
from chaconne.evaluation.reference.reference import FEWEST, heldout, heldout_pieces
from chaconne.evaluation.reference.tags import tag_statistics
from chaconne.evaluation.rows import frechet, mauve, projection
from chaconne.evaluation.rows.left_out import left_out
from chaconne.evaluation.rows.resampling import (
    estimate,
    estimate_by_recording,
    mean_of,
    subsets,
    without_recordings,
)
from chaconne.running.files import read_json
from chaconne.storage.files import load_array

HELD_OUT = ("real", "codec")  # rows whose clips are the held-out ones, in the order of heldout.csv
REMEMBERED = 12     # sets of features, 1 to 2 MB each
ABOUT_GENERATORS = ("parameters", "inference_parameters", "train_examples", "function_evaluations")


_remembered = OrderedDict()     # (embedder, rate, digest of the clips): features; the set used longest ago comes first


def read_clips(folder, reference, stage):
    """Open clips.npy of a sample folder and read its about.json: (int16 [N, samples], dictionary).

    stage: what to run when it is missing. Raises one line when the clips are not comparable with the
    reference (other rate, number or length) or when one of them is silent.
    """
    folder, about = Path(folder), reference.about
    for name in ("clips.npy", "about.json"):
        if not (folder / name).exists():
            raise FileNotFoundError(f"{folder / name} is missing: run `dvc repro {stage}` first")
    clips, facts = load_array(folder / "clips.npy"), read_json(folder / "about.json")
    rate = about["sample_rate_hz"]
    expected = ("int16", (about["clips"], round(about["clip_seconds"] * rate)), f"{rate} Hz")
    received = (str(clips.dtype), clips.shape, f"{facts['sample_rate_hz']} Hz")
    if received != expected:
        raise ValueError(f"{folder}: expected {expected}, received {received}; run `dvc repro {stage}`")
    check_clips(clips, folder)
    let_go(clips)
    return clips, facts


def measure(clips, reference, draws, seed):
    """Return (row, intervals): nested dictionaries with the same keys, numbers and [low, high].

    clips: int16 [N, samples]; draws: resamplings per interval. Intervals speak of the clips only: the
    reference is taken as it is. `fad_infinity_fit` has no interval.
    """
    estimated = partial(estimate, clips=len(clips), kept=subsets(len(clips), draws, seed))
    return estimates(clips, features_of(clips, reference), reference, seed, estimated)


def measure_held_out(name, clips, reference, draws, seed):
    """Return (row, intervals) of the row `real` or `codec`, whose clips are the first of the held-out ones.

    As `measure`, but the clips of a recording are not independent: whole recordings are drawn, and where they are too
    few (see resampling.without_recordings) the intervals are left out. `real` has an entry `left_out` where the
    held-out music is too little for a floor (see left_out.py).
    """
    pieces, features = heldout_pieces(reference)[: len(clips)], features_of(clips, reference)
    estimated = partial(estimate_by_recording, pieces=pieces, kept=without_recordings(pieces, draws, seed))
    row, intervals = estimates(clips, features, reference, seed, estimated)
    entry, bounds = left_out(embedded(features, reference), pieces, reference) if name == "real" else ({}, {})
    if entry:
        row["left_out"], intervals["left_out"] = entry, bounds
    return row, intervals


def estimates(clips, features, reference, seed, estimated):
    """Return (row, intervals) of clips and their features {embedder: [N, S, F]}.

    estimated: function of (statistic, lowest=, highest=) that gives (value, [low, high] or None).
    """
    found, row = statistics(clips, features, reference, seed)
    intervals = {}
    for path, (statistic, lowest, highest) in found.items():
        value, interval = estimated(statistic, lowest=lowest, highest=highest)
        put(row, path, value)
        if interval:
            put(intervals, path, interval)
    return row, intervals


def measure_runs(clip_sets, reference, seed):
    """Return (row, intervals) of several trainings of one generator: means over runs, t intervals of the mean.

    clip_sets: one int16 [N, samples] a run, from trainings that differ in nothing but the seed.
    """
    values, fits, limits = [], [], {}
    for clips in clip_sets:
        found, row = statistics(clips, features_of(clips, reference), reference, seed)
        fits.append(row["fad_infinity_fit"])
        values.append({path: float(statistic(np.ones((1, len(clips))))[0]) for path, (statistic, *_) in found.items()})
        limits |= {path: bounds for path, (_, *bounds) in found.items()}
    row, intervals = {}, {}
    for path, bounds in limits.items():
        mean, interval = mean_of([value[path] for value in values], *bounds)
        put(row, path, mean)
        put(intervals, path, interval)
    row["fad_infinity_fit"] = {name: float(np.mean([fit[name] for fit in fits])) for name in fits[0]}
    return row | {"runs": len(clip_sets)}, intervals


def features_of(clips, reference):
    """Return {embedder: float32 [N, S, F]} of clips int16 [N, samples], by the embedders of a reference.

    Those of its held-out clips are not computed again.
    """
    if len(clips) < FEWEST:
        raise ValueError(f"a row needs {FEWEST} clips or more, received {len(clips)}: raise evaluate.clips")
    if np.array_equal(clips, heldout(reference)[: len(clips)]):
        return {name: reference.spaces[name].heldout[: len(clips)] for name in reference.embedders}
    return {
        name: embed(name, embedder, clips, reference.about["sample_rate_hz"])
        for name, embedder in reference.embedders.items()
    }


def embedded(features, reference):
    """Return {embedder: float32 [N, S, D]}: features [N, S, F] in the spaces of a reference."""
    return {name: reference.spaces[name].project(values) for name, values in features.items()}


def embed(name, embedder, clips, rate):
    """Return features float32 [N, S, F] of memory-mapped clips, with a progress bar when it takes long.

    Sets that were embedded shortly before are not embedded again: one row may be measured against two references.
    """
    key = name, rate, hashlib.sha256(np.ascontiguousarray(clips)).hexdigest()
    if key not in _remembered:
        starts = tqdm(range(0, len(clips), BATCH), desc=f"  {name}", unit="batch", delay=5, mininterval=2, leave=False)
        _remembered[key] = np.concatenate([embedder.embed(clips[i : i + BATCH], rate) for i in starts])
    let_go(clips)
    _remembered.move_to_end(key)
    while len(_remembered) > REMEMBERED:
        _remembered.popitem(last=False)
    return _remembered[key]


def project(folder, clip_sets, reference):
    """Write the clips of rows {row: int16 [N, samples]} as points of the plane of the first embedder."""
    name, embedder = next(iter(reference.embedders.items()))
    space, rate = reference.spaces[name], reference.about["sample_rate_hz"]
    points = {row: space.project(embed(name, embedder, clips, rate)) for row, clips in clip_sets.items()}
    projection.write(folder, name, space.embeddings, points)


def statistics(clips, features, reference, seed):
    """Return ({path in the row: (statistic of kept clips, lowest, highest possible value)}, row so far).

    features: {embedder: [N, S, F]} of the clips.
    """
    found, row, vectors_of = {}, {}, {}
    for name, x in embedded(features, reference).items():
        space = reference.spaces[name]
        distances_of = frechet.Distances(x, frechet.moments(space.embeddings))
        infinity, fit = frechet.infinity_of(distances_of, seed)
        kad = distances.kernel_of(x, space.embeddings, space.bandwidth, space.kernel_mean)
        found["fad", name] = (frechet.frechet_of(distances_of), 0.0, np.inf)
        found["fad_infinity", name] = (infinity, -np.inf, np.inf)
        found["kad", name] = (kad, -np.inf, np.inf)
        vectors_of[name] = coverage.clip_vectors(x), coverage.clip_vectors(space.embeddings)
        found["mad", name] = (mauve.mad_of(*vectors_of[name], seed), 0.0, mauve.HIGHEST)
        put(row, ("fad_infinity_fit", name), fit)
    first = next(iter(features))  # neighbours are looked for in one space: the first embedder of params
    space, (vectors, others) = reference.spaces[first], vectors_of[first]
    density, covered = coverage.density_and_coverage_of(vectors, others)
    found["density",] = (density, 0.0, np.inf)
    found["coverage",] = (covered, 0.0, 1.0)
    near = coverage.nearest_train_of(vectors, space.known, space.heldout_nearest)
    found["nearest_train",] = (near, 0.0, np.inf)
    found["copied",] = (coverage.copied_of(vectors, space.known, space.heldout_nearest), 0.0, 1.0)
    return found | tag_statistics(features, reference) | note_statistics(clips, reference), row


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

    clip_sets: {row: int16 [N, samples], or a list of those: one for each run of the same training}.
    Returns ({row: {...}}, {row: intervals}); errors name the row.
    """
    rows, intervals = {}, {}
    for name, clips in clip_sets.items():
        runs = clips if isinstance(clips, list) else [clips]
        times = f" of {len(runs)} runs" if len(runs) > 1 else ""
        print(f"evaluating {name}: {len(runs[0])} clips{times} against {reference.folder}", flush=True)
        try:
            if len(runs) > 1:
                rows[name], intervals[name] = measure_runs(runs, reference, seed)
            elif name in HELD_OUT:
                rows[name], intervals[name] = measure_held_out(name, runs[0], reference, settings["bootstrap"], seed)
            else:
                rows[name], intervals[name] = measure(runs[0], reference, settings["bootstrap"], seed)
        except ValueError as error:
            raise ValueError(f"row `{name}`: {error}") from error
        for one in runs:
            let_go(one)
    return rows, intervals
