"""params.yaml and the presets it selects, checked as a whole before anything is computed."""

import os
from pathlib import Path

import yaml

from chaconne.files import one_line
from chaconne.schema import problems as problems_of_knobs
from chaconne.stage import merge

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
MOST_BYTES = 2**20  # of a YAML file


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


class Plain(yaml.SafeLoader):
    """YAML without aliases (a few of them can stand for gigabytes) and without keys that stand twice."""

    def compose_node(self, parent, index):
        """Refuse an alias."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError(f"line {self.peek_event().start_mark.line + 1} has an alias (*name); write it out")
        return super().compose_node(parent, index)

    def construct_mapping(self, node, deep=False):
        """Refuse a key that stands twice, or that is no text."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if not isinstance(key, str) or keys.count(key) > 1:
                raise yaml.YAMLError(f"line {node.start_mark.line + 1}: the key {key!r:.80} stands twice or is no text")
        return super().construct_mapping(node, deep)


def read_yaml(path):
    """Read a YAML file of plain values; ValueError says in one line what is wrong with it."""
    content = Path(path).read_bytes()
    if len(content) > MOST_BYTES:
        raise ValueError(f"{path}: expected at most {MOST_BYTES} bytes, got {len(content)}")
    try:
        return yaml.load(content.decode(), Plain)
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError) as error:
        raise ValueError(f"{path} cannot be read as YAML: {one_line(error)}") from error
