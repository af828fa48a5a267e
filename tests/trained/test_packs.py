"""Packs: what goes in comes out, in one folder or one file; damaged and hostile ones are one line; the card is read."""

import json
import random

import pytest
import torch
import yaml
from huggingface_hub import ModelCard
from safetensors.torch import load_file, save_file

from chaconne.running.files import read_json
from chaconne.running.models import load_generator
from chaconne.trained.finding import find
from chaconne.trained.packs.opening import KEY, TEXTS, digest_of, open_pack, unpack
from tests import tiny
from tests.commands.test_making import run
from tests.test_fuzz import mutated, outcome, reshaped


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Stand in a project with tiny models that were measured."""
    root = tiny.project(tmp_path / "project")
    row = {"fad": {"logmel": 2.5, "notes": 0.1}, "coverage": 0.9, "nearest_train": 1.02}
    (root / "metrics").mkdir()
    settings = {"clips": 16, "scale": "smoke"}
    (root / "metrics/comparison.json").write_text(json.dumps(
        {"real": row, "codec": row, "gan": row, "settings": settings, "intervals": {"gan": row}}))
    monkeypatch.chdir(root)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return root


@pytest.fixture
def away(project, tmp_path, monkeypatch):
    """Return a function that goes to an empty folder outside of any project."""
    def go():
        (tmp_path / "away").mkdir()
        monkeypatch.chdir(tmp_path / "away")
        return tmp_path / "away"
    return go


@pytest.mark.parametrize("name", ["gan.safetensors", "gan"])
def test_a_pack_plays_without_the_project(project, away, name):
    run("generate", "gan", "--seconds", 2, "--seed", 3)
    run("pack", "gan", "--out", name)
    there = away()
    run("generate", "--model", project / name, "--seconds", 2, "--seed", 3)
    assert (there / "piece.wav").read_bytes() == (project / "piece.wav").read_bytes()


def test_a_pack_is_the_same_bytes_again_and_comes_apart_as_it_went_in(project):
    run("pack", "diffusion", "--out", "a.safetensors")
    run("pack", "diffusion", "--out", "b.safetensors")
    run("pack", "diffusion", "--out", "folder")
    assert (project / "a.safetensors").read_bytes() == (project / "b.safetensors").read_bytes()
    run("unpack", "a.safetensors", "--out", "again")
    names = sorted(p.name for p in (project / "folder").iterdir())
    assert names == sorted([*TEXTS, "model.safetensors", "codec.safetensors", "SHA256SUMS"])
    assert all((project / "folder" / n).read_bytes() == (project / "again" / n).read_bytes() for n in names)


def test_the_folder_serves_as_a_start_for_fine_tuning(project):
    run("pack", "gan", "--out", "pretrained/organ")
    assert load_generator("pretrained/organ").name == "gan"


def test_the_card_says_what_the_hub_reads(project):
    run("pack", "gan", "--name", "Organ", "--licence", "cc-by-4.0", "--out", "p")
    text = (project / "p/README.md").read_text()
    card = ModelCard(text).data
    assert (card.license, card.library_name) == ("cc-by-4.0", "chaconne")
    assert card.eval_results[0].metric_value == 2.5
    assert yaml.safe_load(text.split("---")[1])["model-index"][0]["name"] == "Organ"
    assert "| Coverage: share of the music that the samples reach, more is better | 0.9 | 0.9 | 0.9 |" in text
    assert "Chords of sines (licence: CC0-1.0; citation: these tests)" in text


def test_without_numbers_and_licence_it_says_so(project):
    run("pack", "diffusion", "--out", "p")
    text = (project / "p/README.md").read_text()
    assert "Nobody has measured" in text and "named no licence" in text
    assert ModelCard(text).data.license == "other"


def test_what_it_knows_of_itself(project):
    said = json.loads(run("pack", "gan", "--out", "p", "--json"))
    assert (said["generator"], said["loudness_db"], said["audio"]) == ("gan", -20.0, {"sample_rate_hz": tiny.RATE,
                                                                                     "channels": 1})
    assert said["metrics"]["rows"]["model"]["coverage"] == 0.9
    assert said["training"]["params"]["scale"] == "laptop" and said["training"]["settings"]["width"] == 24
    assert said["provenance"]["torch"] and said["corpora"]["generator"] == tiny.CORPORA


def test_a_damaged_file_is_told(project):
    run("pack", "gan", "--out", "p.safetensors")
    file = project / "p.safetensors"
    whole = file.read_bytes()
    for damaged in (whole[:-7], whole[:40], b"", whole[:-5] + b"12345", b"PK\x03\x04 no"):
        file.write_bytes(damaged)
        said = run("generate", "--model", "p.safetensors", "--seconds", 1, status=2)
        assert "p.safetensors is" in said and len(said.strip().splitlines()) == 1


def test_a_damaged_folder_is_told(project):
    run("pack", "gan", "--out", "p")
    (project / "p/pack.json").write_text((project / "p/pack.json").read_text().replace("gan", "gun"))
    assert "pack.json is damaged" in run("generate", "--model", "p", "--seconds", 1, status=2)


def rewritten(file, change):
    """Write a pack file anew with changed texts; change(texts) works in place."""
    from safetensors import safe_open

    with safe_open(file, "pt") as opened:
        kept = json.loads(opened.metadata()[KEY])
    tensors = load_file(file)
    change(kept["texts"], tensors)
    kept["tensors_sha256"] = digest_of(tensors)
    save_file(tensors, file, metadata={KEY: json.dumps(kept)})


def knob(texts, **knobs):
    about = json.loads(texts["pack.json"])
    texts["pack.json"] = json.dumps(about | {"knobs": about["knobs"] | knobs})


HOSTILE = {
    "a path": (lambda t, w: w.update({"model/../../evil": w["codec/linear.bias"].clone()}), "cannot be loaded"),
    "another file": (lambda t, w: t.update({"../evil.txt": "x"}), None),
    "a wide network": (lambda t, w: t.update({"model.json": t["model.json"].replace('"width": 24', '"width": 999999')}),
                       "cannot be loaded"),
    "a knob": (lambda t, w: knob(t, truncation=1e9), "--truncation: expected a number 0..1"),
    "an unknown knob": (lambda t, w: knob(t, evil=1), "--evil"),
    "another kind": (lambda t, w: t.update({"model.json": t["model.json"].replace('"gan"', '"os"')}),
                     "cannot be loaded"),
    "another format": (lambda t, w: t.update({"pack.json": json.dumps({"format": 9})}), "expected a pack of format 1"),
    "no dictionary": (lambda t, w: t.update({"pack.json": "[]"}), "expected a pack of format 1"),
    "no JSON": (lambda t, w: t.update({"pack.json": "{"}), "damaged"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_hostile_reaches_nothing(project, tmp_path, what):
    change, said = HOSTILE[what]
    run("pack", "gan", "--out", "p.safetensors")
    rewritten(project / "p.safetensors", change)
    before = {p for p in tmp_path.rglob("*") if "cache" not in p.parts}
    output = run("generate", "--model", "p.safetensors", "--seconds", 1, status=2 if said else 0)
    after = {p for p in tmp_path.rglob("*") if "cache" not in p.parts}
    assert after - before <= {project / "piece.wav"} and not list(tmp_path.rglob("*evil*"))
    if said:
        assert said in output and len(output.strip().splitlines()) == 1


def test_unpacking_never_writes_over_a_folder(project):
    run("pack", "gan", "--out", "p.safetensors")
    (project / "mine").mkdir()
    assert "there already" in run("unpack", "p.safetensors", "--out", "mine", status=2)
    assert "there already and is no pack" in run("pack", "gan", "--out", "data", status=2)


def test_a_pack_is_unpacked_once(project, monkeypatch):
    from chaconne.trained.packs import opening as packs

    run("pack", "gan", "--out", "p.safetensors")
    first = open_pack("p.safetensors")
    monkeypatch.setattr(packs, "unpack", lambda *arguments: pytest.fail("unpacked again"))
    assert open_pack("p.safetensors") == first
    assert read_json(first.model / "pack.json")["name"] == "gan"
    monkeypatch.undo()
    unpack(project / "p.safetensors", project / "again")


def test_broken_packs_are_one_line_each(project):
    """Changed bytes of the header, changed values in the texts: see tests/test_fuzz.py."""
    run("pack", "gan", "--out", "p.safetensors")
    file, whole = project / "p.safetensors", (project / "p.safetensors").read_bytes()
    header = 8 + int.from_bytes(whole[:8], "little")
    said = []
    for seed in range(60):
        rng = random.Random(seed)
        file.write_bytes(mutated(whole[:header], rng) + whole[header:])
        said.append(outcome(lambda: find("p.safetensors").load()))
    for seed in range(60):
        rng, name = random.Random(seed), TEXTS[1 + seed % 3]
        file.write_bytes(whole)
        rewritten(file, lambda texts, _, rng=rng, name=name: texts.update(
            {name: json.dumps(reshaped(json.loads(texts[name]), rng))}))
        said.append(outcome(lambda: find("p.safetensors").load().with_knobs()))
    assert len([line for line in said if line != "fine"]) > 60


@pytest.mark.parametrize("kept", ["[]", "1", '{"texts": []}', '{"texts": {}, "tensors_sha256": ""}', "[" * 10**5, "{"])
def test_metadata_that_is_none_of_ours_is_told(project, kept):
    save_file({"model/a": torch.zeros(2)}, "p.safetensors", metadata={KEY: kept})
    assert "p.safetensors is no pack" in run("generate", "--model", "p.safetensors", status=2)
    save_file({"model/a": torch.zeros(2)}, "p.safetensors")
    assert "p.safetensors is no pack" in run("generate", "--model", "p.safetensors", status=2)


def test_a_run_of_another_seed_has_a_name_of_its_own(project):
    tiny.save(tiny.generator("gan", 3), project / "data/models/gan/run_1")
    run("pack", "gan/run_1")
    assert (project / "gan-run_1.safetensors").exists()
