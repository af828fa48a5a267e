"""Published Musika checkpoints: from a hub id or a local folder to networks, and back.

A folder holds an autoencoder (enc.h5, enc2.h5, dec.h5, dec2.h5) or a GAN (gen.h5, critic.h5, gen_ema.h5, and
perhaps opt_dec.npy, opt_disc.npy, switch.npy). What was read once lies converted in the user's cache:
`weights.safetensors` and `manifest.json` (source, revision, licence, sha256 of every file).
"""

import hashlib
import os
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
import yaml
from safetensors.torch import load_file, save_file

from chaconne.musika import keras_files as keras
from chaconne.musika.adversaries import CONTEXTS, Critic, Generator, Shape
from chaconne.musika.autoencoder import Autoencoder, Sizes
from chaconne.running.files import new_file, new_folder, read_json
from chaconne.storage.files import write_json

AUTOENCODER = ("enc", "enc2", "dec", "dec2")
GAN = ("gen", "critic", "gen_ema")
FILES = {"autoencoder": [f"{n}.h5" for n in AUTOENCODER], "gan": [f"{n}.h5" for n in GAN]}
MOMENTS = {"gen": "opt_dec.npy", "critic": "opt_disc.npy"}
FORMAT = 1      # of the converted files


def locate(source, revision, kind):
    """Return the local folder of `source`, a folder or a hub id such as marcop/musika_ae; kind: autoencoder | gan.

    Raises FileNotFoundError with one line that says what to download and where to put it.
    """
    folder = Path(source).expanduser()
    if not folder.is_dir():
        folder = download(source, revision, kind)
    missing = [name for name in FILES[kind] if not (folder / name).is_file()]
    if missing:
        raise FileNotFoundError(f"{source}: expected {', '.join(FILES[kind])} of a Musika {kind}, "
                                f"{', '.join(missing)} missing; download the whole repository again")
    return folder


def download(source, revision, kind):
    """Fetch a hub repository through huggingface_hub's cache; returns its folder."""
    import huggingface_hub as hub
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    put = f"pretrained/{str(source).rsplit('/', 1)[-1]}"
    advice = (f"expected {', '.join(FILES[kind])}; where there is a network type `hf download {source} --local-dir "
              f"{put}`, then name the folder {put} instead (or set HF_HUB_OFFLINE=0 to download here)")
    if str(source).count("/") != 1 or str(source).startswith((".", "/", "~")):
        raise FileNotFoundError(f"{source} is no folder and no hub id (OWNER/NAME); {advice}")
    try:
        return Path(hub.snapshot_download(source, revision=revision or None,
                                          allow_patterns=["*.h5", "*.npy", "README.md"]))
    except (LocalEntryNotFoundError, HfHubHTTPError, HFValidationError, OSError) as error:
        raise FileNotFoundError(f"{source} is neither a folder here nor reachable ({type(error).__name__}); "
                                f"{advice}") from error


def convert(source, revision="", kind="autoencoder"):
    """Return the folder of the converted weights of `source`, made now if they are not in the cache yet."""
    folder = locate(source, revision, kind)
    manifest = {"format": FORMAT, "kind": kind, "source": str(source), "revision": revision_of(folder, revision),
                "licence": licence_of(folder),
                "sha256": {p.name: sha256(p) for p in sorted(folder.iterdir()) if p.suffix in (".h5", ".npy")}}
    digest = hashlib.sha256(repr(sorted(manifest.items())).encode()).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "chaconne", "musika", digest)
    if not intact(cache):
        write = write_autoencoder if kind == "autoencoder" else write_gan
        with new_folder(cache) as temporary:
            manifest["sizes"], manifest["moments"] = write(folder, temporary)
            manifest["weights_sha256"] = sha256(temporary / "weights.safetensors")
            write_json(temporary / "manifest.json", manifest)
    return cache


def intact(cache):
    """Tell whether converted weights are there, whole, as their manifest has them."""
    if not (cache / "manifest.json").exists():
        return False
    return read_json(cache / "manifest.json")["weights_sha256"] == sha256(cache / "weights.safetensors")


def sha256(path):
    """Return the digest of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def revision_of(folder, asked):
    """Return the commit of a folder of the hub's cache (its name), else what was asked for."""
    name = folder.resolve().name
    return name if folder.resolve().parent.name == "snapshots" else asked


def licence_of(folder):
    """Return the licence that the model card (README.md) names, 'unknown' without one."""
    card = folder / "README.md"
    parts = card.read_text(errors="replace").split("---") if card.exists() else []
    try:
        facts = yaml.safe_load(parts[1]) if len(parts) > 2 and not parts[0].strip() else {}
    except yaml.YAMLError:
        facts = {}
    return str(facts.get("license", "unknown")) if isinstance(facts, dict) else "unknown"


def sizes_in(folder):
    """Read the Sizes of an autoencoder off the shapes in its files."""
    level1, level2 = keras.read_h5(folder / "enc.h5"), keras.read_h5(folder / "enc2.h5")
    kernels = [next(iter(level[i][1].values())) for level, i in ((level1, 0), (level1, -1), (level2, -1))]
    if kernels[0].ndim != 4 or kernels[0].shape[2] % 2 == 0:
        raise ValueError(f"{folder}/enc.h5: expected an odd number of frequencies, got shape {kernels[0].shape}; "
                         "the old 22 kHz models have another architecture")
    return Sizes((kernels[0].shape[2] - 1) // 2, kernels[1].shape[3], kernels[2].shape[3], kernels[0].shape[3] // 4)


def shape_in(path):
    """Read the Shape of a GAN off the names and shapes in gen.h5."""
    layers = dict(keras.read_h5(path))
    if "00d" not in layers or "9c" not in layers:
        raise ValueError(f"{path}: expected a generator of Musika (layers 00d to 9c), got {', '.join(layers)[:80]}")
    kept = sum(f"{2 * i}_smallc" in layers for i in range(4))
    frames = {halvings: frames for frames, halvings in CONTEXTS.items()}[5 - kept]
    start, out = layers["00d"]["kernel:0"], layers["9c"]["kernel:0"]
    return Shape(frames, start.shape[1] // 28, start.shape[0] // 2, out.shape[3])


def write_autoencoder(folder, out):
    """Convert the four files; returns (sizes, {})."""
    model = Autoencoder(sizes_in(folder))
    for name in AUTOENCODER:
        keras.load_h5(getattr(model, name), folder / f"{name}.h5")
    save_file(model.state_dict(), out / "weights.safetensors")
    return model.sizes.as_dict(), {}


def write_gan(folder, out):
    """Convert generator, its average, critic and, where they can be read, the moments; returns (shape, what)."""
    shape = shape_in(folder / "gen.h5")
    networks = {"gen": Generator(shape), "critic": Critic(shape), "gen_ema": Generator(shape)}
    tensors, moments = {}, {}
    for name, network in networks.items():
        keras.load_h5(network, folder / f"{name}.h5")
        tensors |= {f"{name}.{key}": value for key, value in network.state_dict().items()}
    for name, file in MOMENTS.items():
        moments[name] = "fresh: no such file"
        if (folder / file).exists():
            try:
                step, first, second = keras.load_moments(networks[name], folder / file)
            except ValueError as error:
                moments[name] = f"fresh: {error}"
                print(f"musika: {error}")
                continue
            moments[name] = f"read, numpy arrays only, at step {step}"
            tensors |= {f"moments.{name}.{k}.{i:03d}": m for k, ms in (("m", first), ("v", second))
                        for i, m in enumerate(ms)} | {f"moments.{name}.step": torch.tensor(step)}
    tensors["switch"] = torch.tensor(read_switch(folder / "switch.npy"))
    save_file({k: v.contiguous() for k, v in tensors.items()}, out / "weights.safetensors")
    return asdict(shape), moments


def read_switch(path):
    """Return the state of the adaptive R1, -1 (full weight) where there is no file; ValueError for another file."""
    if not path.exists():
        return -1.0
    try:
        value = float(np.load(path, allow_pickle=False))
    except (ValueError, TypeError, EOFError, OSError) as error:
        raise ValueError(f"{path}: expected one number, as Musika saves it, got something else ({error}); delete the "
                         "file: training then starts with the full penalty") from error
    if not -1 <= value <= 0:
        raise ValueError(f"{path}: expected a number from -1 to 0, got {value}; delete the file")
    return value


def read_converted(folder):
    """Return (manifest, {name: tensor}) of what `convert` made; a damaged file is a ValueError."""
    if not intact(Path(folder)):
        raise ValueError(f"{folder}: expected weights.safetensors as its manifest.json has it, got other bytes; "
                         "delete the folder")
    return read_json(Path(folder, "manifest.json")), load_file(Path(folder, "weights.safetensors"))


def part_of(tensors, name):
    """Return the tensors of one network, their names without it."""
    return {key.removeprefix(f"{name}."): value for key, value in tensors.items() if key.startswith(f"{name}.")}


def carry(network, tensors):
    """Set the weights of `network` that have the same name and shape in `tensors`; returns the names of the others."""
    own = network.state_dict()
    fitting = {name for name in own if name in tensors and tensors[name].shape == own[name].shape}
    network.load_state_dict({name: tensors[name] if name in fitting else value for name, value in own.items()})
    return [name for name in own if name not in fitting]


def export_autoencoder(model, out):
    """Write an Autoencoder as the four files that Musika loads."""
    for name in AUTOENCODER:
        keras.save_h5(getattr(model, name), Path(out, f"{name}.h5"))


def export_gan(generator, critic, out, average=None, switch=-1.0, moments=None):
    """Write a GAN as the six files that Musika loads with --load_path.

    moments: {"gen": (step, first, second), "critic": ...}; those left out are written as zeros, a fresh start.
    """
    out, networks = Path(out), {"gen": generator, "critic": critic, "gen_ema": average or generator}
    for name, network in networks.items():
        keras.save_h5(network, out / f"{name}.h5")
    for name, file in MOMENTS.items():
        keras.save_moments(networks[name], out / file, *(moments or {}).get(name, ()))
    with new_file(out / "switch.npy") as temporary:
        np.save(temporary, np.float32(switch))
