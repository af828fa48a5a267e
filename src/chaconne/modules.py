"""Variations are modules: a name in params.yaml is the name of a file."""

import importlib
import pkgutil
from math import prod
from pathlib import Path

from chaconne.files import one_line, read_json, verify
from chaconne.pipeline import remake


def load_variation(package, name):
    """Import chaconne.<package>.<name>; an unknown name raises ValueError naming those that exist."""
    parent = importlib.import_module(f"chaconne.{package}")
    known = sorted(m.name for m in pkgutil.iter_modules(parent.__path__))
    if name not in known:
        raise ValueError(f"{package}: expected one of {', '.join(known)}; got {name!r}")
    return importlib.import_module(f"chaconne.{package}.{name}")


def load_codec(folder):
    """Read the codec in `folder`, of whatever kind; ValueError names what is wrong, and what makes it again."""
    return load("codec", folder, "codec", lambda kind: kind.Codec, lambda kind, config: kind(
        **{k: v for k, v in config.items() if k != "name"}))


def load_generator(folder):
    """Read the generator in `folder`, of whatever kind; ValueError names what is wrong, and what makes it again."""
    return load("generators", folder, "model", lambda kind: kind.Model, lambda kind, config: kind(
        config["settings"], config["channels"], config["rate_hz"], config["vocabulary"]))


def load(package, folder, name, class_of, build):
    """Read <name>.json and <name>.safetensors with the class they are of.

    The files may come from outside: their sums are checked, the settings must give the shapes of the weights, and
    that is found out without taking the memory that settings ask for.
    """
    verify(folder)
    config = read_json(Path(folder, f"{name}.json"))
    try:
        kind = class_of(load_variation(package, config["name"]))
        check_shapes(config, Path(folder, f"{name}.safetensors"), lambda: build(kind, config))
        return kind.load(folder)
    except FileNotFoundError:
        raise FileNotFoundError(f"{folder} lacks {name}.safetensors: {remake(folder)}") from None
    except Exception as error:  # whatever settings and weights that do not fit make of it
        raise ValueError(f"{folder} cannot be loaded ({one_line(error)}); {remake(folder)}") from error


def check_shapes(config, weights, build):
    """Raise ValueError when the settings do not give the tensors that lie in the file `weights`.

    Builds on the device `meta`, where tensors have no memory; repeated parts are counted before.
    """
    import torch
    from safetensors import safe_open

    with safe_open(weights, "pt") as file:
        there = {key: tuple(file.get_slice(key).get_shape()) for key in file.keys()}  # noqa: SIM118
    settings, rate = config.get("settings", config), config.get("rate_hz", 1.0)
    if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not 0 < rate < 1e6:
        raise ValueError(f"rate_hz: expected latent frames a second, got {rate!r:.40}")
    parts = prod(abs(v) or 1 for k, v in settings.items() if isinstance(v, int) and k.endswith(("depth", "stages")))
    if parts > len(there) ** 2:
        raise ValueError(f"expected settings for {len(there)} tensors, got {parts} repeated parts")
    with torch.device("meta"):
        wanted = {key: tuple(tensor.shape) for key, tensor in build().state_dict().items()}
    for key in sorted(wanted.keys() | there.keys()):
        if wanted.get(key) != there.get(key):
            raise ValueError(f"{key}: expected {wanted.get(key, 'no such tensor')}, got {there.get(key, 'none')}")
