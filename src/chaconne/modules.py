"""Variations are modules: a name in params.yaml is the name of a file."""

import importlib
import pkgutil
from pathlib import Path

from chaconne.files import read_json


def load_variation(package, name):
    """Import chaconne.<package>.<name>; an unknown name raises ValueError naming those that exist."""
    parent = importlib.import_module(f"chaconne.{package}")
    known = sorted(m.name for m in pkgutil.iter_modules(parent.__path__))
    if name not in known:
        raise ValueError(f"{package}: expected one of {', '.join(known)}; got {name!r}")
    return importlib.import_module(f"chaconne.{package}.{name}")


def load_codec(folder):
    """Read the codec in `folder`, of whatever kind."""
    return load_variation("codec", read_json(Path(folder, "codec.json"))["name"]).Codec.load(folder)


def load_generator(folder):
    """Read the generator in `folder`, of whatever kind."""
    return load_variation("generators", read_json(Path(folder, "model.json"))["name"]).Model.load(folder)
