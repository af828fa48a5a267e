"""Variations are modules: a name in params.yaml is the name of a file."""

import importlib
import pkgutil
from math import prod
from pathlib import Path

from chaconne.running.files import one_line, read_json, verify
from chaconne.running.pipeline import remake

BUFFERS = 2**22     # elements of windows and filters that no file of weights has


def load_variation(package, name):
    """Import chaconne.<package>.<name>; an unknown name raises ValueError naming those that exist."""
    parent = importlib.import_module(f"chaconne.{package}")
    known = sorted(m.name for m in pkgutil.iter_modules(parent.__path__) if not m.ispkg)
    if name not in known:
        raise ValueError(f"{package}: expected one of {', '.join(known)}; got {name!r}")
    return importlib.import_module(f"chaconne.{package}.{name}")


def load_codec(folder):
    """Read the codec in `folder`, of whatever kind; ValueError names what is wrong, and what makes it again."""
    return load("codec", folder, "codec", lambda kind: kind.Codec)


def load_generator(folder):
    """Read the generator in `folder`, of whatever kind; ValueError names what is wrong, and what makes it again."""
    return load("generators", folder, "model", lambda kind: kind.Model)


def load_steered(folder):
    """Read the generator that can be steered in `folder`; ValueError names what is wrong, and what makes it again."""
    return load("controls", folder, "model", lambda kind: kind.Model)


def load(package, folder, name, class_of):
    """Read <name>.json and <name>.safetensors with the class they are of.

    The files may come from outside: their sums are checked, the settings must give the shapes of the weights, and
    must not ask for much more memory than those take.
    """
    verify(folder)
    config = read_json(Path(folder, f"{name}.json"))
    try:
        kind = class_of(load_variation(package, config["name"]))
        check_sizes(config, shapes := shapes_of(Path(folder, f"{name}.safetensors")))
        with within(2 * sum(map(prod, shapes.values())) + BUFFERS):
            return kind.load(folder)
    except FileNotFoundError:
        raise FileNotFoundError(f"{folder} lacks {name}.safetensors: {remake(folder)}") from None
    except Exception as error:  # whatever settings and weights that do not fit make of it
        raise ValueError(f"{folder} cannot be loaded ({one_line(error)}); {remake(folder)}") from error


def shapes_of(path):
    """Return {name: shape} of the tensors in a safetensors file."""
    from safetensors import safe_open

    with safe_open(path, "pt") as file:
        return {key: tuple(file.get_slice(key).get_shape()) for key in file.keys()}  # noqa: SIM118


def check_sizes(config, shapes):
    """Raise ValueError for settings that ask for more repeated parts than the weights can have, or for no rate."""
    settings, rate = config.get("settings", config), config.get("rate_hz", 1.0)
    if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not 0 < rate < 1e6:
        raise ValueError(f"rate_hz: expected latent frames a second, got {rate!r:.40}")
    parts = prod(abs(v) or 1 for k, v in settings.items() if isinstance(v, int) and k.endswith(("depth", "stages")))
    if parts > len(shapes) ** 2:
        raise ValueError(f"expected settings for {len(shapes)} tensors, got {parts} repeated parts")


def within(most):
    """Return a context that raises ValueError before more than `most` elements are made in it.

    Settings of a few bytes can ask for any number. The device `meta` would tell without making any, and would
    import PyTorch's compiler for it: 2 s at every start.
    """
    import torch  # not every stage that looks up a variation has tensors
    from torch.overrides import TorchFunctionMode

    makers = {torch.empty, torch.zeros, torch.ones, torch.full, torch.rand, torch.randn, torch.arange, torch.eye,
              torch.hann_window}

    class Within(TorchFunctionMode):
        made = 0

        def __torch_function__(self, func, types, args=(), kwargs=None):
            kwargs = kwargs or {}
            if func in makers:
                asked = args[0] if args and isinstance(args[0], (tuple, list)) else args or kwargs.get("size", ())
                self.made += prod(n for n in asked if isinstance(n, int))
                if self.made > most:
                    raise ValueError(f"its settings ask for more than the {most} numbers that these weights allow")
            return func(*args, **kwargs)

    return Within()
