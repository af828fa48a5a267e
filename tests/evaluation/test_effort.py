"""The sweeps over evaluations, training steps and the budget of fine-tuning, on a tiny workspace."""

import csv
import json
import shutil

import numpy as np
import pandas as pd
import pytest
import torch
import yaml

from chaconne.codec import spectral
from chaconne.evaluation.reference import reference
from chaconne.evaluation.sweeps import effort, running, tuning
from chaconne.running.files import seal
from chaconne.running.models import load_codec
from chaconne.running.params.reading import read_params
from chaconne.storage.latents.audio import from_int16
from chaconne.storage.latents.latents import encode_corpus
from chaconne.training.encoding import Encoder
from chaconne.training.sampling import encode_clips, write_clips
from tests.evaluation.test_evaluation import run_stage, write_corpus  # noqa: F401  (a fixture is used by its name)
from tests.generators.test_generators import SIZES

EVALUATE = {"clips": 8, "clip_seconds": 2.0, "reference_clips": 16, "embedders": ["logmel"],
            "weights": "", "bootstrap": 10}
PARAMS = {
    "scale": "smoke", "seed": 3, "runs": 1, "threads": 1, "conditions": ["instrument"],
    "codec": "spectral", "generators": ["gan", "diffusion"],
    "trainer": dict(accelerator="cpu", devices=1, num_nodes=1, precision="32-true", log_every=2, previews=1),
    "gan": {"train": SIZES["gan"] | {"steps": 4, "batch": 4}, "sample": {"truncation": 1.0, "piece": 64}},
    "diffusion": {"train": SIZES["diffusion"] | {"steps": 4, "batch": 4},
                  "sample": {"method": "heun", "steps": 2, "shift": 1.0, "guidance": 1.0,
                             "temperature": 1.0, "batch": 8}},
    "piece_seconds": 3, "evaluate": EVALUATE, "model": "gan",
    "finetune": {"base": "data/models", "pretrained": "", "scratch": True, "layers": "all", "critic": "new",
                 "lora_rank": 2, "learning_rate": 0.001, "keep": 0.5, "mix_old": 0.0, "augment_noise": 0.0,
                 "stop_every": "auto", "patience": 1, "on_beats": True, "steps": 4},
}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """A folder with corpus, codec, latents and reference, and params for trainings of four steps."""
    root = tmp_path_factory.mktemp("effort")
    (root / "conf/scale").mkdir(parents=True)
    (root / "conf/scale/smoke.yaml").write_text("{}")
    write_corpus(root / "data/corpus", np.random.default_rng(0), "corpus")
    audio = from_int16(np.load(root / "data/corpus/audio.npy"))
    codec = spectral.create(dict(channels=8, components=16, width=16, depth=1, iterations=4), 22050)
    spectral.fit_linear(codec, audio[: 48 * 16384].reshape(48, -1))
    place = root / "data/codecs/spectral"
    for folder in (place, root / "data/latents"):
        folder.mkdir(parents=True)
    codec.eval().save(place)
    encoder = Encoder(root / "data/corpus", load_codec, place, root)
    encode_corpus(root / "data/corpus", codec, root / "data/latents", encoder)
    index = pd.read_csv(root / "data/latents/index.csv")
    index.assign(seconds=index["samples"] / 22050, instrument="organ").to_csv(
        root / "data/latents/index.csv", index=False)
    seal(root / "data/latents")
    reference.build(root / "data/corpus", root / "data/reference", EVALUATE, 0)
    return root


@pytest.fixture
def here(workspace, tmp_path, monkeypatch):
    """A copy of the workspace, as the current folder."""
    shutil.copytree(workspace, tmp_path / "copy")
    monkeypatch.chdir(tmp_path / "copy")
    threads = torch.get_num_threads()
    write_params()
    yield tmp_path / "copy"
    torch.set_num_threads(threads)


def write_params(**changes):
    with open("params.yaml", "w") as file:
        yaml.safe_dump(PARAMS | changes, file)


def weights(folder):
    return (folder / "model.safetensors").read_bytes()


def test_the_row_codec_has_the_held_out_clips_in_their_order(here, run_stage):  # noqa: F811
    """Its intervals go by the recordings of heldout.csv."""
    assert run_stage(here, "anchors") is None
    real, codec = (np.load(here / f"data/samples/anchors/{row}/clips.npy") for row in ("real", "codec"))
    assert np.array_equal(real, np.load(here / "data/reference/heldout.npy"))
    model = load_codec("data/codecs/spectral")
    for i in (0, 3, 7):
        write_clips(here / "alone", model, encode_clips(model, real[i : i + 1]), 2.0)
        assert np.abs(np.load(here / "alone/clips.npy")[0].astype(int) - codec[i]).max() <= 2  # rounding


def test_the_sweep_over_evaluations(here, run_stage, monkeypatch, capsys):  # noqa: F811
    monkeypatch.setattr(effort, "EVALUATIONS", (1, 2, 4))
    for name in ("gan", "diffusion"):
        assert run_stage(here, f"train_{name}") is None
    points = running.run("evaluations", read_params())
    assert [(p["generator"], p["method"], p["evaluations"]) for p in points] == [
        ("gan", "", 1), ("diffusion", "euler", 1), ("diffusion", "euler", 2), ("diffusion", "euler", 4),
        ("diffusion", "heun", 3)]
    path = here / "metrics/sweeps/evaluations.json"
    assert json.loads(path.read_text()) == points
    for point in points:
        assert point["sample_seconds"] > 0
        assert set(point["fad"]) == set(point["intervals"]["fad"]) == {"logmel"}
    with open(path.with_suffix(".tsv"), newline="") as file:
        table = list(csv.DictReader(file, delimiter="\t"))
    assert [float(line["fad.logmel"]) for line in table] == [p["fad"]["logmel"] for p in points]
    assert float(table[1]["coverage.high"]) == points[1]["intervals"]["coverage"][1]

    path.write_text(json.dumps(points[:2] + points[3:]))  # as if it had been stopped
    capsys.readouterr()
    resumed = running.run("evaluations", read_params())
    clock = {"sample_seconds": 0}
    assert [p | clock for p in resumed] == [p | clock for p in points]
    assert capsys.readouterr().out.count("already measured") == 4

    write_params(diffusion=PARAMS["diffusion"] | {"sample": PARAMS["diffusion"]["sample"] | {"guidance": 2.0}})
    guided = running.run("evaluations", read_params())
    assert [p["evaluations"] for p in guided if p["method"] == "euler"] == [2, 4]
    assert capsys.readouterr().out.count("already measured") == 1  # the GAN


def test_what_goes_on_from_others_is_swept_over_evaluations_alone(here, run_stage):  # noqa: F811
    knobs = {"steps": 2, "overlap": 1, "temperature": 1.0, "batch": 8}
    write_params(generators=["gan", "diffusion", "distilled"],
                 distilled={"train": SIZES["distilled"] | {"steps": 2}, "sample": knobs})
    for name in ("gan", "diffusion", "distilled"):
        assert run_stage(here, f"train_{name}") is None
    params = read_params() | {"generators": ["distilled"]}
    assert [(p["generator"], p["evaluations"]) for p in running.run("evaluations", params)] == [
        ("distilled", 1), ("distilled", 4), ("distilled", 2)]
    assert running.run("training", params) == []


def test_the_sweep_over_training(here, run_stage, monkeypatch, capsys):  # noqa: F811
    for name in ("gan", "diffusion"):
        assert run_stage(here, f"train_{name}") is None
    capsys.readouterr()
    points = running.run("training", read_params())
    assert [(p["generator"], p["steps"], p["train_examples"]) for p in points] == [
        (name, steps, 4 * steps) for name in ("gan", "diffusion") for steps in (1, 2, 4)]
    assert all(p["train_cpu_seconds"] > 0 for p in points)
    assert weights(here / "data/sweeps/gan_2") != weights(here / "data/models/gan")
    assert not (here / "metrics/curves/sweeps").exists()  # the page draws those of the pipeline

    monkeypatch.setattr(effort, "pretrain", None)  # training again would fail
    assert running.run("training", read_params()) == points
    assert capsys.readouterr().out.count("already measured") == 6
    again = running.run("training", read_params(), again=True)
    assert [p["key"] for p in again] == [p["key"] for p in points]
    assert [p["fad"] for p in again] == [p["fad"] for p in points]


def test_the_sweep_over_finetuning(here, run_stage, monkeypatch):  # noqa: F811
    assert run_stage(here, "train_gan") is None
    for name in ("latents", "reference"):
        shutil.copytree(here / f"data/{name}", here / f"data/genre_{name}")
    points = running.run("finetuning", read_params())
    assert [(p["way"], p["steps"]) for p in points] == [
        (way, steps) for way in ("fine-tuned", "from scratch", "fine-tuned, against the old corpus")
        for steps in (1, 2, 4, 8)]
    assert not (here / "metrics/curves/sweeps").exists()
    # Here the old corpus is the new one.
    assert [p["fad"] for p in points[:4]] == [p["fad"] for p in points[8:]]
    assert points[0]["fad"] != points[4]["fad"]
    # With the budget of params it is what the stage makes.
    assert run_stage(here, "finetune", "finetune") is None and run_stage(here, "finetune", "scratch") is None
    assert weights(here / "data/sweeps/gan_fine-tuned_4") == weights(here / "data/models/finetuned")
    assert weights(here / "data/sweeps/gan_from_scratch_4") == weights(here / "data/models/scratch")

    monkeypatch.setattr(tuning, "WAYS", {})  # training again would fail
    assert running.run("finetuning", read_params()) == points
