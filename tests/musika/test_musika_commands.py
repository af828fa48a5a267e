"""`chaconne musika`: sound to latents to sound, a stereo piece, weights handed back, errors in one line."""

import soundfile
import torch
from typer.testing import CliRunner

from chaconne.cli import app
from chaconne.codec import musika as codec
from chaconne.musika import keras_files, published
from chaconne.musika.adversaries import Critic, Generator, Shape
from chaconne.musika.autoencoder import Autoencoder, Sizes

RUN = CliRunner()


def run(*args):
    return RUN.invoke(app, ["musika", *map(str, args)])


def test_a_whole_session(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    torch.manual_seed(0)
    ae, gan = tmp_path / "ae", tmp_path / "gan"
    ae.mkdir(), gan.mkdir()
    published.export_autoencoder(Autoencoder(Sizes(latents=6, width=8)), ae)
    published.export_gan(Generator(Shape(32, 2, 6, 12)), Critic(Shape(32, 2, 6, 12)), gan)
    soundfile.write(tmp_path / "in.wav", 0.1 * torch.randn(30000, 2).numpy(), 44100)

    assert run("encode", tmp_path / "in.wav", tmp_path / "z.npz", "--weights", ae).exit_code == 0
    assert run("decode", tmp_path / "z.npz", tmp_path / "out.wav", "--weights", ae).exit_code == 0
    assert soundfile.info(tmp_path / "out.wav").frames == 30000
    pieces = []
    for seed in (1, 1, 2):
        out = tmp_path / "piece.wav"
        done = run("generate", gan, out, "--weights", ae, "--seconds", 7, "--seed", seed)
        assert done.exit_code == 0, done.output
        pieces.append(out.read_bytes())
        assert (soundfile.info(out).frames, soundfile.info(out).channels) == (7 * 44100, 2)
    assert pieces[0] == pieces[1] != pieces[2]

    made = codec.create(dict(weights=str(ae), revision="", noise=True), 22050)
    (tmp_path / "codec").mkdir()
    made.save(tmp_path / "codec")
    assert run("export", tmp_path / "codec", tmp_path / "back").exit_code == 0
    for name in published.AUTOENCODER:
        ours, theirs = (keras_files.read_h5(folder / f"{name}.h5") for folder in (tmp_path / "back", ae))
        assert repr(ours) == repr(theirs)

    failed = run("generate", "marcop/musika_techno", tmp_path / "x.wav", "--weights", ae)
    assert failed.exit_code == 1 and "hf download marcop/musika_techno" in str(failed.exception)
