"""Selectors and whole numbers of params.yaml, checked before anything is computed."""

from pathlib import Path

import yaml

FILES = {  # selector: where its variations lie
    "data": "conf/data/*.yaml",
    "genre": "conf/data/*.yaml",
    "codec": "src/chaconne/codec/*.py",
    "model": "src/chaconne/generators/*.py",
    "scale": "conf/scale/*.yaml",
}
NUMBERS = {"seed": (0, 2**31 - 1), "runs": (1, 64), "threads": (1, 256)}
# What the error proposes.
SAFE = {"data": "chorales", "genre": "folk", "codec": "spectral", "model": "gan", "scale": "laptop"}


def choices(root="."):
    """Return {selector: sorted names}: files of the checkout at `root`."""
    found = {name: {path.stem for path in Path(root).glob(pattern)} for name, pattern in FILES.items()}
    return {name: sorted(stems - {"__init__"}) for name, stems in found.items()}


def problems(params, root="."):
    """Return one line for each selector or number that cannot work: what was expected, received, to try."""
    wrong = []
    for name, known in choices(root).items():
        value = params.get(name)
        if value not in known:
            wrong.append(f"{name}: expected one of {', '.join(known)}; got {value}; {hint(name, known)}")
    for name, (low, high) in NUMBERS.items():
        value = params.get(name)
        if type(value) is not int or not low <= value <= high:
            wrong.append(f"{name}: expected a whole number {low}..{high}; got {value}; {hint(name, [low])}")
    return wrong


def hint(name, known):
    """Return the command that sets `name` to something that exists."""
    value = SAFE.get(name)
    return f"try `dvc exp run -S {name}={value if value in known else known[0]}`"


def read_selectors(root="."):
    """Read params.yaml alone: its presets may be what is named wrongly."""
    return yaml.safe_load(Path(root, "params.yaml").read_text())
