"""The small JSON files under metrics/: rounding, merging, and what they were made with."""

import math
from pathlib import Path

from chaconne.running.files import read_json
from chaconne.storage.files import write_json

FEW = 2  # clips per dimension below which a covariance says little


def rounded(value, path="metrics"):
    """Return nested data with floats at 6 significant digits; NaN and infinity raise, naming the place."""
    if isinstance(value, dict):
        return {key: rounded(entry, f"{path}.{key}") for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(entry, path) for entry in value]
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{path} is {value}: its clips are damaged or silent, listen to them")
        return float(f"{value:.6g}")
    return value


def write_table(path, table):
    """Write a table as sorted JSON with rounded numbers; errors say which row is not a number."""
    write_json(path, rounded(table, Path(path).stem))


def settings_of(reference, seed):
    """Return what a table was measured with."""
    return {key: reference.about[key] for key in ("clips", "clip_seconds", "reference_clips")} | {"seed": seed}


def few_clips(reference):
    """Return a list with a warning where the clips are few for the dimensions of an embedder."""
    clips = reference.about["clips"]
    sizes = {name: space.components.shape[0] for name, space in reference.spaces.items()}
    small = [f"{name} has {size} dimensions" for name, size in sizes.items() if clips < FEW * size]
    if not small:
        return []
    return [
        f"{clips} clips are few ({'; '.join(small)}): distances are rough and large for every row, compare them "
        "with the row `real` only"
    ]


def read_table(path, stage):
    """Read metrics of one stage; a missing file says which stage to run."""
    if not Path(path).exists():
        raise FileNotFoundError(f"{path} is missing: run `dvc repro {stage}` first")
    return read_json(path)


def compare(tables):
    """Merge the tables of several stages, {stage: table}, into one.

    Returns settings, intervals, unavailable, warnings (each once) and one entry per row. Raises ValueError
    when two stages measured with different settings.
    """
    stages = list(tables)
    first = tables[stages[0]]
    merged = {"settings": dict(first["settings"]), "intervals": {}, "unavailable": {}, "warnings": []}
    for stage, table in tables.items():
        if table["settings"] != first["settings"]:
            raise ValueError(
                f"{stages[0]} measured with {first['settings']}, {stage} with {table['settings']}: "
                f"run `dvc repro {stage}`"
            )
        merged |= table["rows"]
        merged["intervals"] |= table["intervals"]
        merged["unavailable"] |= table["unavailable"]
        merged["warnings"] += [text for text in table["warnings"] if text not in merged["warnings"]]
    return merged
