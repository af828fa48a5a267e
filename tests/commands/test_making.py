"""`chaconne generate` and its siblings as people type them: formats, seeds, models anywhere, one line for errors."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import soundfile
import torch
import yaml
from typer.testing import CliRunner

from chaconne.cli import app
from scripts.smoke import commit, environment
from tests import tiny
from tests.conftest import ROOT


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Stand in a project with tiny models."""
    root = tiny.project(tmp_path / "project")
    monkeypatch.chdir(root)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return root


def run(*arguments, status=0):
    """Run `chaconne ARGUMENTS`; returns what it said. status: how it must end."""
    threads = torch.get_num_threads()
    done = CliRunner().invoke(app, [str(a) for a in arguments])
    torch.set_num_threads(threads)
    assert status in (None, done.exit_code), (done.output, done.exception)
    return done.output


def length(path):
    """Return (seconds, format) of a sound file that is heard."""
    audio, rate = soundfile.read(path)
    assert audio.ndim == 1 and np.isfinite(audio).all() and np.abs(audio).max() > 1e-4
    return len(audio) / rate, soundfile.info(path).format


@pytest.mark.parametrize(("arguments", "name", "kind"), [
    (["--out", "a.wav"], "a.wav", "WAV"), (["--out", "a.flac"], "a.flac", "FLAC"), (["--out", "a.ogg"], "a.ogg", "OGG"),
    (["--out", "a", "--format", "flac"], "a.flac", "FLAC"), ([], "piece.wav", "WAV")])
def test_pieces_in_every_format(project, arguments, name, kind):
    run("generate", "gan", "--seconds", "2", *arguments)
    seconds, written = length(project / name)
    assert (seconds, written) == (pytest.approx(2, abs=0.01), kind)


def test_formats_are_the_same_everywhere():
    from chaconne.commands.options import FORMATS
    from chaconne.editing import recordings

    assert {f".{name}" for name in FORMATS} == set(recordings.FORMATS)


def test_a_seed_is_a_piece(project):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        run("generate", "diffusion", "--seconds", 1.5, "--seed", seed, "--steps", 2, "--out", f"{name}.wav")
    a, b, c = ((project / f"{name}.wav").read_bytes() for name in "abc")
    assert a == b != c


def test_several_pieces_have_the_numbers_of_their_seeds(project):
    said = json.loads(run("generate", "gan", "--seconds", 1, "--seed", 4, "--count", 3, "--out", "x/a.flac", "--json"))
    assert said["files"] == ["x/a-4.flac", "x/a-5.flac", "x/a-6.flac"]
    assert (said["model"], said["knobs"]["truncation"], said["sample_rate_hz"]) == ("gan", 1.0, tiny.RATE)
    run("generate", "gan", "--seconds", 1, "--seed", 5, "--out", "alone.flac")
    assert soundfile.read("alone.flac")[0].tolist() == soundfile.read("x/a-5.flac")[0].tolist()


@pytest.mark.parametrize("option", [["--truncation", 0.3], ["--condition", "mode=minor"]])
def test_knobs_are_heard(project, option):
    run("generate", "gan", "--seconds", 1, "--out", "a.wav")
    run("generate", "gan", "--seconds", 1, "--out", "b.wav", *option)
    assert (project / "a.wav").read_bytes() != (project / "b.wav").read_bytes()


@pytest.mark.parametrize("name", ["gan", "diffusion"])
def test_steered_models_are_asked_for_numbers_and_curves(project, name):
    tiny.save(tiny.steered(name), project / f"data/models/steered_{name}")
    said = json.loads(run("generate", f"steered_{name}", "--seconds", 2, "--condition", "tempo=64", "--condition",
                          "register=52@0,68@1.5", "--condition", "mode=minor", "--json"))
    assert said["conditions"] == {"tempo": 64.0, "register": [[0.0, 52.0], [1.5, 68.0]], "mode": "minor"}
    knobs = yaml.safe_load((ROOT / "params.yaml").read_text())["controls"]["sample"][name]
    assert (said["kind"], said["knobs"]["guidance"]) == (f"steered_{name}", knobs["guidance"])
    assert length("piece.wav")[0] == 2
    assert "expected 32 to 128 quarter notes a minute" in run("generate", f"steered_{name}", "--condition", "tempo=5",
                                                              status=2)
    assert "register=50..70 (mean pitch, MIDI note number)" in run("generate", f"steered_{name}", "--condition", "x=1",
                                                                   status=2)
    wrong = ["--truncation", 3] if name == "gan" else ["--method", "magic"]
    assert f"{wrong[0]}: expected" in run("generate", f"steered_{name}", *wrong, status=2)


def test_what_is_distilled_makes_music_in_one_evaluation_or_some(project):
    tiny.save(tiny.generator("distilled"), project / "data/models/distilled")
    for steps in (1, 2, 4):
        said = json.loads(run("generate", "distilled", "--seconds", 4, "--steps", steps, "--out", f"{steps}.wav",
                              "--json"))
        assert said["knobs"]["steps"] == steps and length(f"{steps}.wav")[0] == 4
    assert len({(project / f"{steps}.wav").read_bytes() for steps in (1, 2, 4)}) == 3
    assert "--steps: expected a whole number 1..64; got 65" in run("generate", "distilled", "--steps", 65, status=2)
    assert "take --model diffusion" in run("continue", "4.wav", "--model", "distilled", status=2)
    run("pack", "distilled", "--out", "pack.safetensors")
    run("generate", "--model", "pack.safetensors", "--seconds", 4, "--steps", 4, "--out", "again.wav")
    assert length("again.wav")[0] == 4


def test_steered_models_are_packed_and_make_whole_pieces_alone(project):
    tiny.save(tiny.steered("gan"), project / "data/models/steered_gan")
    tiny.save(tiny.steered("diffusion"), project / "data/models/steered_diffusion")
    run("pack", "steered_gan", "--out", "pack.safetensors")
    run("generate", "--model", "pack.safetensors", "--seconds", 1, "--condition", "register=60")
    tiny.recording(project / "song.wav")
    for command in (["continue", "song.wav"], ["vary", "song.wav"], ["morph", "song.wav", "song.wav"]):
        for model in ("steered_gan", "steered_diffusion"):
            said = run(*command, "--model", model, status=2)
            assert "diffusion" in said and "steered" in said, said


def test_minutes_and_the_model_of_params(project):
    said = json.loads(run("generate", "--minutes", 0.05, "--json"))
    assert (said["seconds"], said["model"]) == (3.0, "gan")


def test_it_works_from_a_folder_below(project, monkeypatch):
    (project / "below").mkdir()
    monkeypatch.chdir(project / "below")
    run("generate", "gan", "--seconds", 1)
    assert (project / "below/piece.wav").exists()


@pytest.mark.parametrize(("arguments", "said"), [
    (["generate", "ganz"], "--model: 'ganz' is no model of the workspace"),
    (["generate", "finetuned"], "`dvc repro stages/genre/dvc.yaml:finetune` trains it"),
    (["generate", "gan", "--steps", 4], "--steps: the model gan (gan) has --truncation, --piece"),
    (["generate", "diffusion", "--method", "magic"], "--method: expected"),
    (["generate", "gan", "--truncation", 3], "--truncation: expected a number 0..1; got 3.0"),
    (["generate", "gan", "--condition", "mode=blue"], "this model knows instrument=Church Organ"),
    (["generate", "gan", "--condition", "mode"], "expected attribute=value"),
    (["generate", "gan", "--out", "a.mp4"], "--out: expected a name that ends in .wav, .flac, .ogg"),
    (["generate", "gan", "--format", "aiff"], "--format: expected one of wav, flac, ogg"),
    (["generate", "gan", "--seconds", 1, "--minutes", 1], "expected --seconds or --minutes"),
    (["generate", "gan", "--temperature", 0.5], "expected 1 for a gan; a diffusion model has one, a GAN --truncation"),
    (["generate", "--model", "gone.safetensors"], "expected a pack"),
    (["reconstruct", "gone.wav"], "expected a recording"),
    (["reconstruct", "params.yaml"], "params.yaml: expected a recording"),
    (["continue", "a.wav", "--model", "gan"], "take --model diffusion"),
    (["inpaint", "a.wav", "--from", 5, "--to", 90], "expected 0 <= from < to <= 6.00"),
    (["morph", "1", "a.wav"], "expected two seeds or two recordings"),
    (["morph", "a.wav", "a.wav", "--seconds", 3], "two recordings are as long as they are"),
    (["morph", "a.wav", "a.wav", "--towards", "mode=minor"], "--towards: expected two seeds"),
])
def test_what_is_wrong_is_one_line(project, arguments, said):
    tiny.recording(project / "a.wav")
    there = set(project.rglob("*"))
    lines = run(*arguments, status=2).strip().splitlines()
    assert len(lines) == 1 and said in lines[0]
    assert set(project.rglob("*")) == there


def test_unknown_models_are_told_which_there_are(project):
    assert "there are diffusion, gan" in run("generate", "ganz", status=2)


def test_a_damaged_model_is_told_with_what_mends_it(project):
    weights = project / "data/models/gan/model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    assert "is damaged" in (said := run("generate", "gan", status=2)) and "dvc repro train_gan" in said


def test_outside_of_a_project_one_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "no project here" in run("generate", "gan", status=2)


def test_recordings_go_through_every_command(project):
    file = tiny.recording(project / "song.mp3", 5.0, 44100, 2)
    for command, name, seconds in (
            (["reconstruct", file], "song.codec.wav", 5), (["continue", file, "--seconds", 2], "song.continued.wav", 7),
            (["vary", file, "--strength", 0.3], "song.varied.wav", 5),
            (["inpaint", file, "--from", 1, "--to", 2.5], "song.inpainted.wav", 5),
            (["morph", file, tiny.recording(project / "b.wav")], "morph.wav", 5)):
        run(*command, *([] if command[0] == "reconstruct" else ["--steps", 2]))
        assert length(project / name)[0] == pytest.approx(seconds, abs=0.15)


@pytest.mark.parametrize("model", ["gan", "diffusion", "steered_gan", "steered_diffusion"])
def test_a_walk_between_seeds(project, model):
    if model.startswith("steered_"):
        tiny.save(tiny.steered(model.removeprefix("steered_")), project / f"data/models/{model}")
    said = json.loads(run("morph", 1, 2, "--model", model, "--seconds", 4, "--out", "walk.ogg", "--json"))
    assert said["source"] == ["1", "2"]
    assert length(project / "walk.ogg")[0] == pytest.approx(4, abs=0.05)
    said = json.loads(run("morph", 1, 1, "--model", model, "--seconds", 2, "--condition", "mode=major", "--towards",
                          "mode=minor", "--json"))
    assert (said["conditions"], said["towards"]) == ({"mode": "major"}, {"mode": "minor"})
    assert "--towards: this model knows" in run("morph", 1, 2, "--model", model, "--towards", "x=1", status=2)


def test_a_recording_is_never_written_over(project):
    file = tiny.recording(project / "a.wav")
    assert "expected another file" in run("reconstruct", file, "--out", file, status=2)


STAGES = """
stages:
  codec:
    cmd: mkdir -p data/codecs && cp -r made/codec PLACE
    deps: [made/codec]
    outs: [PLACE]
  train_diffusion:
    cmd: mkdir -p data/models && cp -r made/diffusion data/models/diffusion
    deps: [made/diffusion]
    outs: [data/models/diffusion]
"""


@pytest.fixture
def versions(tmp_path, monkeypatch, request):
    """Stand in a Git and DVC repository with one model, committed. Its param: where the codec lies."""
    root = tiny.project(tmp_path / "project", ())
    (root / "dvc.yaml").write_text(STAGES.replace("PLACE", getattr(request, "param", "data/codecs/spectral")))
    (root / ".gitignore").write_text("/data\n/made\n")
    (root / "data/codecs/spectral").rename(tmp_path / "codec")
    (root / "made").mkdir()
    (tmp_path / "codec").rename(root / "made/codec")
    tiny.save(tiny.generator("diffusion", 0), root / "made/diffusion")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(root)
    for command in (["git", "init", "-q"], ["dvc", "init", "-q"], ["dvc", "repro", "-q"]):
        subprocess.run(command, cwd=root, env=environment(), check=True)
    commit(root, "First")
    return root


def dvc(*arguments):
    subprocess.run(["dvc", *arguments], env=environment(), check=True, stdout=subprocess.DEVNULL)


def everything(root):
    """Return {path: bytes} of the workspace, without what DVC and Git keep for themselves."""
    return {p: p.read_bytes() for p in root.rglob("*") if p.is_file() and not {".git", ".dvc"} & set(p.parts)}


def test_models_of_a_revision_and_of_an_experiment(versions):
    run("generate", "diffusion", "--seconds", 1, "--out", "first.wav")
    tiny.save(tiny.generator("diffusion", 1), versions / "made/diffusion")
    dvc("exp", "run", "-q", "-n", "wider", "train_diffusion")
    run("generate", "diffusion", "--seconds", 1, "--out", "second.wav")
    tiny.save(tiny.generator("diffusion", 2), versions / "made/diffusion")
    dvc("repro", "-q", "train_diffusion")
    before = everything(versions)
    for rev, name in (("HEAD", "first"), ("wider", "second")):
        out = versions.parent / f"{name}.wav"
        run("generate", "diffusion", "--rev", rev, "--seconds", 1, "--out", out)
        assert out.read_bytes() == (versions / f"{name}.wav").read_bytes()
    assert everything(versions) == before
    assert "--rev: expected a Git revision" in run("generate", "--rev", "nowhere", status=2)
    assert "'gan' is no model of the revision HEAD" in run("generate", "gan", "--rev", "HEAD", status=2)


@pytest.mark.parametrize("versions", ["data/codec"], indirect=True)
def test_models_of_a_revision_from_before_there_were_several_codecs(versions):
    run("generate", "diffusion", "--rev", "HEAD", "--seconds", 1, "--out", "old.wav")
    assert not (versions / "data/codecs/spectral").exists()
    (versions / "data/codec").rename(versions / "data/codecs/spectral")
    run("generate", "diffusion", "--seconds", 1, "--out", "new.wav")
    assert (versions / "old.wav").read_bytes() == (versions / "new.wav").read_bytes()


def test_a_revision_without_its_data_says_how_to_get_it(versions):
    subprocess.run(["rm", "-rf", ".dvc/cache"], check=True)
    said = run("generate", "diffusion", "--rev", "HEAD", status=2)
    assert "is in no cache here" in said and "dvc fetch --all-commits train_diffusion" in said


def test_the_doctor_finds_what_is_missing(project):
    found = json.loads(run("doctor", "--json", status=None))
    by_name = {(one["area"], one["name"]): one for one in found}
    assert by_name["models", "gan"]["level"] == "fine"
    assert by_name["models", "finetuned"]["mend"] == "dvc repro stages/genre/dvc.yaml:finetune"
    assert by_name["project", "params.yaml"]["level"] == "fine"
    assert {"environment", "machine", "project", "models", "caches"} == {one["area"] for one in found}
    assert f"in {project / '.dvc/cache'}" in by_name["caches", "dvc"]["text"]
    subprocess.run(["dvc", "init", "--quiet", "--no-scm"], check=True)
    subprocess.run(["dvc", "cache", "dir", "--local", str(project / "elsewhere")], check=True)
    (project / "elsewhere").mkdir(exist_ok=True)
    moved = {one["name"]: one["text"] for one in json.loads(run("doctor", "--json", status=None))}
    assert f"in {project / 'elsewhere'}" in moved["dvc"]
    shutil.rmtree(project / "data/codecs")
    (project / "params.yaml").write_text((project / "params.yaml").read_text().replace("seed: 0", "seed: 0\nsed: 1"))
    said = run("doctor", status=1)
    assert "dvc repro codec" in said and "sed is not a setting" in said


def test_the_doctor_sees_a_package_that_is_too_old(project, monkeypatch):
    from chaconne.commands.doctoring import environment as looked

    monkeypatch.setattr(looked, "version_of", lambda name: "0.1" if name == "torch" else "99999")
    wrong = {one.name: one for one in looked.packages()}
    assert "expected" in wrong["torch"].text and "got 0.1" in wrong["torch"].text
    assert "pip install" in wrong["torch"].mend


@pytest.mark.parametrize("command", [
    "generate", "continue", "vary", "morph", "inpaint", "reconstruct", "pack", "unpack", "doctor", "studio"])
def test_help_has_an_example(command):
    said = run(command, "--help")
    assert "Example" in said and f"chaconne {command}" in said


def test_ctrl_c_ends_with_130_and_leaves_nothing(project, monkeypatch):
    from chaconne.editing import making

    def stopped(*arguments, **more):
        yield torch.zeros(100)
        raise KeyboardInterrupt

    monkeypatch.setattr(making, "generated", stopped)
    run("generate", "gan", status=130)
    assert not list(project.glob("*piece*"))


def test_the_shell_completes_the_names_of_models(project):
    asked = {"_CHACONNE_COMPLETE": "complete_bash", "COMP_WORDS": "chaconne generate --model ", "COMP_CWORD": "3"}
    script = "from chaconne.cli import app; app(prog_name='chaconne')"
    done = subprocess.run([sys.executable, "-c", script], cwd=project, capture_output=True, text=True,
                          env=environment() | asked | {"PYTHONPATH": str(ROOT / "src")})
    assert done.stdout.split() == ["diffusion", "gan"], done.stderr


def test_the_commands_load_nothing_heavy():
    script = "import sys, chaconne.cli; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], env=environment() | {"PYTHONPATH": str(ROOT / "src")},
                          capture_output=True, text=True, check=True)
    heavy = {"torch", "numpy", "dvc", "librosa", "music21", "pandas", "starlette", "pydantic", "yaml"}
    assert not heavy & set(done.stdout.split())
