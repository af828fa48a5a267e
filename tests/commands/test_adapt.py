"""`chaconne adapt`: what is wrong is one line before anything runs; names of folders reach params.yaml as they are."""

import subprocess
import sys

import pytest
import yaml
from dvc.utils.cli_parse import to_path_overrides
from dvc.utils.hydra import apply_overrides

from chaconne.commands.adapt import BRANCH, PAGE, quoted
from tests import tiny
from tests.commands.test_making import run
from tests.conftest import ROOT


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Stand in a project as it was cloned: the models that ship, and nothing in data/."""
    root = tiny.shipped(tiny.project(tmp_path / "project"))
    (root / "data").rename(tmp_path / "data")
    tiny.recording(tmp_path / "song.wav")
    (root / "organ").mkdir()
    tiny.recording(root / "organ/song.wav")
    (root / "empty/below").mkdir(parents=True)
    (root / "words").mkdir()
    (root / "words/README.md").write_text("Put music here.\n")
    (root / "words/notes.txt").write_text("none\n")
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def started(monkeypatch):
    """Return the list of (command, folder) that are started instead of being run; all end well."""
    found = []

    def start(command, cwd, **more):
        found.append((command, cwd))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", start)
    return found


@pytest.mark.parametrize(("arguments", "said"), [
    (["gone"], "expected a folder of music, got gone"),
    (["organ/song.wav"], "expected a folder of music, got organ/song.wav"),
    (["empty"], "empty: expected music (audio, MIDI, MusicXML, ABC or kern), found none"),
    (["words"], "words: expected music (audio, MIDI, MusicXML, ABC or kern), found none"),
    (["organ", "--model", "gna"], "--model: expected diffusion or gan, got 'gna'"),
    (["organ", "--model", "codec"], "--model: expected diffusion or gan"),
    (["organ", "--model", "../organ"], "--model: expected diffusion or gan"),
    (["organ", "--trained", "--model", "gna"], "gna"),
    (["organ", "--scale", "huge"], "huge")])
def test_what_is_wrong_is_one_line_and_nothing_runs(project, started, arguments, said):
    there = {path: path.stat().st_mtime_ns for path in project.rglob("*")}
    lines = run("adapt", *arguments, status=2).strip().splitlines()
    assert len(lines) == 1 and said in lines[0]
    assert started == [] and {path: path.stat().st_mtime_ns for path in project.rglob("*")} == there


def test_without_shipped_models_it_says_how_to_get_them(project, started):
    (project / "pretrained").rename(project / "elsewhere")
    lines = run("adapt", "organ", status=2).strip().splitlines()
    assert len(lines) == 1 and "--model: expected ," not in lines[0] and started == []


def test_outside_of_a_project_it_says_so(tmp_path, monkeypatch, started):
    monkeypatch.chdir(tmp_path)
    tiny.recording(tmp_path / "song.wav")
    lines = run("adapt", ".", status=2).strip().splitlines()
    assert len(lines) == 1 and "no project here" in lines[0] and started == []


def settings(command):
    """Return {name: value} of the -S in a command, read as DVC reads them."""
    given = [value for flag, value in zip(command, command[1:], strict=False) if flag == "-S"]
    return dict(one.split("=", 1) for one in to_path_overrides(given)["params.yaml"])


@pytest.mark.parametrize(("arguments", "base", "model"), [
    (["organ"], "pretrained", "diffusion"), (["organ", "--model", "gan"], "pretrained", "gan")])
def test_it_runs_the_branch_of_the_genre_from_what_ships(project, started, arguments, base, model):
    said = run("adapt", *arguments)
    (command, folder), = started
    assert command[:5] == [sys.executable, "-m", "dvc", "exp", "run"] and command[-1] == BRANCH and folder == project
    assert settings(command) == {"genre": "folder", "folder": "'organ'", "model": model, "finetune.base": base}
    assert str(project / PAGE) in said and "chaconne generate finetuned" in said


def test_it_starts_from_what_was_trained_here_where_that_is_asked_for(project, tmp_path, started):
    (tmp_path / "data").rename(project / "data")
    run("adapt", "organ", "--trained", "--scale", "smoke")
    assert settings(started[0][0]) == {"genre": "folder", "folder": "'organ'", "model": "diffusion",
                                       "finetune.base": "data/models", "scale": "smoke"}


def test_folders_are_named_from_the_project_or_wholly(project, tmp_path, monkeypatch, started):
    """Wherever it is typed; a link is what it leads to."""
    outside = tmp_path / "out, side"
    outside.mkdir()
    tiny.recording(outside / "song.wav")
    (project / "link").symlink_to(outside)
    monkeypatch.chdir(project / "organ")
    for typed, named in ((".", "organ"), ("../organ", "organ"), (outside, outside), ("../link", outside)):
        run("adapt", typed)
        assert settings(started[-1][0])["folder"] == quoted(named)


def test_where_dvc_fails_it_ends_with_1(project, monkeypatch):
    monkeypatch.setattr(subprocess, "run", lambda command, **more: subprocess.CompletedProcess(command, 255))
    assert "done in" not in run("adapt", "organ", status=1)


NAMES = [
    "organ", "a b", " a ", "O'Brien", "'quoted'", 'say "a"', "[a]", "a[0]", "{a: b}", "(a)", "a, b", "a,b", "a=b",
    "a:b", "Bäche und Übung", "Шарманка", "日本", "a\\b", "\\", "ends in \\", "a\\'b", "a\\\\b", "\\\\server\\music",
    "a\\\\'b'", "#1", "100 %", "$HOME", "${a}", "a${a", "~", "~a", "@a", "+a", "null", "true", "1e5", "7",
    "2020-01-01", "- a", "*", "a: b #c", "&a", "!a", "a|b", "choice(a,b)", "glob(*)", "range(1,3)", "\ta"]


@pytest.mark.parametrize("name", NAMES)
def test_every_name_comes_through_the_parser_of_dvc(tmp_path, monkeypatch, name):
    """As `dvc exp run -S folder=...` does: by file, by Hydra's grammar, into a YAML file that is read again."""
    (tmp_path / "params.yaml").write_text((ROOT / "params.yaml").read_text())
    monkeypatch.chdir(tmp_path)
    for path, overrides in to_path_overrides([f"folder={quoted(name)}", "genre=folder"]).items():
        apply_overrides(path, overrides)
    read = yaml.safe_load((tmp_path / "params.yaml").read_text())
    assert (read["folder"], read["genre"]) == (name, "folder")
    assert {key: value for key, value in read.items() if key not in ("folder", "genre")} == {
        key: value for key, value in yaml.safe_load((ROOT / "params.yaml").read_text()).items()
        if key not in ("folder", "genre")}


def test_no_name_is_a_sweep():
    """DVC would queue one experiment a value."""
    from dvc.utils.hydra import to_hydra_overrides

    for name in NAMES:
        override, = to_hydra_overrides([f"folder={quoted(name)}"])
        assert not override.is_sweep_override(), name


def test_help_has_examples():
    said = run("adapt", "--help")
    assert "Example" in said and "chaconne adapt" in said
