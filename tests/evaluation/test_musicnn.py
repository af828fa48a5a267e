"""The tagger out of the wheel: its file, its numbers, what it hears; the tags of a row."""

import os
import shutil
import struct
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile as sf
import torch

from chaconne.evaluation.reference import tags
from chaconne.evaluation.reference.musicnn import checkpoint, embedder
from tests.small import ROOT

PARITY = Path(os.environ.get("CHACONNE_PARITY") or ROOT / "../shared/parity", "musicnn").resolve()
PIANO = (ROOT / "../shared/data/bach-piano").resolve()
RATE_HZ = 22050

pytestmark = pytest.mark.skipif(embedder.package_folder() is None, reason=embedder.INSTALL)


@pytest.mark.skipif(not PARITY.is_dir(), reason=f"{PARITY} is not there")
@pytest.mark.parametrize("name", embedder.NETWORKS)
@pytest.mark.parametrize("sound", ["piano", "noise"])
def test_equal_to_the_graph_of_tensorflow(name, sound):
    with np.load(PARITY / f"{embedder.NETWORKS[name]}.npz") as given:
        network = embedder.network(name)
        heard = network.penultimate(torch.from_numpy(given[f"{sound}_patches"]))
        assert np.abs(heard.numpy() - given[f"{sound}_penultimate"]).max() < 1e-4
        assert np.abs(network.tags(heard).numpy() - given[f"{sound}_tags"]).max() < 1e-4


@pytest.mark.skipif(not PIANO.is_dir(), reason=f"{PIANO} is not there")
def test_hears_a_piano():
    sound, rate = sf.read(sorted(PIANO.glob("*.ogg"))[0], dtype="int16", frames=30 * 96000, always_2d=True)
    clips = np.stack([sound[i * rate : (i + 6) * rate].mean(1) for i in (3, 10)]).astype(np.int16)
    heard = embedder.Musicnn("musicnn")
    sure = dict(zip(heard.tag_names(), heard.tags(heard.embed(clips, rate)).mean(0), strict=True))
    assert max(sure, key=sure.get) == "piano"
    assert sure["piano"] > 0.5 > sure["drums"]


@pytest.mark.parametrize("seconds, patches, frames", [(6, 1, 187), (3, 1, 186), (8.9, 1, 187), (12, 2, 187),
                                                      (1, 1, 61)])
def test_three_seconds_of_every_six_are_heard(seconds, patches, frames):
    noise = np.random.default_rng(0).integers(-3000, 3000, (2, round(seconds * RATE_HZ))).astype(np.int16)
    heard = embedder.patches_of(noise, RATE_HZ)
    assert heard.shape == (2, patches, frames, 96)
    # The first patch is the middle of its stretch: what stands a second and a half from there cannot change it.
    middle, reach = noise.shape[1] / patches / 2, 1.6 * RATE_HZ
    far = np.abs(np.arange(noise.shape[1]) - middle) > reach
    assert torch.allclose(embedder.patches_of(np.where(far, 0, noise).astype(np.int16), RATE_HZ)[:, 0], heard[:, 0],
                          atol=1e-3)


def test_a_clip_alone_and_in_company_give_the_same():
    noise = np.random.default_rng(0).integers(-3000, 3000, (3, RATE_HZ)).astype(np.int16)
    heard = embedder.Musicnn("musicnn")
    assert heard.embed(noise, RATE_HZ)[1:2] == pytest.approx(heard.embed(noise[1:2], RATE_HZ), abs=1e-4)


def test_a_clip_shorter_than_a_frame_is_refused():
    with pytest.raises(ValueError, match=r"musicnn needs clips of 0\.032 s or more, received 0\.005 s"):
        embedder.patches_of(np.zeros((1, 100), np.int16), RATE_HZ)


def test_a_damaged_checkpoint_is_refused_in_one_line(tmp_path):
    folder = shutil.copytree(embedder.package_folder() / embedder.NETWORKS["musicnn"], tmp_path / "network")
    index = (folder / ".index").read_bytes()
    for damaged in (b"", index[:-8] + bytes(8), b"\1" * 2000 + index[2000:], index[: len(index) // 2]):
        (folder / ".index").write_bytes(damaged)
        with pytest.raises(ValueError, match="expected a checkpoint of TensorFlow in one shard, got") as raised:
            checkpoint.read(f"{folder}/")
        assert "\n" not in str(raised.value)


def test_a_checkpoint_is_read_as_it_is_laid_out(tmp_path):
    values = np.arange(6, dtype="<f4")
    entry = b"\x08\x01" + b"\x12\x08\x12\x02\x08\x02\x12\x02\x08\x03" + b"\x28\x18"     # float, [2, 3], 24 bytes
    block = b"\x00\x01" + bytes([len(entry)]) + b"w" + entry
    block += struct.pack("<II", 0, 1)       # one whole key, at 0
    place = bytes([0, len(block)])
    outer = b"\x00\x01" + bytes([len(place)]) + b"w" + place + struct.pack("<II", 0, 1)
    start = len(block) + checkpoint.TRAILER
    footer = (bytes([0, 0, start, len(outer)])).ljust(40, b"\0") + struct.pack("<Q", checkpoint.MAGIC)
    (tmp_path / "x.index").write_bytes(block + bytes(5) + outer + bytes(5) + footer)
    (tmp_path / "x.data-00000-of-00001").write_bytes(values.tobytes())
    found = checkpoint.read(tmp_path / "x")
    assert list(found) == ["w"] and np.array_equal(found["w"], values.reshape(2, 3))


def test_tags_of_a_row_are_the_means_of_those_the_reference_is_surest_of():
    noise = np.random.default_rng(0).integers(-3000, 3000, (4, RATE_HZ)).astype(np.int16)
    heard = embedder.Musicnn("musicnn")
    features = heard.embed(noise, RATE_HZ)
    names = tags.surest(heard, features)
    ground = SimpleNamespace(embedders={"musicnn": heard}, about={"tags": names})
    found = tags.tag_statistics({"musicnn": features}, ground)
    means = [float(found["tags", name][0](np.ones((1, 4)))[0]) for name in names]
    assert len(names) == tags.SHOWN and means == sorted(means, reverse=True)
    assert means == pytest.approx(np.sort(heard.tags(features).mean(0))[::-1][: tags.SHOWN])
    assert tags.tag_statistics({"logmel": features}, SimpleNamespace(embedders={"logmel": None}, about={})) == {}
