"""Everything the page shows, read from files; a missing file is one line that names the stage to run."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chaconne.pages.shared.sweeps import SWEEPS
from chaconne.running.files import read_json
from chaconne.running.pipeline import maker_of
from chaconne.storage.files import load_array

ANCHORS = ("real", "codec", "shuffled", "noise")
NOT_ROWS = ("settings", "intervals", "unavailable", "verdict")


class MissingInput(FileNotFoundError):
    """A file of an earlier stage is not there."""


@dataclass
class Sound:
    """Clips of one row: `clips` int16 [clips, samples], `piece` int16 [samples] or None, `about.json`."""

    name: str
    clips: np.ndarray
    piece: np.ndarray | None
    about: dict
    sample_rate_hz: int


@dataclass
class Inputs:
    """All inputs of the page.

    curves: {run: {metric: ([steps], [values])}}; sweeps: {name: points}, without those that nobody made;
    projection: about.json and `points`, {row: float32 [N, 2]} with the row `reference`.
    """

    params: dict
    generators: list
    comparison: dict
    finetune: dict
    curves: dict
    sounds: dict
    corpora: dict
    sweeps: dict
    projection: dict


def read_inputs(params, root="."):
    """Read every input below `root`; raises MissingInput naming the stage that makes what is missing."""
    root = Path(root)
    comparison = read_json(need(root, "metrics/comparison.json"))
    finetune = read_json(need(root, "metrics/finetune.json"))
    generators = name_generators(params, comparison)
    corpora = {"corpus": read_json(need(root, "data/corpus/corpus.json"))}
    folders = {name: f"data/samples/anchors/{name}" for name in ANCHORS}
    folders |= {name: f"data/samples/{name}" for name in generators}
    sounds = {name: read_sound(root, name, folder) for name, folder in folders.items()}
    return Inputs(
        params,
        generators,
        comparison,
        finetune,
        read_curves(root, need(root, "metrics/curves")),
        sounds,
        corpora,
        read_sweeps(root),
        read_projection(root, generators),
    )


def name_generators(params, comparison):
    """Return the generators: those of params.yaml in its order, then others that were measured."""
    listed = list(params.get("generators") or {})
    return listed + [row for row in rows_of(comparison) if row not in (*listed, *ANCHORS)]


def rows_of(table):
    """Return {row: values} of comparison.json or finetune.json."""
    return {k: v for k, v in table.items() if isinstance(v, dict) and k not in NOT_ROWS}


def read_sound(root, name, folder):
    """Read one folder of samples; arrays stay on disk (memory-mapped) until they are used."""
    about = read_json(need(root, f"{folder}/about.json"))
    clips = load_array(need(root, f"{folder}/clips.npy"), np.int16, 2)
    piece = root / folder / "piece.npy"
    return Sound(
        name,
        clips,
        load_array(piece, np.int16, 1) if piece.exists() else None,
        about,
        about["sample_rate_hz"],
    )


def read_genre(root, sample_rate_hz):
    """Read real music of the new genre that no training saw."""
    clips = load_array(need(root, "data/genre_reference/heldout.npy"), np.int16, 2)
    return Sound("real", clips, None, {}, sample_rate_hz)


def read_sweeps(root):
    """Read the lists of measurements that `chaconne sweep` wrote: {name: [point]}; none is fine."""
    files = {name: root / f"metrics/sweeps/{name}.json" for name in SWEEPS}
    return {name: read_json(path) for name, path in files.items() if path.exists()}


def read_projection(root, generators):
    """Read the clips of all rows as points of one plane."""
    folders = [need(root, f"data/projection/{name}/about.json").parent for name in ("anchors", *generators)]
    points = {path.stem: load_array(path) for folder in folders for path in sorted(folder.glob("*.npy"))}
    return read_json(folders[0] / "about.json") | {"points": points}


def read_curves(root, folder):
    """Read DVCLive folders: {run: {metric: ([steps], [values])}}, names sorted."""
    curves = {}
    for path in sorted(folder.glob("*/plots/metrics/**/*.tsv")):
        run = path.relative_to(folder).parts[0]
        metric = path.relative_to(folder / run / "plots/metrics").with_suffix("").as_posix()
        with open(path, newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        column = next((c for c in (rows[0] if rows else []) if c not in ("step", "timestamp")), None)
        if column:
            curves.setdefault(run, {})[metric] = (
                [int(r["step"]) for r in rows],
                [float(r[column]) for r in rows],
            )
    if not curves:
        raise MissingInput(
            f"{folder.relative_to(root)} holds no curves (expected NAME/plots/metrics/*.tsv); "
            f"run `{command_for(root, folder.relative_to(root))}`, training writes them"
        )
    return curves


def need(root, path):
    """Return root/path, or raise MissingInput with the command that makes it."""
    if not (root / path).exists():
        raise MissingInput(f"{path} is missing: run `{command_for(root, path)}` first")
    return root / path


def command_for(root, path):
    """Return the command that makes `path`."""
    return " ".join(["dvc repro", maker_of(path, root) or ""]).strip()

