"""Musika's files: Keras weights (.h5) and optimiser moments (.npy), read and written without trusting them.

Keras loads by order, not by name: layers with weights, in the order of the attribute `layer_names`.
Kernels are [1, taps, in, out] (transposed convolution: [1, taps, out, in]; dense: [in, out]); in PyTorch the taps
come last and the first two of a convolution change places.
"""

import pickle
from pathlib import Path

import h5py
import numpy as np
import torch

from chaconne.musika.layers import Conv, Dense, Noise, Up
from chaconne.running.files import new_file

KERAS_NAMES = {Conv: "conv2d", Up: "conv2d_transpose", Noise: "add_noise"}


def named(network):
    """Return {Keras name: layer} of `network`'s layers with weights, in the order of the file."""
    layers = network.weighted()
    if isinstance(layers, dict):
        return layers
    counts, found = {}, {}
    for layer in layers:
        kind = KERAS_NAMES[type(layer)]
        found[f"{kind}_{counts.setdefault(kind, 0)}"] = layer
        counts[kind] += 1
    return found


def tensors_of(layer):
    """Return [(Keras name, parameter)] of a layer, in Keras's order."""
    if isinstance(layer, Noise):
        return [("noise_weight:0", layer.weight)]
    return [("kernel:0", layer.weight)] + ([("bias:0", layer.bias)] if layer.bias is not None else [])


def to_keras(layer, tensor):
    """Parameter of `layer` -> array in Keras's layout."""
    array = tensor.detach().cpu().numpy()
    if tensor.ndim == 3:
        return np.ascontiguousarray(array.transpose(2, 1, 0))[None]
    return np.ascontiguousarray(array.T) if isinstance(layer, Dense) and tensor.ndim == 2 else array


def from_keras(layer, array):
    """The inverse of `to_keras`: array -> tensor."""
    if array.ndim == 4:
        return torch.from_numpy(np.ascontiguousarray(array[0].transpose(2, 1, 0)))
    turned = array.T if isinstance(layer, Dense) and array.ndim == 2 else array
    return torch.from_numpy(np.array(turned, dtype=np.float32, order="C"))


def read_h5(path):
    """Return [(layer, {weight name: float32 array})] in the order in which Keras loads them.

    Raises ValueError with one line when the file is missing parts, truncated, or no file of weights.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"{path} is missing; expected one of Musika's files of weights (.h5)")
    try:
        with h5py.File(path, "r") as file:
            root = file.get("model_weights", file)
            found = []
            for layer in map(text, root.attrs["layer_names"]):
                names = [text(name) for name in root[layer].attrs["weight_names"]]
                if names:
                    found.append((layer, {n.rsplit("/", 1)[-1]: root[layer][n][()].astype(np.float32)
                                          for n in names}))
    except (OSError, KeyError, RuntimeError) as error:
        reason = str(error).split("\n")[0]
        raise ValueError(f"{path}: expected Keras weights as Musika saves them, got a file that is damaged or of "
                         f"another kind ({reason}); download it again") from error
    return found


def text(name):
    """Names are bytes or str, as the version of h5py has it."""
    return name.decode() if isinstance(name, bytes) else str(name)


def load_h5(network, path):
    """Set the weights of `network` from a file, by order; raises ValueError where a shape does not fit."""
    given, layers = read_h5(path), named(network)
    if len(given) != len(layers):
        raise ValueError(f"{path}: expected {len(layers)} layers with weights, got {len(given)}; "
                         "is it the file of another network?")
    with torch.no_grad():
        for (source, arrays), (name, layer) in zip(given, layers.items(), strict=True):
            expected = tensors_of(layer)
            if len(arrays) != len(expected):
                raise ValueError(f"{path}: expected {len(expected)} arrays in layer {source} ({name}), "
                                 f"got {len(arrays)}; is it the file of another network?")
            for array, (kind, parameter) in zip(arrays.values(), expected, strict=True):
                wanted = to_keras(layer, parameter).shape
                if array.shape != wanted:
                    raise ValueError(f"{path}: expected shape {list(wanted)} for {kind} of layer {source} ({name}), "
                                     f"got {list(array.shape)}; is it the file of another network or size?")
                parameter.copy_(from_keras(layer, array))


def save_h5(network, path):
    """Write the weights of `network` as Keras does, for Musika to load."""
    layers = named(network)
    with new_file(path) as temporary, h5py.File(temporary, "w") as file:
        file.attrs["layer_names"] = [name.encode() for name in layers]
        file.attrs["backend"], file.attrs["keras_version"] = b"tensorflow", b"2.10.0"
        for name, layer in layers.items():
            group, tensors = file.create_group(name), tensors_of(layer)
            group.attrs["weight_names"] = [f"{name}/{kind}".encode() for kind, _ in tensors]
            for kind, tensor in tensors:
                group.create_dataset(f"{name}/{kind}", data=to_keras(layer, tensor))


class NumpyOnly(pickle.Unpickler):
    """An unpickler that can make numpy arrays and nothing else."""

    ALLOWED = {"_reconstruct", "scalar", "ndarray", "dtype"}
    MODULES = {"numpy", "numpy.core.multiarray", "numpy._core.multiarray"}

    def find_class(self, module, name):
        """Raise where the file asks for anything but the parts of an array."""
        if module not in self.MODULES or name not in self.ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return getattr(np, name) if module == "numpy" else getattr(np.core.multiarray, name)


def load_moments(network, path):
    """Read opt_*.npy: (iteration, [first moments], [second moments]) in the order of `moment_layers`, our layout.

    The file is a pickle: only numpy arrays of numbers are let in, everything else is a ValueError.
    """
    try:
        with open(path, "rb") as file:
            version = np.lib.format.read_magic(file)
            reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            reader(file)
            items = list(NumpyOnly(file).load().flat)
        step, arrays = int(items[0]), [np.asarray(item, np.float32) for item in items[1:]]
    except (pickle.UnpicklingError, ValueError, TypeError, EOFError, AttributeError, IndexError) as error:
        raise ValueError(f"{path}: expected Adam's moments as Musika saves them, got something else ({error}); "
                         "delete the file: training then starts with fresh moments") from error
    slots, count = moment_layers(network), len(moment_layers(network))
    shapes = [to_keras(layer, parameter).shape for layer, parameter in slots]
    if [a.shape for a in arrays] != shapes * 2:
        raise ValueError(f"{path}: expected two moments for each of {count} arrays of the network, got {len(arrays)} "
                         "arrays of other shapes; delete the file: training then starts with fresh moments")
    turned = [from_keras(layer, array) for (layer, _), array in zip(slots * 2, arrays, strict=True)]
    return step, turned[:count], turned[count:]


def save_moments(network, path, step=0, first=None, second=None):
    """Write opt_*.npy for Musika; without moments, zeros: it takes them for a fresh start."""
    slots = moment_layers(network)
    first = first or [torch.zeros_like(p) for _, p in slots]
    second = second or [torch.zeros_like(p) for _, p in slots]
    arrays = [to_keras(layer, moment) for (layer, _), moment in zip(slots * 2, [*first, *second], strict=True)]
    packed = np.empty(len(arrays) + 1, dtype=object)
    packed[0] = np.int64(step)
    for i, array in enumerate(arrays):
        packed[i + 1] = array
    with new_file(path) as temporary, open(temporary, "wb") as file:
        np.save(file, packed, allow_pickle=True)


def moment_layers(network):
    """Return [(layer, parameter)] in the order of Keras's trainable weights: what moments belong to."""
    return [(layer, parameter) for layer in named(network).values() for _, parameter in tensors_of(layer)]
