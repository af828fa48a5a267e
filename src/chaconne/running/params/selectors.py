"""params.yaml and the presets it selects, checked as a whole before anything is computed."""

import os
from pathlib import Path

from chaconne.running.params.plain import read_yaml
from chaconne.running.params.reading import merge
from chaconne.running.params.schema import problems as problems_of_knobs

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
    """Return one line for everything in params.yaml and its preset of scale that cannot work.

    params: what params.yaml says alone. A line says what was expected, what came, and what to try.
    """
    if not isinstance(params, dict):
        return [f"params.yaml: expected `key: value` lines, got {params!r:.80}"]
    wrong, known = [], choices(root)
    for name, names in known.items():
        value = params.get(name)
        if not isinstance(value, str) or value not in names:
            wrong.append(f"{name}: expected one of {', '.join(names)}; got {value!s:.80}; {hint(name, names)}")
    for name, (low, high) in NUMBERS.items():
        value = params.get(name)
        if type(value) is not int or not low <= value <= high:
            wrong.append(f"{name}: expected a whole number {low}..{high}; got {value!s:.80}; {hint(name, [low])}")
    folder = params.get("folder")
    if not isinstance(folder, str) or not os.path.isdir(os.path.join(root, folder)):
        wrong.append(f"folder: expected a folder of music, got {folder!s:.80}; try `dvc exp run -S folder=music`")
    preset, file = {}, "conf/scale/<scale>.yaml"
    if params.get("scale") in known["scale"]:
        file = f"conf/scale/{params['scale']}.yaml"
        preset = read_yaml(Path(root, file))
        if not isinstance(preset, dict):
            return [*wrong, f"{file}: expected `key: value` lines, got {preset!r:.80}"]
        wrong += problems_of_knobs(merge(params, preset), preset, file)
    return wrong


def hint(name, known):
    """Return the command that sets `name` to something that exists."""
    value = SAFE.get(name)
    return f"try `dvc exp run -S {name}={value if value in known or not known else known[0]}`"


def read_selectors(root="."):
    """Read params.yaml alone: its presets may be what is named wrongly."""
    return read_yaml(Path(root, "params.yaml"))
