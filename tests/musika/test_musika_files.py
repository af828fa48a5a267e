"""Musika's published files: read by order, converted once, never trusted, written back exactly."""

import hashlib
import http.server
import json
import os
import pickle
import subprocess
import sys
import threading

import h5py
import numpy as np
import pytest
import torch

from chaconne.musika import keras_files, published
from chaconne.musika.adversaries import Critic, Generator, Shape
from chaconne.musika.autoencoder import Autoencoder, Sizes
from chaconne.running.files import read_json
from tests.conftest import ROOT

SIZES, SHAPE = Sizes(8, 4, 6, 8), Shape(32, 4, 6, 12)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def shaken(network):
    """Random biases and noise weights, too: what starts as zero could hide a mistake."""
    with torch.no_grad():
        for p in network.parameters():
            p.add_(0.1 * torch.randn_like(p))
    return network


@pytest.fixture
def autoencoder(tmp_path):
    torch.manual_seed(0)
    model, folder = shaken(Autoencoder(SIZES)), tmp_path / "ae"
    folder.mkdir()
    published.export_autoencoder(model, folder)
    (folder / "README.md").write_text("---\nlicense: mit\n---\nA model.\n")
    return model, folder


@pytest.fixture
def gan(tmp_path):
    torch.manual_seed(1)
    networks, folder = [shaken(Generator(SHAPE)), shaken(Critic(SHAPE)), shaken(Generator(SHAPE))], tmp_path / "gan"
    moments = {name: (7, *([torch.rand_like(p) for _, p in keras_files.moment_layers(network)] for _ in range(2)))
               for name, network in zip(("gen", "critic"), networks, strict=False)}
    folder.mkdir()
    published.export_gan(networks[0], networks[1], folder, networks[2], -0.25, moments)
    return networks, moments, folder


def contents(folder):
    """All arrays of the .h5 files of a folder, by place."""
    return {(p.name, name): {k: v.tobytes() for k, v in arrays.items()}
            for p in sorted(folder.glob("*.h5")) for name, arrays in keras_files.read_h5(p)}


def test_there_and_back_is_exact(autoencoder, gan, tmp_path):
    model, folder = autoencoder
    converted = published.convert(folder)
    manifest, tensors = published.read_converted(converted)
    assert manifest["sizes"] == SIZES.as_dict() and manifest["licence"] == "mit"
    assert manifest["sha256"]["enc.h5"] == published.sha256(folder / "enc.h5")
    assert {k: v.tolist() for k, v in tensors.items()} == {k: v.tolist() for k, v in model.state_dict().items()}

    networks, moments, folder = gan
    converted = published.convert(folder, kind="gan")
    manifest, tensors = published.read_converted(converted)
    again = [Generator(SHAPE), Critic(SHAPE), Generator(SHAPE)]
    for network, name in zip(again, ("gen", "critic", "gen_ema"), strict=True):
        network.load_state_dict(published.part_of(tensors, name))
    out = tmp_path / "out"
    out.mkdir()
    published.export_gan(*again[:2], out, again[2], float(tensors["switch"]), moments)
    assert contents(out) == contents(folder)
    assert published.read_switch(out / "switch.npy") == -0.25
    for name, (step, first, second) in moments.items():
        assert "read" in manifest["moments"][name]
        assert int(tensors[f"moments.{name}.step"]) == step
        assert all(torch.equal(tensors[f"moments.{name}.m.{i:03d}"], m) for i, m in enumerate(first))
        read = keras_files.load_moments(networks[name == "critic"], out / published.MOMENTS[name])
        assert all(torch.equal(a, b) for a, b in zip(read[2], second, strict=True))


def test_what_is_converted_is_taken_from_the_cache_and_checked(autoencoder, monkeypatch):
    _, folder = autoencoder
    first = published.convert(folder)
    with monkeypatch.context() as patch:
        patch.setattr(published, "write_autoencoder", None)
        assert published.convert(folder) == first
    data = (first / "weights.safetensors").read_bytes()
    (first / "weights.safetensors").write_bytes(data[:-4] + b"oops")
    with pytest.raises(ValueError, match="delete the folder"):
        published.read_converted(first)
    assert published.convert(folder) == first
    assert (first / "weights.safetensors").read_bytes() == data


def test_layers_are_taken_in_the_order_of_the_attribute(autoencoder):
    """Groups lie in the file by alphabet: conv2d_10 before conv2d_2."""
    model, folder = autoencoder
    with h5py.File(folder / "dec.h5", "r+") as file:
        names = [keras_files.text(name) for name in file.attrs["layer_names"]]
        file.attrs["layer_names"] = [name.encode() for name in ("input_1", *names[::-1])]
        file.create_group("input_1").attrs["weight_names"] = np.array([], dtype="S1")
    with pytest.raises(ValueError, match=r"dec.h5: expected shape .* got .*another network or size"):
        keras_files.load_h5(model.dec, folder / "dec.h5")
    assert [name for name, _ in keras_files.read_h5(folder / "dec.h5")] == names[::-1]


def test_wrong_and_truncated_files_are_explained(autoencoder):
    model, folder = autoencoder
    with pytest.raises(ValueError, match="expected 6 layers with weights, got 8"):
        keras_files.load_h5(model.enc, folder / "enc2.h5")
    other = Autoencoder(Sizes(8, 4, 5, 8))
    with pytest.raises(ValueError, match=r"expected shape \[1, 1, 24, 5\] for kernel:0 .* got \[1, 1, 24, 6\]"):
        keras_files.load_h5(other.enc2, folder / "enc2.h5")
    data = (folder / "enc.h5").read_bytes()
    (folder / "enc.h5").write_bytes(data[:len(data) // 2])
    with pytest.raises(ValueError, match=r"damaged or of another kind .*download it again"):
        published.convert(folder)
    (folder / "enc.h5").unlink()
    with pytest.raises(FileNotFoundError, match=r"enc\.h5 missing"):
        published.convert(folder)


def test_moments_are_never_trusted(gan, tmp_path, capsys):
    networks, _, folder = gan
    victim = tmp_path / "victim"

    class Evil:
        def __reduce__(self):
            return os.system, (f"touch {victim}",)

    packed = np.empty(2, dtype=object)
    packed[0], packed[1] = np.int64(3), Evil()
    np.save(folder / "opt_dec.npy", packed, allow_pickle=True)
    with pytest.raises(ValueError, match=r"it asks for posix.system"):
        keras_files.load_moments(networks[0], folder / "opt_dec.npy")
    manifest = read_json(published.convert(folder, kind="gan") / "manifest.json")
    assert manifest["moments"]["gen"].startswith("fresh") and "read" in manifest["moments"]["critic"]
    assert "fresh moments" in capsys.readouterr().out
    assert not victim.exists()
    pickle.loads(pickle.dumps(packed))      # the file would have done it
    assert victim.exists()


@pytest.mark.parametrize(("switch", "said"), [
    (np.array([0.5, 0.5]), "expected one number"), (np.array({}, dtype=object), "expected one number"),
    (np.float32(0.5), "from -1 to 0, got 0.5"), (np.float32("nan"), "from -1 to 0, got nan")], ids=str)
def test_a_wrong_switch_is_explained(switch, said, gan):
    np.save(gan[2] / "switch.npy", switch, allow_pickle=True)
    with pytest.raises(ValueError, match=rf"switch\.npy: expected .*{said.removeprefix('expected ')}"):
        published.convert(gan[2], kind="gan")


@pytest.mark.parametrize("source", ["marcop/musika_techno", "no_such_folder"])
def test_without_a_network_it_says_what_to_download_and_where_to_put_it(source, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(FileNotFoundError) as error:
        published.locate(source, "", "gan")
    said = str(error.value)
    assert "\n" not in said and "gen.h5, critic.h5, gen_ema.h5" in said and "pretrained/" in said
    assert "hf download" in said


class Hub(http.server.BaseHTTPRequestHandler):
    """A hub with one repository, as huggingface_hub asks it: the list of files, then each of them."""

    folder, commit = None, "0123456789abcdef0123456789abcdef01234567"

    def do_GET(self):
        self.answer(True)

    def do_HEAD(self):
        self.answer(False)

    def answer(self, body):
        if "/tree/" in self.path:
            data = json.dumps([{"type": "file", "path": p.name, "size": p.stat().st_size, "oid": "0" * 40}
                               for p in sorted(self.folder.iterdir())]).encode()
        elif self.path.startswith("/api/models/marcop/musika_ae"):
            files = [{"rfilename": p.name} for p in sorted(self.folder.iterdir())]
            data = json.dumps({"id": "marcop/musika_ae", "sha": self.commit, "siblings": files}).encode()
        else:
            path = self.folder / self.path.rsplit("/", 1)[-1]
            if not self.path.startswith(f"/marcop/musika_ae/resolve/{self.commit}/") or not path.exists():
                return self.send_error(404)
            data = path.read_bytes()
        self.send_response(200)
        for name, value in (("Content-Length", len(data)), ("X-Repo-Commit", self.commit),
                            ("ETag", f'"{hashlib.sha256(data).hexdigest()}"')):
            self.send_header(name, str(value))
        self.end_headers()
        if body:
            self.wfile.write(data)

    def log_message(self, *args):
        pass


def test_a_hub_id_is_downloaded_converted_and_then_found_without_a_network(autoencoder, tmp_path):
    Hub.folder = autoencoder[1]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    code = "from chaconne.musika import published; print(published.convert('marcop/musika_ae'))"
    environment = os.environ | {"HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}", "HF_HUB_OFFLINE": "0",
                                "HF_HOME": str(tmp_path / "hf"), "PYTHONPATH": str(ROOT / "src"),
                                "NO_PROXY": "127.0.0.1"}

    def run(**more):
        return subprocess.run([sys.executable, "-c", code], env=environment | more, capture_output=True, text=True)

    try:
        done = run()
    finally:
        server.shutdown()
    assert done.returncode == 0, done.stderr
    manifest, _ = published.read_converted(done.stdout.strip())
    assert (manifest["source"], manifest["revision"], manifest["licence"]) == ("marcop/musika_ae", Hub.commit, "mit")
    assert run(HF_HUB_OFFLINE="1").stdout == done.stdout
