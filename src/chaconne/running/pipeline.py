"""What the dvc.yaml files say of a stage, read without DVC: its deps, its params, and which stage makes a file.

An address is what `dvc repro` takes in the root: `encode`, `sample@gan`, `stages/controls/dvc.yaml:steer@gan`.
"""

import re
from pathlib import Path

import yaml

KINDS = ("outs", "metrics", "plots")
FILES = ("dvc.yaml", "stages/*/dvc.yaml")   # of the audio branch and of each other one; all run in the root


def read_stages(root="."):
    """Return {address: what its dvc.yaml says}, templates as they stand; {} where there is no dvc.yaml."""
    found = {}
    for path in (path for pattern in FILES for path in sorted(Path(root).glob(pattern))):
        file = path.relative_to(root).as_posix()
        for name, stage in (yaml.safe_load(path.read_text()) or {}).get("stages", {}).items():
            found[name if file == FILES[0] else f"{file}:{name}"] = stage
    return found


def find(address, root="."):
    """Return (the address without its item, what its dvc.yaml says, the item) of a stage; ('', {}, _) of none.

    DVC spells the file as it is seen from where it was started; the name alone is enough, no two files share one.
    """
    name, _, item = address.rpartition(":")[2].partition("@")
    found = ((one, stage) for one, stage in read_stages(root).items() if one.rpartition(":")[2] == name)
    return *next(found, ("", {})), item


def lock_of(address, root="."):
    """Return the dvc.lock that will record the stage, relative to `root`; the first one for an unknown stage."""
    return Path(find(address, root)[0].rpartition(":")[0] or FILES[0]).with_name("dvc.lock").as_posix()


def declared(address, root="."):
    """Return (dep paths, {params file: keys, None for all}) of a stage.

    Templates are filled in from params.yaml, as DVC does. An unknown stage has neither.
    """
    _, entry, item = find(address, root)
    body = entry.get("do", entry)
    known = yaml.safe_load(Path(root, "params.yaml").read_text()) if Path(root, "params.yaml").exists() else {}

    def fill(text):
        return re.sub(r"\$\{([\w.]+)\}", lambda m: str(look_up(known | {"item": item, "key": item}, m[1])), text)

    deps = [fill(name_of(entry)) for entry in body.get("deps", [])]
    params = {}
    for entry in body.get("params", []):
        file, keys = next(iter(entry.items())) if isinstance(entry, dict) else ("params.yaml", [entry])
        params.setdefault(fill(file), []).append(keys and [fill(key) for key in keys])
    return deps, {file: None if None in lists else [key for keys in lists for key in keys]
                  for file, lists in params.items()}


def name_of(entry):
    """Return the path of an entry of a dvc.yaml, which may carry settings: `a` or `{a: {cache: false}}`."""
    return next(iter(entry)) if isinstance(entry, dict) else entry


def look_up(tree, dotted):
    """Return the value of the dotted name in nested dictionaries, None where there is none."""
    for key in dotted.split("."):
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree


def maker_of(path, root="."):
    """Return the address of the stage whose output is or holds `path` (relative to `root`), None when none is known."""
    found = {}
    for name, stage in read_stages(root).items():
        body = stage.get("do", stage)
        for out in (name_of(entry) for kind in KINDS for entry in body.get(kind, [])):
            # data/samples/${item} of a foreach stage makes data/samples/gan: the stage is name@gan.
            pattern = re.sub(r"\\\$\\{[^}]*\\}", "([^/]+)", re.escape(out))
            match = re.match(rf"{pattern}(/|$)", str(path))
            if match:
                found[out] = f"{name}@{match[1]}" if "do" in stage and "${" in out else name
    # An output that is spelled out is meant before one that a template could also be.
    return next((found[out] for out in sorted(found, key=lambda out: "${" in out)), None)


def remake(path, root="."):
    """Return the words that say how to get `path` again."""
    stage = maker_of(path, root)
    return f"make it again: `chaconne repair`, then `dvc repro {stage}`" if stage else "fetch or make it again"
