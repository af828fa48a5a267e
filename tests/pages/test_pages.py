"""The pages of docs/: they build strictly, say what the code says, and their commands run as they stand there."""

import re
import shutil
import subprocess
import sys

import pytest

from scripts import docs_hooks
from scripts.smoke import commit, copy_checkout, environment
from tests import tiny
from tests.conftest import ROOT

PAGES = sorted(path for path in (ROOT / "docs").rglob("*.md") if path.name not in ("search.md", "faults.md"))
BLOCK = re.compile(r"(?:<!-- run: (\w+)[^\n]*-->\n)?```(\w*)\n(.*?)```", re.S)
WAYS = {"models", "dag", "remote", "no"}


def blocks(path):
    """Return [(how to run it, commands)] of the sh blocks of a page, in order."""
    return [(how, [line for line in text.splitlines() if line.strip()])
            for how, kind, text in BLOCK.findall(path.read_text()) if kind == "sh"]


def test_every_block_says_how_it_is_run():
    found = [(path.name, how) for path in PAGES for how, _ in blocks(path)]
    assert len(found) > 12
    assert {how for _, how in found} == WAYS, found


@pytest.mark.slow
def test_the_pages_build_strictly(tmp_path):
    """Links, anchors and the navigation are checked by mkdocs itself."""
    if not shutil.which("mkdocs"):
        pytest.skip("pip install -e '.[dev]' brings mkdocs")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", tmp_path / "site"]
    about = environment() | {"PYTHONPATH": str(ROOT / "src"), "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=about, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "site/reference/api.html").read_text()
    assert "Return normalised latents" in page
    for html in (tmp_path / "site").rglob("*.html"):
        fetched = re.findall(r'(?:src|href)="(https?://[^"]+)"[^>]*', html.read_text())
        assert not [url for url in fetched if url.endswith((".js", ".css", ".woff2"))], html


def run(commands, folder):
    """Run shell lines of a page in `folder`; the first that fails fails the test."""
    for command in commands:
        done = subprocess.run(["bash", "-c", command], cwd=folder, text=True, timeout=1800, stdin=subprocess.DEVNULL,
                              env=environment() | {"PYTHONPATH": f"{folder}/src:{ROOT}/src"}, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        assert done.returncode == 0 or (command == "chaconne doctor" and done.returncode == 1), (command, done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("page", ["tutorial.md", "how-to/play.md"])
def test_commands_on_models_run(page, tmp_path):
    root = tiny.project(tmp_path / "project", tuple(tiny.KINDS))
    for how, commands in blocks(ROOT / "docs" / page):
        if how == "models":
            run(commands, root)


@pytest.mark.long
def test_the_tutorial_runs_from_its_beginning(tmp_path):
    """At scale smoke; where the page says `laptop`, smoke is meant here."""
    root = copy_checkout(tmp_path / "copy", "smoke")
    commit(root, "The tutorial")
    for how, commands in blocks(ROOT / "docs/tutorial.md"):
        if how == "dag":
            run(commands, root)
    assert (root / "metrics/genre.html").exists() and (root / "shared.wav").exists()


def test_the_pages_name_only_commands_and_options_that_exist():
    import typer.main

    from chaconne.cli import app

    commands = dict(docs_hooks.walk(typer.main.get_command(app), "chaconne"))
    for path in [*PAGES, ROOT / "README.md"]:
        for line in re.findall(r"(?:^|`)(chaconne [a-z][^`\n]*)", path.read_text(), re.M):
            name = max((c for c in commands if line == c or line.startswith(f"{c} ")), key=len, default=None)
            assert name, f"{path.name}: {line}"
            known = {option for param in commands[name].params for option in (*param.opts, *param.secondary_opts)}
            unknown = set(re.findall(r"(?<= )--[a-z-]+", line)) - known - {"--help"}
            assert not unknown, f"{path.name}: {line}: {unknown}"


def test_the_made_pages_have_every_command_and_every_knob():
    commands, params = docs_hooks.commands(), docs_hooks.params()
    assert "## `chaconne inpaint`" in commands and "`--from`" in commands and "[bold]" not in commands
    assert "| `gan.train.gamma` | 1.0 | weight of R1 and R2 | a number 0..1000 |" in params
    assert "| `generators` | gan, diffusion, distilled |" in params and "| `finetune.steps` | 500 |" in params
