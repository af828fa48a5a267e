"""Embedders: one contract, honest words about what is missing, no error swallowed."""

import importlib.util
import os
import pickle
import socket
import types
from pathlib import Path

import numpy as np
import pytest
import torch

from chaconne.evaluation.reference import embedding, pretrained
from chaconne.evaluation.reference.pretrained import NETWORKS, Pretrained

RATE = 22050
CLIPS = (np.random.default_rng(0).standard_normal((3, 2 * RATE)) * 3000).astype(np.int16)


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("an embedder opened a network connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def package(monkeypatch):
    """A stand-in for frechet_audio_distance that makes what `answer` gives of each sound; returns its class."""

    class FrechetAudioDistance:
        answer = None

        def __init__(self, ckpt_dir, sample_rate, **arguments):
            torch.hub.set_dir(ckpt_dir)  # as the real one does
            self.rate, self.arguments = sample_rate, arguments

        def get_embeddings(self, sounds, sr):
            assert sr == self.rate
            found = []
            try:  # as in version 0.3.4
                for sound in sounds:
                    found.append(type(self).answer(sound))
            except Exception as error:
                print(f"[Frechet Audio Distance] get_embeddings throw an exception: {error}")
            return np.concatenate(found, axis=0)

    monkeypatch.setattr(pretrained, "package", lambda: types.SimpleNamespace(FrechetAudioDistance=FrechetAudioDistance))
    pretrained.load.cache_clear()
    yield FrechetAudioDistance
    pretrained.load.cache_clear()


@pytest.mark.parametrize("name", sorted(embedding.EMBEDDERS))
def test_every_embedder_keeps_the_contract(name, tmp_path):
    embedder = embedding.EMBEDDERS[name](str(tmp_path))
    assert embedder.COMPONENTS is None or embedder.COMPONENTS > 1
    assert embedder.MOST is None or embedder.MOST > embedder.COMPONENTS
    assert callable(embedder.embed)
    what = embedder.missing()
    assert what is None or "\n" not in what


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_missing_weights_are_named_with_file_source_and_folder(name, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda package: package)
    said = Pretrained(name, str(tmp_path)).missing()
    for path, source in NETWORKS[name].files.items():
        assert f"{tmp_path / path} from {source}" in said
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    if name == "clap-music":
        assert "hf download roberta-base" in Pretrained(name, str(tmp_path)).missing()
        snapshot = tmp_path / "hub/models--roberta-base/snapshots/0"
        snapshot.mkdir(parents=True)
        for file in ("config.json", "vocab.json", "merges.txt", "model.safetensors"):
            (snapshot / file).touch()
    assert Pretrained(name, str(tmp_path)).missing() is None


def test_weights_are_looked_for_in_the_cache_of_torch(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, "_hub_dir", None)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert str(tmp_path / "hub" / "Cnn14_16k") in Pretrained("pann").missing()


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda package: None)
    assert "pip install --no-deps 'frechet-audio-distance" in Pretrained("vggish").missing()


def test_what_clap_alone_needs_is_named(monkeypatch):
    there = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "laion_clap" else there(name))
    assert "chaconne[embedders]" in Pretrained("clap-music").missing()


def test_missing_weights_are_unavailable_and_the_others_run(tmp_path):
    ready, unavailable = embedding.choose(["logmel", "pann"], str(tmp_path))
    assert list(ready) == ["logmel"]
    assert "zenodo.org" in unavailable["pann"]


ROWS = {"vggish": 2, "pann": 1, "clap-music": 1, "encodec": 2}  # of a clip of two seconds


def answer_like(name):
    """Return what the package makes of a sound: PANN gives a plain vector, EnCodec 75 rows a second."""
    features, rate = NETWORKS[name].features, NETWORKS[name].arguments["sample_rate"]
    rows = {"pann": (), "clap-music": (1,), "vggish": (2,), "encodec": (150,)}[name]

    def answer(sound):
        assert len(sound) == 2 * rate
        return np.full((*rows, features), sound.std(), np.float32)

    return answer


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_one_embedding_for_each_clip_at_the_rate_of_the_network(name, package, tmp_path):
    package.answer = staticmethod(answer_like(name))
    before = torch.hub.get_dir()
    clips = CLIPS * np.array([[1], [2], [3]], np.int16)
    found = Pretrained(name, str(tmp_path)).embed(clips, RATE)
    assert found.shape == (3, ROWS[name], NETWORKS[name].features)
    assert found.dtype == np.float32
    level = found[:, 0, 0]
    assert level[1:] / level[0] == pytest.approx([2, 3], rel=0.1)
    assert torch.hub.get_dir() == before


def test_long_clips_are_cut_where_clap_would_draw_a_part_at_random(package, tmp_path):
    package.answer = staticmethod(lambda sound: np.full((1, 512), len(sound) / 48000, np.float32))
    clip = np.tile(CLIPS[:1], (1, 11))[:, : 21 * RATE]
    found = Pretrained("clap-music", str(tmp_path)).embed(clip, RATE)
    assert found[0, :, 0] == pytest.approx([10, 10, 1])
    found = Pretrained("clap-music", str(tmp_path)).embed(clip[:, : int(20.5 * RATE)], RATE)
    assert found[0, :, 0] == pytest.approx([10, 10])


def fail(sound):
    raise RuntimeError("out of memory")


@pytest.mark.parametrize(("answer", "expected"), [
    (fail, "vggish: no embedding of a clip: .*out of memory"),
    (lambda sound: np.full((2, 128), np.nan), "vggish: expected finite embeddings of 128 numbers, .* 0 finite of 256"),
    (lambda sound: np.zeros((2, 100)), r"vggish: expected finite embeddings of 128 numbers, received \(2, 100\)"),
    (lambda sound: np.zeros((0, 128)), "vggish: expected finite embeddings"),
])
def test_swallowed_errors_of_the_package_are_errors(package, tmp_path, answer, expected):
    package.answer = staticmethod(answer)
    with pytest.raises(ValueError, match=expected):
        Pretrained("vggish", str(tmp_path)).embed(CLIPS, RATE)


def test_clips_shorter_than_the_network_wants_are_refused(package, tmp_path):
    with pytest.raises(ValueError, match=r"vggish needs clips of 0.975 s or more, received 0.50 s"):
        Pretrained("vggish", str(tmp_path)).embed(CLIPS[:, : RATE // 2], RATE)


def test_damaged_weights_are_named(package, tmp_path):
    def broken(self, **arguments):
        raise EOFError("Ran out of input")

    package.__init__ = broken
    with pytest.raises(ValueError, match=rf"pann: the weights in {tmp_path} cannot be loaded \(Ran out of input\)"):
        Pretrained("pann", str(tmp_path)).embed(CLIPS, RATE)


class Runs:
    """An object whose pickle runs code when it is loaded."""

    def __reduce__(self):
        return os.mkdir, ("was-run",)


def test_weights_can_hold_arrays_but_no_code(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"means": np.arange(3.0), "iteration": np.int64(7)}, "arrays.pth")
    torch.save(Runs(), "code.pth")
    with pretrained.safe_weights():
        assert torch.load("arrays.pth", weights_only=False)["means"].tolist() == [0, 1, 2]
        with pytest.raises(pickle.UnpicklingError):
            torch.load("code.pth", weights_only=False)
    assert not Path("was-run").exists()


def test_the_hub_is_a_folder(tmp_path):
    copy = tmp_path / "someone_networks_master"
    copy.mkdir()
    (copy / "hubconf.py").write_text("def tiny(**arguments):\n    return {'made': arguments}\n")
    with pretrained.local_hub(str(tmp_path)):
        assert torch.hub.load(repo_or_dir="someone/networks", model="tiny", size=3) == {"made": {"size": 3}}


@pytest.mark.slow
def test_the_real_package_with_untrained_weights(tmp_path):
    """The package itself, twelve seconds of importing: EnCodec with random weights, then a damaged file."""
    from encodec import EncodecModel

    torch.manual_seed(0)
    bandwidths = [1.5, 3.0, 6.0, 12.0, 24.0]
    network = EncodecModel._get_model(bandwidths, 24000, 1, causal=True, model_norm="weight_norm")
    file = tmp_path / next(iter(NETWORKS["encodec"].files))
    file.parent.mkdir()
    torch.save(network.state_dict(), file)
    embedder = Pretrained("encodec", str(tmp_path))
    pretrained.load.cache_clear()
    assert embedder.missing() is None
    found = embedder.embed(CLIPS[:2], RATE)
    assert found.shape == (2, 2, 128)
    assert (found[0] != found[1]).any()
    pretrained.load.cache_clear()
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(ValueError, match=rf"encodec: the weights in {tmp_path} cannot be loaded"):
        embedder.embed(CLIPS, RATE)
