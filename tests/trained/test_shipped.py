"""What ships in pretrained/: found where nothing is trained, refused where it is damaged, and whole as committed."""

import hashlib
import json
import shutil
import subprocess

import numpy as np
import pytest
import torch
import yaml
from huggingface_hub import ModelCard
from safetensors.torch import load_file

from chaconne.running.files import SUMS, seal, verify
from chaconne.running.models import load_codec, load_generator
from chaconne.running.params.reading import start_folder
from chaconne.trained.finding import find, names_in
from chaconne.trained.packs.opening import SHIPPED, open_shipped, shipped
from chaconne.trained.packs.packing import ship
from chaconne.trained.packs.places import PACK, outs_in
from scripts.smoke import environment
from stages import codec
from tests import tiny
from tests.commands.test_making import run
from tests.conftest import ROOT

MOST_BYTES = 25 * 10**6     # of everything in pretrained/: it is cloned with the code


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Stand in a project that trained two models and ships them."""
    root = tiny.project(tmp_path / "project")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(root)
    return tiny.shipped(root)


@pytest.fixture
def untrained(project):
    """Stand in one as it was cloned: nothing in data/."""
    shutil.rmtree(project / "data")
    return project


def one_line(*arguments):
    """Return the one line that a command which must fail says."""
    lines = run(*arguments, status=2).strip().splitlines()
    assert len(lines) == 1, lines
    return lines[0]


def test_where_nothing_is_trained_the_shipped_models_play(untrained):
    assert names_in(untrained) == shipped(untrained) == ["diffusion", "gan"]
    found = find("gan")
    assert (found.name, found.model.as_posix(), found.codec.as_posix()) == (
        "gan", str(untrained / "pretrained/gan"), str(untrained / "pretrained/codec"))
    assert "which ships with the project" in found.origin
    assert find().name == "gan"     # that of params.yaml
    for name in ("gan", "diffusion"):
        said = json.loads(run("generate", name, "--seconds", 1, "--out", f"{name}.wav", "--json"))
        assert said["model"] == name and (untrained / f"{name}.wav").exists()


def test_what_was_trained_here_comes_before_what_ships(project):
    tiny.save(tiny.generator("gan", 3), project / "data/models/finetuned")
    assert find("gan").model.resolve() == project / "data/models/gan"
    assert names_in(project) == ["diffusion", "finetuned", "gan"]
    shutil.rmtree(project / "data/models/gan")
    assert find("gan").model.resolve() == project / "pretrained/gan"
    assert names_in(project) == ["diffusion", "finetuned", "gan"]


def test_a_model_that_neither_is_is_told(untrained):
    said = one_line("generate", "finetuned")
    assert "'finetuned' is no model of the workspace" in said and "`dvc repro" in said


def test_a_revision_has_its_own_models_alone(untrained):
    for command in (["git", "init", "-q"], ["git", "add", "--all"],
                    ["git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "first"]):
        subprocess.run(command, cwd=untrained, check=True)
    assert "'gan' is no model of the revision HEAD" in one_line("generate", "gan", "--rev", "HEAD")


def test_half_the_size_is_the_same_music(project):
    """The rest of the numbers is at most 0.05 % off, so what comes out is nearly what went in."""
    whole, half = (find("gan").load(), open_shipped(project, "gan").load())
    assert (project / "pretrained/gan/model.safetensors").stat().st_size < 0.6 * (
        project / "data/models/gan/model.safetensors").stat().st_size
    assert {t.dtype for t in load_file(project / "pretrained/gan/model.safetensors").values()} == {torch.float16}
    made = [one.generator.sample(3.0, 1, {}, one.knobs) for one in (whole, half)]
    assert 0 < (made[0] - made[1]).abs().max() < 0.02 * made[0].abs().max()
    assert (half.knobs, half.generator.vocabulary) == (whole.knobs, tiny.VOCABULARY)
    # Where fine-tuning begins: with the numbers of a training, not with halves of them.
    assert {value.dtype for value in load_generator("pretrained/gan").parameters()} == {torch.float32}


@pytest.mark.parametrize(("knobs", "folder"), [
    ({"base": "data/models", "pretrained": ""}, "data/models/gan"),
    ({"base": "pretrained", "pretrained": ""}, "pretrained/gan"),
    ({"base": "data/models", "pretrained": "organ"}, "pretrained/organ")])
def test_fine_tuning_starts_where_it_is_told_to(knobs, folder):
    assert start_folder({"model": "gan", "finetune": knobs}) == folder


def test_the_stage_lays_out_the_codec_as_it_ships(untrained, monkeypatch):
    """Whole, without its card, and sealed anew; a damaged one is named, and what lay there before stays."""
    monkeypatch.setattr("signal.signal", lambda *_: None)
    codec.main()
    place = untrained / "data/codecs/spectral"
    assert {path.name for path in place.iterdir()} == {"codec.json", "codec.safetensors", "provenance.json", SUMS}
    verify(place)
    kept, weights = (folder / "codec.safetensors" for folder in (place, untrained / "pretrained/codec"))
    assert kept.read_bytes() == weights.read_bytes()
    before = kept.read_bytes()
    weights.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
    with pytest.raises(SystemExit, match=r"codec: pretrained/codec/codec.safetensors is damaged"):
        codec.main()
    assert kept.read_bytes() == before


def test_a_pack_that_ships_depends_on_what_made_it_alone(project, monkeypatch):
    """Another commit, another day: the same bytes, or DVC would record another pack."""
    first = {path.name: path.read_bytes() for path in (project / "pretrained/gan").iterdir()}
    assert set(first) == {"README.md", PACK, "model.json", "model.safetensors", SUMS}
    subprocess.run(["git", "init", "-q"], cwd=project, check=True)
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "one", "--allow-empty"],
                   cwd=project, check=True)
    ship("gan", "again")
    assert first == {path.name: path.read_bytes() for path in (project / "again").iterdir()}
    assert set(json.loads(first[PACK])["provenance"]) == {"chaconne", "torch", "python", "dvc_md5"}


def test_cards_are_read_by_the_hub(project):
    for name in ("codec", "gan", "diffusion"):
        text = (project / "pretrained" / name / "README.md").read_text()
        assert ModelCard(text).data.license == "other" and "Chords of sines" in text


DAMAGE = {
    "weights": ("gan/model.safetensors", lambda b: b[:-1] + bytes([b[-1] ^ 1]), "model.safetensors is damaged"),
    "half a file": ("gan/model.safetensors", lambda b: b[:len(b) // 2], "model.safetensors is damaged"),
    "what it says": (f"gan/{PACK}", lambda b: b.replace(b'"gan"', b'"gun"'), f"{PACK} is damaged"),
    "no file": ("gan/model.json", None, "names 'model.json', which is not there"),
    "the codec": ("codec/codec.safetensors", lambda b: b[:-1] + bytes([b[-1] ^ 1]), "codec.safetensors is damaged"),
    "no codec": ("codec/codec.json", None, "names 'codec.json', which is not there"),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_a_damaged_file_is_one_line(untrained, what):
    name, change, said = DAMAGE[what]
    path = untrained / SHIPPED / name
    path.write_bytes(change(path.read_bytes())) if change else path.unlink()
    assert said in one_line("generate", "gan", "--seconds", 1)


def test_a_codec_that_is_not_there_is_one_line(untrained):
    shutil.rmtree(untrained / "pretrained/codec")
    assert "codec" in one_line("generate", "gan", "--seconds", 1)


def test_another_codec_is_refused(untrained):
    """Its latents would mean something else; sums that fit do not help."""
    made = tiny.codec()
    made.stack_basis *= -1
    made.save(untrained / "pretrained/codec")
    seal(untrained / "pretrained/codec")
    said = one_line("generate", "gan", "--seconds", 1)
    assert "expected the codec it was trained with" in said and "got another; git checkout" in said


@pytest.mark.parametrize(("change", "said"), [
    ({"format": 9}, "expected a pack of format 1"), ({"knobs": {"truncation": 1e9}}, "--truncation: expected"),
    ({"loudness_db": 3}, "loudness_db: expected -60 to 0 dB"), ({"generator": None}, "lacks generator"),
    ({"codec_sha256": None}, "expected the codec it was trained with")])
def test_a_pack_that_says_nonsense_is_one_line(untrained, change, said):
    path = untrained / "pretrained/gan" / PACK
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    seal(path.parent)
    assert said in one_line("generate", "gan", "--seconds", 1)


def test_the_shell_and_the_studio_know_what_ships(untrained):
    from chaconne.commands.options import known_models
    from chaconne.studio.store import Store

    assert known_models() == ["diffusion", "gan"]
    assert set(Store(untrained).names()) >= {"diffusion", "gan"}


def committed():
    """Return {name: its files} of what Git has in pretrained/; skips where the codec is not there yet."""
    if not (ROOT / "pretrained/codec").is_dir():
        pytest.skip("pretrained/codec is not there yet: `make packs` makes it")
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", SHIPPED], cwd=ROOT,
                            check=True, capture_output=True, text=True).stdout.split()
    parts = [name.split("/") for name in listed if name.count("/") == 2]
    return {folder: sorted(ROOT / SHIPPED / folder / file for _, owner, file in parts if owner == folder)
            for folder in sorted({owner for _, owner, _ in parts})}


def test_what_is_committed_is_whole():
    """Every file stands in SHA256SUMS with its sum, and nothing else stands there."""
    packs = committed()
    assert "codec" in packs and set(packs) - {"codec"} == set(shipped(ROOT))
    for name, paths in packs.items():
        verify(ROOT / SHIPPED / name)
        listed = [line.split("  ")[1] for line in (ROOT / SHIPPED / name / SUMS).read_text().splitlines()]
        assert listed == [path.name for path in paths if path.name != SUMS], name


def test_what_is_committed_is_small():
    sizes = {path: path.stat().st_size for paths in committed().values() for path in paths}
    assert 10**5 < sum(sizes.values()) <= MOST_BYTES
    for path in (path for path in sizes if path.suffix == ".safetensors"):
        assert {tensor.dtype for tensor in load_file(path).values()} == {torch.float16}, path


def test_what_is_committed_plays():
    packs = committed()
    weights = load_codec(ROOT / "pretrained/codec").state_dict()
    assert all(torch.isfinite(value).all() for value in weights.values())
    for name in set(packs) - {"codec"}:
        trained = open_shipped(ROOT, name).load()
        with torch.no_grad():
            z = trained.generator.sample(2.0, 1, {}, trained.knobs)
            sound = trained.codec.decode(z)
        assert torch.isfinite(sound).all() and 0.01 < sound.square().mean().sqrt() < 0.5, name


def test_what_is_committed_is_what_the_pipeline_made_here():
    compared = [(path, ROOT / "data/packs" / name / path.name) for name, paths in committed().items()
                for path in paths if (ROOT / "data/packs" / name).is_dir()]
    if not compared:
        pytest.skip("data/packs is not there: `dvc repro stages/packs/dvc.yaml` makes it")
    for ours, made in compared:
        assert made.is_file() and ours.read_bytes() == made.read_bytes(), f"{ours} differs: `make packs`"
    made = {path.name for _, one in compared for path in one.parent.iterdir()}
    assert made == {ours.name for ours, _ in compared}


def md5_of(folder):
    """Return the hash that DVC gives a folder of files."""
    listed = [{"md5": hashlib.md5(path.read_bytes()).hexdigest(), "relpath": path.relative_to(folder).as_posix()}
              for path in sorted(folder.rglob("*")) if path.is_file()]
    return hashlib.md5(json.dumps(listed, sort_keys=True).encode()).hexdigest() + ".dir"


def test_the_hash_is_that_of_dvc(tmp_path):
    for name in ("b.txt", "a.txt", "below/c.txt"):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    for command in (["dvc", "init", "-q", "--no-scm"], ["dvc", "add", "-q", "data"]):
        subprocess.run(command, cwd=tmp_path, check=True, env=environment())
    assert yaml.safe_load((tmp_path / "data.dvc").read_text())["outs"][0]["md5"] == md5_of(tmp_path / "data")


def test_what_is_committed_is_what_dvc_lock_records():
    packs, lock = committed(), ROOT / "stages/packs/dvc.lock"
    if not lock.exists():
        pytest.skip("stages/packs/dvc.lock is not there yet: `make packs` writes it")
    outs = outs_in([lock.read_text()])
    recorded = {name: outs[f"data/packs/{name}"] for name in packs if f"data/packs/{name}" in outs}
    assert recorded
    assert recorded == {name: md5_of(ROOT / SHIPPED / name) for name in recorded}


def test_the_committed_codec_is_the_one_that_the_pipeline_lays_out():
    """data/codecs/spectral is pretrained/codec but for its card; latents in the cache are of that one."""
    committed()
    place = ROOT / "data/codecs/spectral"
    if not place.is_dir():
        pytest.skip("data/codecs/spectral is not there: `dvc repro codec` lays it out")
    for name in ("codec.json", "codec.safetensors", "provenance.json"):
        assert (place / name).read_bytes() == (ROOT / "pretrained/codec" / name).read_bytes(), name
    assert np.isfinite(load_file(place / "codec.safetensors")["stack_basis"].numpy()).all()
