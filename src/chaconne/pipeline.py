"""What dvc.yaml says of a stage, read without DVC: its deps, its params, and which stage makes a file."""

import re
from pathlib import Path

import yaml

KINDS = ("outs", "metrics", "plots")


def read_stages(root="."):
    """Return {name: what dvc.yaml says}, templates as they stand; {} where there is no dvc.yaml."""
    path = Path(root, "dvc.yaml")
    return (yaml.safe_load(path.read_text()) or {}).get("stages", {}) if path.exists() else {}


def declared(address, root="."):
    """Return (dep paths, {params file: keys, None for all}) of the stage `address`: `encode` or `sample@gan`.

    Templates are filled in from params.yaml, as DVC does. An unknown stage has neither.
    """
    name, _, item = address.partition("@")
    entry = read_stages(root).get(name, {})
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
    """Return the path of an entry of dvc.yaml, which may carry settings: `a` or `{a: {cache: false}}`."""
    return next(iter(entry)) if isinstance(entry, dict) else entry


def look_up(tree, dotted):
    """Return the value of the dotted name in nested dictionaries, None where there is none."""
    for key in dotted.split("."):
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree


def maker_of(path, root="."):
    """Return the stage whose output is or holds `path` (relative to `root`), None when none is known."""
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
