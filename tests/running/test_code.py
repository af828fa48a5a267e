"""What is a word and what computes: digests of code that DVC, the guard and fingerprints go by."""

import ast
import os
import shutil
import subprocess
import sys

import pytest

from chaconne.running import code
from tests.conftest import ROOT

SOURCE = '''"""A module."""

import sys
from dataclasses import dataclass

MOST = 3  # of them


@dataclass
class Piece:
    """A piece."""

    notes: list
    tempo: float = 80.0


def half(value: float, scale=2) -> float:
    """Return half of it."""
    if value < 0:
        raise ValueError(f"expected 0 or more, got {value}; try another")
    print(f"half of {value:.2f}", file=sys.stderr)
    for one in tqdm(range(MOST), desc="half", unit="step"):
        value += one
    return value / scale
'''


def same(old, new, name="x.py"):
    """Tell whether SOURCE has the same digest when `new` stands in place of `old`."""
    assert SOURCE.count(old) == 1
    edited = SOURCE.replace(old, new)
    return code.digest_of(SOURCE.encode(), name) == code.digest_of(edited.encode(), name)


@pytest.mark.parametrize(("old", "new"), [
    ("# of them", "# of all"), ("A module.", "Another."), ("A piece.", ""), ("Return half of it.", "Half."),
    ("value: float, ", "value, "), (" -> float", ""), ("notes: list", "notes: tuple"),
    ("got {value}; try", "not {value!r}, try"),
    ("half of {value:.2f}", "now {value}"), ('desc="half", ', 'desc="a half", mininterval=2, '),
    ("value / scale", "(value\n            / scale)"), ("\n\n\ndef", "\n\n\n\n\ndef"),
    ('    print(f"half of {value:.2f}", file=sys.stderr)\n', "")])
def test_words_do_not_count(old, new):
    assert same(old, new)


@pytest.mark.parametrize(("old", "new"), [
    ("MOST = 3", "MOST = 4"), ("value < 0", "value <= 0"), ("ValueError", "KeyError"), ("float = 80.0", "float = 81.0"),
    ("    notes: list\n", ""), ("scale=2", "scale=3"), ("@dataclass\n", ""), ("value += one", "value -= one"),
    ("range(MOST)", "range(MOST + 1)"), ("value / scale", "value // scale"), ("import sys\n", "import os\n"),
    ('print(f"half of {value:.2f}", file=sys.stderr)', 'print(f"half of {draw():.2f}", file=sys.stderr)'),
    ('print(f"half of {value:.2f}", file=sys.stderr)', 'print(f"half of {value:.2f}", file=out)')])
def test_what_computes_counts(old, new):
    assert not same(old, new)


def test_what_is_said_of_pieces_that_are_left_out_counts():
    """It is kept with the corpus."""
    assert not same("got {value}; try", "not {value}, try", "src/chaconne/corpora/x.py")


def test_settings_count_without_their_comments_and_order_of_lines_with_lists_in_order():
    first, second, third = (code.digest_of(text, "conf/x.yaml") for text in (
        b"a: 1  # one\nb: [1, 2]\n", b"# settings\na: 1\nb:\n- 1\n- 2\n", b"a: 1\nb: [2, 1]\n"))
    assert first == second != third
    assert code.digest_of(b"a: 010", "x.yaml") == code.digest_of(b"a: 10", "x.yaml")


def test_what_cannot_be_parsed_counts_as_it_stands():
    assert code.digest_of(b"def (", "x.py") != code.digest_of(b"def ( ", "x.py")


def kept_texts(path):
    """Yield the lines on which a file keeps what an exception says, elsewhere than in another exception."""
    for handler in ast.walk(ast.parse(path.read_text())):
        if isinstance(handler, ast.ExceptHandler) and handler.name:
            inner = [part for part in ast.walk(handler) if isinstance(part, ast.Raise) or (
                isinstance(part, ast.Call) and code.name_of(part.func) in {*code.SPEAKING, "exit"})]
            raised = {id(name) for part in inner for name in ast.walk(part)}
            yield from (name.lineno for name in ast.walk(handler) if isinstance(name, ast.Name)
                        and name.id == handler.name and id(name) not in raised)


def test_where_what_an_exception_says_is_kept_it_counts():
    """A stage that writes it down anywhere else would write another text than the one its digest stands for."""
    outside = {"running", "commands", "studio", "trained", "editing"}   # no stage has results of theirs
    found = {path.relative_to(ROOT).as_posix(): lines for path in (ROOT / "src/chaconne").rglob("*.py")
             if path.relative_to(ROOT).parts[2] not in outside and (lines := list(kept_texts(path)))}
    assert len(found) > 5
    assert not {name: lines for name, lines in found.items() if not code.recorded(name)}


def test_digests_are_the_same_from_every_python(tmp_path):
    other = next((found for name in ("python3.12", "python3.11") if name != f"python3.{sys.version_info[1]}"
                  and (found := shutil.which(name))), None)
    ask = ("import sys\nfrom pathlib import Path\nfrom chaconne.running.code import digest_of\n"
           "print([digest_of(Path(p).read_bytes(), p) for p in sys.argv[1:]])")
    files = sorted(map(str, [*(ROOT / "src").rglob("*.py"), *(ROOT / "stages").glob("*.py")]))
    answers = [subprocess.run([python, "-c", ask, *files], env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
                              cwd=tmp_path, capture_output=True, text=True) for python in (sys.executable, other or "")
               if python]
    if len(answers) < 2 or answers[1].returncode:
        pytest.skip("no second Python that this project runs on is installed here")
    assert answers[0].stdout == answers[1].stdout != ""
