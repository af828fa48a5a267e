"""Nothing from outside runs: no loader that executes, no text that becomes HTML, a formula or a command."""

import ast
import json
import re
import subprocess
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from chaconne.pages.shared import policy
from chaconne.pages.shared.inputs import read_inputs
from chaconne.running.pipeline import read_stages
from chaconne.storage.files import load_array, write_csv
from tests.conftest import ROOT
from tests.pages.test_report import workspace

CODE = sorted(p for folder in ("src", "stages", "scripts") for p in (ROOT / folder).rglob("*.py"))
# Calls that run what they read, or hand text to a shell.
FORBIDDEN = {"pickle.load", "pickle.loads", "joblib.load", "dill.load", "marshal.loads", "pd.read_pickle", "eval",
             "exec", "os.system", "os.popen", "yaml.unsafe_load", "yaml.full_load", "shutil.unpack_archive",
             "torch.jit.load", "np.fromregex", "shelve.open"}
PLAIN = (".npy", ".npz", ".json", ".csv", ".tsv", ".txt", ".wav", ".png", ".html", ".safetensors", "SHA256SUMS",
         ".md", ".gitkeep", ".mid", ".musicxml", ".abc", ".svg")
# What makes a drawing act: a program of its own, a handler, something fetched, HTML within.
ACTIVE = re.compile(rb'<script|<foreignObject|<image|\son\w+\s*=|href="(?!#)|url\((?!#)|@import|<!', re.IGNORECASE)


def calls(path):
    """Yield (dotted name, node) of every call in a file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def keyword(node, name):
    """Return the constant that a call passes as keyword `name`, None without it."""
    return next((k.value.value for k in node.keywords if k.arg == name and isinstance(k.value, ast.Constant)), None)


def dangers(name, node):
    """Return what is wrong with a call, '' for nothing."""
    if name in FORBIDDEN or (name.startswith("pickle.") and not name.endswith("Error")):
        return "runs or unpacks what it reads"
    if name == "torch.load" and keyword(node, "weights_only") is not True:
        return "needs weights_only=True"
    if name == "np.load" and keyword(node, "allow_pickle"):
        return "must not allow pickles"
    if name == "yaml.load" and not (len(node.args) == 2 and ast.unparse(node.args[1]) in ("Plain", "yaml.CSafeLoader")):
        return "needs a safe loader"
    text = node.args and isinstance(node.args[0], (ast.JoinedStr, ast.BinOp))
    if name.startswith("subprocess.") and (keyword(node, "shell") or text):
        return "hands text to a shell"
    if name.endswith((".extractall", ".extract")) and keyword(node, "filter") != "data":
        return "lets an archive write anywhere: filter='data'"
    return ""


def test_no_loader_runs_what_it_reads():
    found = [f"{path.relative_to(ROOT)}:{node.lineno}: {name} {what}" for path in CODE
             for name, node in calls(path) if (what := dangers(name, node))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("line", [
    "pickle.load(f)", "torch.load(p)", "torch.load(p, weights_only=False)", "np.load(p, allow_pickle=True)",
    "yaml.load(t)", "yaml.load(t, yaml.Loader)", "subprocess.run('ls', shell=True)", "subprocess.run(f'ls {x}')",
    "archive.extractall(x)", "eval(text)"])
def test_the_scan_finds_what_it_looks_for(line):
    call = ast.parse(line).body[0].value
    assert dangers(ast.unparse(call.func), call)


def test_nothing_in_git_is_a_pickle():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        assert not is_pickle(ROOT / name), name


def is_pickle(path):
    """Tell whether a file is a pickle or an archive with one, by its bytes."""
    head = path.read_bytes()[:4] if path.is_file() else b""
    return head[:2] in (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05") or (
        head == b"PK\x03\x04" and b"data.pkl" in path.read_bytes())


def test_a_pickle_is_known_by_its_bytes(tmp_path):
    import pickle

    import torch

    (tmp_path / "a").write_bytes(pickle.dumps({1: 2}))
    torch.save({"a": 1}, tmp_path / "b")
    np.savez(tmp_path / "c.npz", a=np.zeros(2))
    assert [is_pickle(tmp_path / name) for name in ("a", "b", "c.npz")] == [True, True, False]


def test_an_array_of_objects_is_refused(tmp_path):
    np.save(tmp_path / "x.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match=r"x.npy is damaged"):
        load_array(tmp_path / "x.npy")


def test_commands_of_the_pipeline_hold_nothing_from_params():
    """`-S data='x; rm -rf /'` must not reach a shell: only items that stand in dvc.yaml itself are filled in."""
    for name, stage in read_stages(ROOT).items():
        command = stage.get("do", stage)["cmd"]
        assert set(re.findall(r"\$\{(\w+)", command)) <= {"item"}, name
        assert isinstance(stage.get("foreach", []), list), f"{name}: foreach of a template would fill params in"


@pytest.mark.parametrize("title", ["=HYPERLINK(\"http://x\")", "+A1", "-2+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1"])
def test_titles_are_no_formulas(tmp_path, title):
    write_csv(tmp_path / "x.csv", pd.DataFrame({"title": [title, "Plain"], "shift": [-3, 1]}))
    back = pd.read_csv(tmp_path / "x.csv")
    assert back.title.tolist() == [f"'{title}", "Plain"] and back["shift"].tolist() == [-3, 1]


def test_steps_of_a_melody_stay_as_they_are(tmp_path):
    """Splits are drawn by them."""
    write_csv(tmp_path / "x.csv", pd.DataFrame({"melody": ["-2+2-4", "+1"]}))
    assert (tmp_path / "x.csv").read_text() == "melody\n-2+2-4\n+1\n"


class Page(HTMLParser):
    """What a browser would run or fetch on a page."""

    def __init__(self, html):
        super().__init__()
        self.texts, self.policy, self.attributes, self.inside = {"style": [], "script": []}, "", set(), None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        """Note policies, attributes and whose text comes next."""
        about = dict(attrs)
        self.attributes |= set(about)
        if about.get("http-equiv") == "Content-Security-Policy":
            self.policy = about["content"]
        if tag in self.texts and about.get("type", "") != "application/json" and "src" not in about:
            self.inside = tag

    def handle_data(self, data):
        """Keep the text of styles and scripts."""
        if self.inside:
            self.texts[self.inside].append(data)
            self.inside = None


def check_page(html):
    """The policy names the one style and the one script of the page, and nothing else can run."""
    page = Page(html)
    assert [len(texts) for texts in page.texts.values()] == [1, 1]
    for kind, (text,) in page.texts.items():
        assert f"{kind}-src {policy.source(text)}" in page.policy
    assert page.policy.startswith("default-src 'none'") and "unsafe" not in page.policy
    assert "style" not in page.attributes
    assert not [name for name in page.attributes if name.startswith("on")]


HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'>"


def test_the_page_of_the_listening_test_keeps_its_policy():
    from chaconne.pages.listening.page import render

    check_page(render(HOSTILE, [{"id": HOSTILE, "sounds": {"A": HOSTILE, "B": "data:,"}}], 1.0, forced=False))


def test_the_report_keeps_its_policy_whatever_a_corpus_calls_itself(tmp_path):
    """Names, titles and warnings of files from outside stand on the page as text."""
    from chaconne.pages.report.page import render

    params = workspace(tmp_path)
    for path in (*tmp_path.glob("data/*/corpus.json"), tmp_path / "metrics/comparison.json"):
        facts = json.loads(path.read_text())
        hostile = {key: HOSTILE for key, value in facts.items() if isinstance(value, str)}
        if "settings" in facts:
            hostile = {"warnings": [HOSTILE], "unavailable": {HOSTILE: HOSTILE}}
            facts["settings"]["data"] = HOSTILE
        path.write_text(json.dumps(facts | hostile))
    html = render(read_inputs(params, tmp_path))
    assert html.count("&lt;script&gt;alert(1)") > 5
    check_page(html)
    assert re.findall(r'<script src="([^"]*)"', html) == ["timing.js"]


def not_plain(root):
    """Return the results of a pipeline that are pickles, or of a kind that can hold one, and drawings that act."""
    outs = [p for folder in ("data", "metrics") for p in (root / folder).rglob("*") if p.is_file()]
    clocks = root / "metrics/timing.js"     # one assignment, which no stage makes: tests/running/test_machinery.py
    return [p for p in outs if p != clocks and (not p.name.endswith(PLAIN) or is_pickle(p) or acts(p))]


def acts(path):
    """Tell whether a file is a drawing that is more than a drawing."""
    return path.suffix == ".svg" and ACTIVE.search(path.read_bytes()) is not None


def test_what_the_pipeline_wrote_here_is_plain_data(tmp_path):
    """tests/chaos looks at the results of a whole run."""
    assert not_plain(ROOT) == []
    (tmp_path / "data").mkdir()
    (tmp_path / "data/model.pt").touch()
    assert not_plain(tmp_path) == [tmp_path / "data/model.pt"]
    (tmp_path / "data/model.pt").rename(tmp_path / "data/score.svg")
    assert not_plain(tmp_path) == []
    (tmp_path / "data/score.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>')
    assert not_plain(tmp_path) == [tmp_path / "data/score.svg"]
