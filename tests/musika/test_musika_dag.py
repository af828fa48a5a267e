"""Musika in the pipeline: what dvc.yaml cannot name is sealed, and the default never trains it."""

import json
import os
import re
import shutil
import signal
import subprocess
import time

import pytest
import torch
from safetensors.torch import load_file

from chaconne.musika import published
from chaconne.musika.adversaries import Critic, Generator, Shape
from chaconne.musika.autoencoder import Autoencoder, Sizes
from chaconne.running.models import load_generator
from chaconne.training.engine.trainer import STATES
from scripts.seal import SEALED, covered, seal_in, seal_of
from scripts.smoke import commit, copy_checkout, environment, set_param
from tests.chaos.killing import OFTEN, wait_until_gone
from tests.conftest import OWN_CODEC, ROOT
from tests.test_architecture import declared_code, needed_code, stage_scripts
from tests.test_pipeline import dvc


@pytest.mark.parametrize("path", SEALED, ids=str)
def test_seals_are_current(path):
    assert seal_in(path) == seal_of(path), "run `python scripts/seal.py`: a file that it is made of was edited"


def test_an_edit_breaks_the_seal_of_what_imports_it(tmp_path):
    shutil.copytree(ROOT / "src", tmp_path / "src")
    for name, broken in (("musika/products", 1), ("musika/small_sets", 1), ("musika/layers", 2), ("codec/spectral", 1)):
        before = [seal_of(path, tmp_path) for path in SEALED]
        with open(tmp_path / f"src/chaconne/{name}.py", "a") as file:
            file.write("\nEDITED = True\n")
        assert sum(a != seal_of(p, tmp_path) for a, p in zip(before, SEALED, strict=True)) == broken


@pytest.mark.parametrize("setting", [("musika", "laptop"), ("musika", "smoke"), OWN_CODEC], ids="-".join)
def test_stages_declare_the_code_they_import_or_what_seals_it(pipelines, setting):
    wrong = []
    for name, stage in pipelines[setting].items():
        if not stage_scripts(stage):
            continue
        declared = declared_code(stage)
        sealed = {p for path in declared & set(SEALED) for p in covered(path)}
        missing = {p for p in needed_code(stage) - sealed if not {p, *p.parents} & declared}
        wrong += [f"{name}: deps lack {p}" for p in sorted(missing)]
    assert not wrong, "\n".join(wrong)


def test_the_default_does_not_need_it(pipelines):
    """Nothing depends on what train_musika leaves while another model is selected."""
    stages = pipelines["gan", "laptop"]
    made = {out.def_path for out in stages["train_musika"].outs}
    assert not {name for name, stage in stages.items() if made & {d.def_path for d in stage.deps}}
    assert "sample@musika" not in stages and "sample@musika" in pipelines["musika", "laptop"]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Return a copy whose audio branch ran at scale smoke: Musika's codec and GAN from folders of random weights."""
    root = copy_checkout(tmp_path_factory.mktemp("musika") / "copy")
    set_param(root, "codec", "musika")
    set_param(root, "model", "musika")
    torch.manual_seed(0)
    shape, weights, gan = Shape(64, 4, 12, 128), root / "pretrained/musika_ae", root / "pretrained/musika_techno"
    weights.mkdir(), gan.mkdir()
    model = Autoencoder(Sizes(width=8))
    torch.nn.init.constant_(model.dec.magnitude.bias, 0.5)      # the evaluation refuses silence
    published.export_autoencoder(model, weights)
    published.export_gan(Generator(shape), Critic(shape), gan)
    text = (root / "params.yaml").read_text()
    # A codec that hardly learned anything would be refused; that fine-tuning stops in time is tried on the way.
    for pattern, value in ((r"(chroma_cosine:) \S+", r"\1 0.0"), (r"(log_spectral_l1:) \S+", r"\1 9.0"),
                           (r"(?m)^  (weights:) ''", r"  \1 pretrained/musika_ae"),
                           (r"    (pretrained:) ''", r"    \1 pretrained/musika_techno"),
                           (r"(stop_every:) auto", r"\1 4"), (r"(mix_old:) 0.0", r"\1 0.25"),
                           (r"(lora_rank:) 0", r"\1 2"), (r"(freeze_critic:) 0", r"\1 1"),
                           (r"(critic:) new", r"\1 kept")):
        text, count = re.subn(pattern, value, text, count=1)
        assert count == 1, pattern
    (root / "params.yaml").write_text(text)
    preset = (root / "conf/scale/smoke.yaml").read_text()
    (root / "conf/scale/smoke.yaml").write_text(preset.replace("finetune: {steps: 10}", "finetune: {steps: 40}"))
    commit(root, "Musika")
    dvc(root, "repro", "report")
    return root


@pytest.mark.slow
def test_the_whole_pipeline_on_musika(root):
    names = ("comparison", "finetune", "eval")
    read = {name: json.loads((root / f"metrics/{name}.json").read_text()) for name in names}
    assert {"gan", "diffusion", "musika", "codec", "real"} <= set(read["comparison"])
    assert read["comparison"]["settings"]["codec"] == "musika"
    assert read["eval"]["model"] == read["finetune"]["model"] == "musika"
    origin = json.loads((root / "data/codecs/musika/codec.json").read_text())["origin"]
    assert origin["source"] == "pretrained/musika_ae" and len(origin["sha256"]) == 4
    for page in ("report", "genre"):
        assert "musika" in (root / f"metrics/{page}.html").read_text()


@pytest.mark.slow
def test_fine_tuning_goes_on_from_the_published_weights(root):
    before, after = (load_file(root / f"data/models/{name}/model.safetensors") for name in ("musika", "finetuned"))
    moved = {name for name in before if name in after and before[name].shape == after[name].shape
             and not torch.equal(before[name], after[name])}
    assert "network.generator.last.c.weight" in moved
    assert not {name for name in moved if name.startswith("critic.critic.enter")}       # frozen
    assert (root / "metrics/curves/finetune/plots/metrics/frechet.tsv").exists()


@pytest.mark.slow
def test_what_it_makes_changes_as_fine_tuning_goes(root):
    before, after = (load_generator(root / f"data/models/{name}") for name in ("musika", "finetuned"))
    made = [model.sample(3.0, 0, {}, {"truncation": 2.0}, count=4) for model in (before, after)]
    assert made[0].shape == made[1].shape and not torch.allclose(*made, atol=1e-3)
    rows = (root / "metrics/curves/finetune/plots/metrics/frechet.tsv").read_text().splitlines()[1:]
    assert len({row.split("\t")[1] for row in rows}) > 2


@pytest.mark.slow
@pytest.mark.long
def test_fine_tuning_that_is_killed_ends_as_if_it_had_not_been(root):
    """Stage and DVC are killed between two checkpoints; the same command goes on there, with the same bytes."""
    places = ("data/models/finetuned", "data/previews/finetuned", "metrics/curves/finetune")

    def results():
        return {p.relative_to(root).as_posix(): p.read_bytes() for place in places for p in (root / place).rglob("*")
                if p.is_file()}

    whole = results()
    assert any(name.endswith("model.safetensors") for name in whole)
    shutil.rmtree(root / ".resume/finetune", ignore_errors=True)
    command = ["dvc", "repro", "--force", "--single-item", "stages/genre/dvc.yaml:finetune"]
    process = subprocess.Popen(command, cwd=root, env=environment() | OFTEN, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, start_new_session=True)
    while not list(root.glob(f".resume/finetune/*/{STATES[1]}")):
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    wait_until_gone(root)
    assert not (root / "data/models/finetuned/model.safetensors").exists()
    said = dvc(root, *command[1:])
    step = int(re.search(r"finetune: going on at step (\d+)", said)[1])
    assert 5 <= step < 40
    assert results() == whole
