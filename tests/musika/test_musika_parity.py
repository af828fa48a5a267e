"""Musika's networks against arrays that the original computed: the folder CHACONNE_PARITY, of any size.

Every dimension comes from the folder's config.json, except where Musika itself fixes one (64 coordinates in the
files coords_*); its README says what is in the arrays. Noise is off unless it was recorded.
"""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from chaconne.musika import contest, coordinates, keras_files, published, spectrum
from chaconne.musika.adam import KerasAdam
from chaconne.musika.adversaries import Critic, Generator, Shape
from chaconne.musika.autoencoder import STACK, UNIT, Autoencoder, Sizes, join, split
from chaconne.musika.layers import Noise, switch_noise
from chaconne.musika.stream import decode_exactly, encode_exactly
from tests.conftest import ROOT

FOLDER = Path(os.environ.get("CHACONNE_PARITY") or ROOT / "../shared/parity/musika_small").resolve()
if not (FOLDER / "config.json").exists():
    pytest.skip(f"no parity data in {FOLDER}: name its folder in CHACONNE_PARITY", allow_module_level=True)
CONFIG = json.loads((FOLDER / "config.json").read_text())
HOP, SEGMENT, FRAMES = CONFIG["hop"], CONFIG["shape"], CONFIG["latlen"]
SIZES = Sizes(HOP, HOP // 4, CONFIG["latdepth"], HOP)
SHAPE = Shape(FRAMES, CONFIG["base_channels"], 2 * CONFIG["coorddepth"], 2 * CONFIG["latdepth"])


def arrays(name):
    """Read one file of arrays as tensors."""
    path = FOLDER / f"{name}.npz"
    if not path.exists():
        pytest.skip(f"{path.name} is not part of this folder")
    with np.load(path) as file:
        return {key: torch.from_numpy(file[key]) for key in file.files}


def same(ours, theirs, tolerance=1e-4):
    """Compare within `tolerance`, absolute."""
    assert ours.shape == theirs.shape
    torch.testing.assert_close(ours.detach(), theirs.float(), atol=tolerance, rtol=0)


def places_first(x):
    """Keras's [B, 1, W, C] -> [B, C, W]."""
    return x.squeeze(1).mT


def halves(x, count):
    """Undo Keras's stacking of halves on the batch: [count B, ...] -> the order in time of our pieces."""
    return torch.stack(x.chunk(count), dim=1).flatten(0, 1)


@pytest.fixture(scope="module")
def autoencoder():
    model = Autoencoder(SIZES)
    for name in published.AUTOENCODER:
        keras_files.load_h5(getattr(model, name), FOLDER / f"ae/{name}.h5")
    switch_noise(model, False)
    return model.eval().requires_grad_(False)


def adversary(kind, small=False):
    """Return Musika's generator or critic with the folder's weights, noise off."""
    shape = Shape(FRAMES // 2, SHAPE.base, SHAPE.inputs, SHAPE.latents) if small else SHAPE
    network = kind(shape)
    name = {Generator: "gen", Critic: "critic"}[kind] + ("_smallvariant" if small else "")
    keras_files.load_h5(network, FOLDER / f"gan/{name}.h5")
    switch_noise(network, False)
    return network.eval()


def record(layers, data):
    """Let the noise layers add what was recorded: w_ii is the weight, r_ii the noise of the ii-th."""
    noises = [layer for layer in layers if isinstance(layer, Noise)]
    assert len(noises) == sum(key.startswith("w_") for key in data)
    for i, noise in enumerate(noises):
        noise.on, noise.draw = True, lambda x, i=i: places_first(data[f"r_{i:02d}"])
        with torch.no_grad():
            noise.weight.copy_(data[f"w_{i:02d}"])


def test_sizes_are_read_off_the_files():
    assert published.sizes_in(FOLDER / "ae") == SIZES
    assert published.shape_in(FOLDER / "gan/gen.h5") == SHAPE


def test_the_size_of_the_small_variant_is_read_off_its_file():
    if not (path := FOLDER / "gan/gen_smallvariant.h5").exists():
        pytest.skip(f"{path.name} is not part of this folder")
    assert published.shape_in(path).frames == FRAMES // 2


def test_front_end():
    data = arrays("frontend")
    ours, theirs = spectrum.spectrogram(data["audio"].T, HOP).mT, data["spec"]
    assert ours.shape == theirs.shape
    error = (ours - theirs).abs()
    assert error[theirs > -0.2].max() < 1e-4
    assert error.flatten().kthvalue(int(0.999 * error.numel())).values < 1e-5
    grouped = ours.mT.reshape(2, SIZES.bins, -1, SEGMENT).transpose(1, 2).unsqueeze(-1)
    assert grouped.shape == data["enc_input"].shape
    assert torch.equal(data["enc_input"].squeeze(-1).transpose(1, 2).flatten(2).mT, theirs)


def test_encoders(autoencoder):
    data = arrays("enc")
    codes = autoencoder.enc(data["x"].squeeze(-1))
    same(codes, places_first(data["y"]))
    same(split(codes, SEGMENT // 2), halves(places_first(data["y_raw"]), 2))
    same(codes.mT.flatten(0, 1), data["frames"])
    data = arrays("enc2")
    pieces = autoencoder.enc2(split(places_first(data["x"]), STACK))
    latents = join(pieces, len(data["x"]))
    same(latents, places_first(data["y"]))
    same(split(latents, UNIT), halves(places_first(data["y_raw"]), 2))
    same(latents.mT.flatten(0, 1), data["latents"])


def test_decoders(autoencoder):
    data = arrays("dec2")
    pieces = split(places_first(data["x"]), UNIT)
    same(pieces, halves(places_first(data["x_raw"]), 2))
    same(join(autoencoder.dec2(pieces), len(data["x"])), places_first(data["y"]))
    data = arrays("dec")
    pieces = split(places_first(data["x"]), UNIT * STACK)
    same(pieces, halves(places_first(data["x_raw"]), 2))
    for ours, name in zip(autoencoder.dec(pieces), ("mag", "phase"), strict=True):
        same(join(ours, len(data["x"])).mT, data[name])


@pytest.mark.parametrize("name", ["dec2", "dec"])
def test_decoders_with_recorded_noise(name):
    data, network = arrays(f"{name}_noise"), getattr(Autoencoder(SIZES), name)
    keras_files.load_h5(network, FOLDER / f"ae/{name}.h5")
    record(network.weighted(), data)
    made = network(places_first(data["x"]))
    for ours, key in zip(made if name == "dec" else [made], ("mag", "phase") if name == "dec" else ("y",),
                         strict=True):
        theirs = data[key].mT if name == "dec" else places_first(data[key])
        same(torch.cat(ours.chunk(2), dim=-1), theirs)


def test_inversion():
    data = arrays("inversion")
    same(spectrum.window_of(HOP), data["analysis_window"])
    same(spectrum.synthesis_window(HOP), data["synthesis_window"])
    for prefix in ("", "rt_"):
        magnitudes, phases = (data[f"{prefix}{name}"].flatten(0, 1).T[None] for name in ("mag", "phase"))
        same(spectrum.invert(magnitudes, phases, HOP)[0], data[f"{prefix}wave"])
    interior = slice(3 * HOP, -3 * HOP)
    same(data["rt_wave"][interior], data["rt_audio"][interior])


def test_whole_encoding_and_decoding(autoencoder):
    data = arrays("encode_full")
    latents = encode_exactly(autoencoder, data["audio"].T)
    same(latents.flatten(0, 1).T, data["latents"])
    data = arrays("decode_full")
    latents = places_first(data["lat"]).reshape(2, SIZES.latents, -1)
    same(decode_exactly(autoencoder, latents).T, data["wave"])


@pytest.mark.parametrize("chunks", [1, 3])
def test_coordinates_of_generation(chunks):
    data = arrays(f"coords_multi_fac{chunks}")
    same(coordinates.along(data["anchors"], data["style"], FRAMES), data["x"])


def test_coordinates_of_training():
    data = arrays("coords_train")
    rows = coordinates.around(data["left"], data["center"], data["right"], FRAMES)
    same(rows, data["centered"])
    for place in range(3):
        same(coordinates.crop(rows, FRAMES, place), data[f"crop_{place}"])


@pytest.mark.parametrize("small", [False, True])
def test_generator_and_critic(small):
    tail = "_smallvariant" if small else ""
    data = arrays(f"gen{tail}")
    same(adversary(Generator, small)(data["x"]), places_first(data["y"]))
    data, critic = arrays(f"critic{tail}"), adversary(Critic, small)
    for number in ("", "2"):
        if f"x{number}" in data:
            same(critic(places_first(data[f"x{number}"])), data[f"y{number}"])


def test_generator_with_recorded_noise():
    data, network = arrays("gen_noise"), adversary(Generator)
    record(network.weighted().values(), data)
    same(network(data["x"]), places_first(data["y"]))


@pytest.mark.parametrize("beta1", [0.5, 0.9])
def test_three_steps_of_training(beta1):
    data, generator, critic = arrays(f"train_beta{beta1}"), adversary(Generator), adversary(Critic)
    optimizers = [KerasAdam(n.parameters(), CONFIG["lr"], beta1) for n in (generator, critic)]
    switch, average = contest.Switch(), {n: p.detach().clone() for n, p in generator.named_parameters()}
    for i in range(len(data["real"])):
        rows = coordinates.training_rows(data["draws"][i], FRAMES, 1)
        losses = contest.step(generator, critic, optimizers, switch, data["real"][i].mT, rows,
                              CONFIG["gp_max_weight"])
        for name, p in generator.named_parameters():
            average[name].lerp_(p.detach(), 0.001)
        given = [losses[name] for name in ("real", "fake", "penalty", "generator")] + [switch.value]
        same(torch.stack(given), data[f"losses_{i}"])
    networks = {"gen": generator.weighted(), "critic": critic.weighted()}
    checked = 0
    for key, theirs in data.items():
        kind, _, rest = key.partition("_")
        if rest.endswith("kernel_after3"):
            layer = networks[kind][rest.removesuffix("_kernel_after3")]
            same(torch.from_numpy(keras_files.to_keras(layer, layer.weight)), theirs)
        elif rest.endswith("kernel_ema_after3"):
            layer = networks[kind][rest.removesuffix("_kernel_ema_after3")]
            name = next(n for n, p in generator.named_parameters() if p is layer.weight)
            same(torch.from_numpy(keras_files.to_keras(layer, average[name])), theirs)
        elif rest == "wsum_after3":
            # Sums of thousands of float32: compared by the mean of their terms.
            parameters = [p for layer in networks[kind].values() for _, p in keras_files.tensors_of(layer)]
            sizes = torch.tensor([p.numel() for p in parameters])
            same(torch.stack([p.abs().sum() for p in parameters]) / sizes, theirs / sizes)
        else:
            continue
        checked += 1
    assert checked == 11
