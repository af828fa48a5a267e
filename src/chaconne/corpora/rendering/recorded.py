"""A corpus of recordings (and rendered scores) on disk: what rendering.packing writes for scores alone.

audio.npy and manifest.csv as there; a recording has a row for each of its clips. Beside them
    skipped.csv  file, reason: all that could not be used
    stems.npy    int16 [stems, samples], aligned with audio.npy sample for sample; stems.csv: their names by clip
"""

import multiprocessing
import os
import shutil
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from chaconne.corpora.rendering.fingerprints import same_recordings
from chaconne.corpora.rendering.ingest import Ingest, Rendering, clip_bytes, ingest, size_of
from chaconne.corpora.rendering.journal import Journal
from chaconne.corpora.rendering.plan import COLUMNS, row_of
from chaconne.corpora.rendering.render import Renderer
from chaconne.running.files import read_json
from chaconne.running.room import check_room
from chaconne.running.workers import in_order
from chaconne.scores.pieces.score import unpack
from chaconne.scores.pieces.splits import assign
from chaconne.storage.files import write_json

HEADER = {"descr": "<i2", "fortran_order": False}
HELD_OUT_FIRST = ("test", "valid", "train")  # where a group lies that the corpus itself has in several splits
COPIES = 4  # of what was decoded: file by file, together, in its place, in DVC's cache
UNKNOWN = {"key": "", "mode": "", "metre": "", "tempo_qpm": np.nan, "note_density": np.nan, "transpose_semitones": 0}


def pack_recordings(scores, folder, scratch, settings, audio, split, seed, workers=1):
    """Make the corpus in `folder` out of what a corpus module gathered in `scores` (recordings.json, scores.npz).

    scratch: where decoded files wait for the last one; those that a killed run left there are not decoded again.
    audio: sample_rate_hz, grid_samples; split: test and valid fractions. Returns a dictionary of facts.
    Raises ValueError when nothing is usable, or too little to divide, and when the disk is too small.
    """
    rate, grid = audio["sample_rate_hz"], audio["grid_samples"]
    gathered, scratch = read_json(Path(scores, "recordings.json")), Path(scratch)
    gone = [entry["file"] for entry in gathered["recordings"] if not os.path.lexists(entry["file"])]
    if gone:
        raise ValueError(f"expected {gone[0]!r}, which the stage before has found or fetched; it is gone"
                         f"{f' (and {len(gone) - 1} more)' if len(gone) > 1 else ''}: "
                         "run `dvc repro --force scores genre_scores`")
    jobs = [*gathered["recordings"], *score_jobs(scores, gathered["scores"], settings, audio)]
    jobs = [job | {"number": number} for number, job in enumerate(jobs)]
    journal = Journal(scratch)
    if not journal.results:
        need = COPIES * sum(clip_bytes(job, rate) for job in jobs)
        check_room(f"decoding {settings['name']}", disk_bytes=need, folder=folder)
    rendering = jobs and "row" in jobs[-1] and Rendering(
        str(scratch), Renderer(scores, settings, rate), int(settings["clip_seconds"] * rate),
        int(settings["least_seconds"] * rate))
    work = partial(ingest, recording=Ingest(str(scratch), settings, rate, grid), rendering=rendering)
    decode(jobs, work, journal, settings["name"], workers)
    results = [journal.results[job["number"]] for job in jobs]
    used = [(job, result) for job, result in zip(jobs, results, strict=True) if "spans" in result]
    skipped = [*gathered["skipped"], *([job["piece"], r["reason"]] for job, r in zip(jobs, results, strict=True)
                                       if "reason" in r)]
    report(folder, skipped, settings["name"])
    for job, result in used:
        for remark in result.get("remarks", ()):
            print(f"{job['piece']}: {remark}")
    groups = grouped([job for job, _ in used], scratch)
    splits = divide([job for job, _ in used], groups, split, seed, settings["name"])
    rows = rows_of(used, groups, splits, audio)
    pd.DataFrame(rows)[COLUMNS].to_csv(Path(folder, "manifest.csv"), index=False, lineterminator="\n")
    numbers = [job["number"] for job, _ in used]
    join(Path(folder, "audio.npy"), (scratch / f"{n}.i16" for n in numbers), (sum(row["samples"] for row in rows),))
    write_stems(used, rows, scratch, folder)
    return facts_of(rows, used, skipped, folder, settings, audio)


def decode(jobs, work, journal, name, workers):
    """Do all jobs that the journal lacks."""
    # Large files first, so that no worker is left alone with one at the end.
    left = sorted((job for job in jobs if job["number"] not in journal.results),
                  key=lambda job: (-size_of(job), job["number"]))
    done = tqdm(each(work, left, workers), initial=len(jobs) - len(left), total=len(jobs), desc=f"decode {name}",
                unit="file", mininterval=1)
    for job, result in zip(left, done, strict=True):
        journal.add(job["number"], result)
    journal.note()


def each(work, jobs, workers):
    """Yield work(job) for every job, in order; one whose process dies has that as its reason."""
    done = 0
    while done < len(jobs):
        try:
            for result in in_order(work, jobs[done:], workers, chunk=1):
                yield result
                done += 1
        except BrokenProcessPool:  # by one of those in flight: whose turn it is works alone
            yield alone(work, jobs[done])
            done += 1


def alone(work, job):
    """Return work(job) from a process of its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        try:
            return pool.submit(work, job).result()
        except BrokenProcessPool:
            return {"reason": "its decoder crashed"}


def score_jobs(scores, about, settings, audio):
    """Return a job for each score to render; about: what the corpus knows of each, in the order of pieces.csv."""
    if not about:
        return []
    pieces, notes = unpack(scores)
    jobs = []
    for i, (piece, known) in enumerate(zip(pieces.itertuples(), about, strict=True)):
        shift = settings["transpose"]
        shift = shift[0] if isinstance(shift, list) else shift or 0
        row = row_of(piece, notes[i], settings, audio, known["instrument"], known["tempo_qpm"], shift)
        jobs.append({"piece": piece.piece, "group": f"melody {piece.melody}", "split": known["split"],
                     "row": row | {"index": i}, "melody": piece.melody})
    return jobs


def report(folder, skipped, name):
    """Write skipped.csv and say the commonest reasons."""
    table = pd.DataFrame(skipped, columns=["file", "reason"])
    table.to_csv(Path(folder, "skipped.csv"), index=False, lineterminator="\n")
    for reason, count in Counter(table.reason).most_common(10):
        print(f"{name}: left out {count}: {reason}")


def grouped(jobs, scratch):
    """Return one name per job: those of one group, or of one performance, share it."""
    names = [job["group"] for job in jobs]
    parent = {name: name for name in names}

    def root(name):
        while parent[name] != name:
            parent[name] = name = parent[parent[name]]
        return name

    recorded = [i for i, job in enumerate(jobs) if "row" not in job]
    words = [np.load(scratch / f"{jobs[i]['number']}.npy") for i in recorded]
    for a, b in same_recordings(words):
        first, second = sorted((root(names[recorded[a]]), root(names[recorded[b]])))
        parent[second] = first
    return [root(name) for name in names]


def divide(jobs, groups, split, seed, name):
    """Return train, valid or test for each job: the corpus's own where it has them, else drawn by group."""
    known = {}
    for job, group in zip(jobs, groups, strict=True):
        if job["split"]:
            known.setdefault(group, set()).add(job["split"])
    settled = {group: next(s for s in HELD_OUT_FIRST if s in given) for group, given in known.items()}
    free = [group for group in groups if group not in settled]
    if len(set(groups)) < 3 or (len(set(free)) < 3 and not settled):
        raise ValueError(f"{name}: expected at least 3 different recordings to divide into train, valid and test, got "
                         f"{len(set(groups))} of {len(jobs)} usable files (the same music counts once); add music, "
                         "raise corpus.max_pieces, or see skipped.csv")
    if len(set(free)) >= 3:
        settled |= dict(zip(free, assign(free, split["test"], split["valid"], seed), strict=True))
    splits = [settled.get(group, "train") for group in groups]
    missing = sorted({"train", "valid", "test"} - set(splits))
    if missing:
        raise ValueError(f"{name}: expected recordings in train, valid and test, got none in {', '.join(missing)}; "
                         "take more, or other splits")
    return splits


def rows_of(used, groups, splits, audio):
    """Return the rows of the manifest, in the order of audio.npy."""
    rows, start = [], 0
    for (job, result), group, part in zip(used, groups, splits, strict=True):
        if "row" in job:
            about = {k: job["row"][k] for k in COLUMNS if k in job["row"]}
        else:
            about = UNKNOWN | {k: job[k] for k in ("piece", "title", "source", "licence", "instrument")}
            about |= {"melody": group, "beat_samples": audio["grid_samples"]}
            about |= {k: job[k] for k in UNKNOWN if k in job}
        for _, samples in result["spans"]:
            rows.append(about | {"clip": len(rows), "split": part, "start": start, "samples": samples,
                                 "seconds": round(samples / audio["sample_rate_hz"], 3)})
            start += samples
    return rows


def join(path, files, shape):
    """Write files of int16 one after another as an .npy of that shape."""
    with open(path, "wb") as out:
        np.lib.format.write_array_header_1_0(out, HEADER | {"shape": shape})
        for file in files:
            with open(file, "rb") as part:
                shutil.copyfileobj(part, out, 1 << 20)


def write_stems(used, rows, scratch, folder):
    """Write stems.npy and stems.csv where recordings have stems; who has fewer than others is filled with silence."""
    stems = [sorted(job.get("stems", {})) for job, _ in used]
    most, total = max(map(len, stems)), sum(row["samples"] for row in rows)
    if not most:
        return

    def parts():
        for k in range(most):
            for (job, result), names in zip(used, stems, strict=True):
                if k < len(names):
                    yield scratch / f"{job['number']}.{names[k]}.i16"
                else:
                    silence = scratch / "silence"
                    with open(silence, "wb") as out:
                        out.truncate(2 * sum(samples for _, samples in result["spans"]))
                    yield silence

    join(Path(folder, "stems.npy"), parts(), (most, total))
    of_piece = {job["piece"]: names for (job, _), names in zip(used, stems, strict=True)}
    table = [(row["clip"], k, name) for row in rows for k, name in enumerate(of_piece[row["piece"]])]
    pd.DataFrame(table, columns=["clip", "stem", "name"]).to_csv(
        Path(folder, "stems.csv"), index=False, lineterminator="\n")


def facts_of(rows, used, skipped, folder, settings, audio):
    """Write corpus.json; return the counts."""
    table = pd.DataFrame(rows)
    hours = table.samples.sum() / audio["sample_rate_hz"] / 3600
    facts = {"clips": len(rows), "hours": round(float(hours), 4), "recordings": len(used), "skipped": len(skipped)}
    about = {key: settings[key] for key in ("name", "title", "licence", "citation", "source")}
    write_json(Path(folder, "corpus.json"), about | dict(audio) | facts)
    counts = table.groupby("split").seconds.sum().div(3600).round(2).to_dict()
    print(f"{settings['name']}: {len(used)} recordings, {len(rows)} clips, {hours:.2f} hours; by split {counts}")
    return facts
