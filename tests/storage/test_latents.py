"""Latents on disk: packed in order, normalised on load, crops on beats of the right split, codec-blind."""

import numpy as np
import pandas as pd
import pytest
import torch

from chaconne.storage.latents.audio import Recordings, from_int16, to_int16
from chaconne.storage.latents.latents import Latents, encode_corpus
from chaconne.training.encoding import Encoder

HOP = 16


class Counting:
    """A codec whose latents are the mean of a frame's samples, twice."""

    sample_rate_hz, hop_samples, channels = 160, HOP, 2

    def __init__(self, where=""):
        pass

    def encode(self, audio):
        return audio.reshape(len(audio), 1, -1, HOP).mean(-1).repeat(1, 2, 1)


@pytest.fixture
def corpus(tmp_path):
    """Three clips whose samples are the clip's number + the frame's, in thousandths."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    rows, audio, start = [], [], 0
    for clip, (frames, split, beat) in enumerate([(40, "train", 8), (24, "train", 4), (32, "test", 8)]):
        values = np.repeat((clip * 100 + np.arange(frames)) / 1000, HOP)
        audio.append(to_int16(torch.tensor(values)))
        rows.append(dict(clip=clip, split=split, start=start, samples=frames * HOP, beat_samples=beat * HOP,
                         instrument="organ", seconds=frames * HOP / 160))
        start += frames * HOP
    np.save(folder / "audio.npy", np.concatenate(audio))
    pd.DataFrame(rows).to_csv(folder / "manifest.csv", index=False)
    (folder / "corpus.json").write_text('{"name": "steps", "licence": "CC0", "clips": 3}')
    out = tmp_path / "latents"
    out.mkdir()
    assert encode(folder, Counting, out, tmp_path) == round(96 * HOP / 160)
    return folder, out


def encode(corpus, kind, out, work, workers=1):
    """Encode a corpus with a codec of a class of this file."""
    return encode_corpus(corpus, kind(), out, Encoder(corpus, kind, "", work, workers))


class Killed(BaseException):
    """Stands for SIGKILL: nothing may catch it."""


@pytest.mark.parametrize("lost", ["nothing", "the end", "half of a clip more", "the note"])
def test_a_killed_encoding_goes_on_after_the_last_noted_clip(corpus, tmp_path, monkeypatch, lost):
    monkeypatch.setenv("CHACONNE_CHECKPOINT_SECONDS", "-1")
    asked, work, out = [], tmp_path / "work", tmp_path / "again"

    class Killing(Counting):
        def encode(self, audio):
            asked.append(audio.shape[1] // HOP)
            if len(asked) == 3:
                raise Killed
            return super().encode(audio)

    def run():
        for folder in (work, out):
            folder.mkdir(exist_ok=True)
        encode(corpus[0], Killing, out, work)

    with pytest.raises(Killed):
        run()
    kept = work / "encoded.f32"
    if lost == "the end":
        kept.write_bytes(kept.read_bytes()[:-4])
    elif lost == "half of a clip more":
        kept.write_bytes(kept.read_bytes() + bytes(20))
    elif lost == "the note":
        (work / "encoded.json").unlink()
    run()
    assert asked == [40, 24, 32] + ([32] if lost in ("nothing", "half of a clip more") else [40, 24, 32])
    for name in ("latents.npy", "latents.json", "index.csv", "SHA256SUMS"):
        assert (out / name).read_bytes() == (corpus[1] / name).read_bytes()


def test_the_number_of_workers_changes_nothing(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr("chaconne.training.encoding.A_WORKER", 1)
    out = tmp_path / "again"
    for folder in (out, tmp_path / "work"):
        folder.mkdir()
    encode(corpus[0], Counting, out, tmp_path / "work", workers=2)
    for name in ("latents.npy", "latents.json", "index.csv"):
        assert (out / name).read_bytes() == (corpus[1] / name).read_bytes()


def test_statistics_are_of_the_training_split_alone(corpus):
    mean, std = Latents(corpus[1], "train", 16).statistics()
    values = np.concatenate([np.arange(40), 100 + np.arange(24)]) / 1000
    assert mean.tolist() == pytest.approx([values.mean()] * 2, abs=1e-4)
    assert std.item() == pytest.approx(values.std(), abs=1e-4)


def test_statistics_are_to_the_bit_those_of_the_whole_array(corpus):
    facts, raw = Latents(corpus[1], "train", 16).facts, np.load(corpus[1] / "latents.npy")[:64]
    assert facts["mean"] == raw.mean(0, dtype=np.float64).tolist()
    assert facts["std"] == raw.std(0, dtype=np.float64).tolist()


def test_latents_know_whose_music_they_are(corpus):
    assert Latents(corpus[1], "train", 16).facts["corpora"] == [{"name": "steps", "licence": "CC0"}]


def test_crops_lie_on_beats_within_one_clip_of_the_split(corpus):
    latents = Latents(corpus[1], "train", 16)
    crops, rows = latents.draw(200, np.random.default_rng(0))
    assert crops.shape == (200, 2, 16)
    firsts = (crops[:, 0] * 1000).round().int()
    assert (firsts.diff(dim=1) == 1).all()
    places = {(int(row), int(first) % 100) for row, first in zip(rows, firsts[:, 0], strict=True)}
    assert places == {(0, 0), (0, 8), (0, 16), (0, 24), (1, 0), (1, 4), (1, 8)}


def test_crops_anywhere(corpus):
    crops, _ = Latents(corpus[1], "train", 16, on_beats=False).draw(300, np.random.default_rng(0))
    assert len({int(c) for c in (crops[:, 0, 0] * 1000).round()}) == 25 + 9


def test_too_long_a_crop_is_explained(corpus):
    with pytest.raises(ValueError, match=r"train clips of at least 64 latent frames, found none .longest: 40."):
        Latents(corpus[1], "train", 64)


def test_recordings_are_of_the_split_and_end_in_silence(corpus):
    audio = Recordings([corpus[0]], "test").draw(3, 40 * HOP, np.random.default_rng(0))
    assert audio.shape == (3, 40 * HOP)
    assert (audio[:, 32 * HOP:] == 0).all() and (audio[:, : 32 * HOP] > 0.19).all()


def test_int16_there_and_back():
    x = torch.linspace(-1, 1, 101)
    torch.testing.assert_close(from_int16(to_int16(x)), x, atol=2e-5, rtol=0)
    assert to_int16(torch.tensor([2.0, -2.0])).tolist() == [32767, -32767]
