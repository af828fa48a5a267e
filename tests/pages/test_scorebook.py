"""The page of the symbolic branch: what the files say, drawn and played, and nothing from anywhere else."""

import json
import re

import numpy as np
import pytest
import torch

from chaconne.counterpoint.composers import samples
from chaconne.counterpoint.composers.tunes import write_tunes
from chaconne.counterpoint.composers.works import write_works
from chaconne.counterpoint.network.model import Network
from chaconne.counterpoint.rules import rules
from chaconne.pages.counterpoint.page import ROWS, SHOWN, render
from chaconne.pages.shared.inputs import MissingInput
from chaconne.scores.writing.reading_again import check_works
from tests.counterpoint.test_composers import TUNE
from tests.scores.test_score_files import chorale


def row(seed):
    rates = dict(zip(rules.NAMES, (np.arange(12) / 7 + seed).tolist(), strict=True))
    return {"rates": rates, "VL": 9.875 + seed, "TOTAL": 21.0, "density": 0.85, "rests": 0.01, "unison": 0.02,
            "entropy": {"melodic": 9.1, "sonority": 6.2}, "nats_per_note": 0.4123, "distance": 0.5}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    root = tmp_path_factory.mktemp("scorebook")
    rows = {name: row(i) for i, name in enumerate(ROWS)}
    gate = {"parallels": {"value": 1.75, "limit": 2.0, "held": True}, "density": {"value": 0.3, "limit": 0.15,
                                                                                  "held": False}}
    table = rows | {"harmonised": {name: one | {"agreement": 0.3625} for name, one in rows.items() if name != "bach"},
                    "given_soprano_gain": 0.0456, "stopped": "moves: <too few>", "works": 20, "tunes": 2,
                    "band": {name: [0.0, 2.5] for name in (*rules.NAMES, "VL", "TOTAL")},
                    "gates": {"free": gate, "harmonised": gate}}
    sound = {"fad": {"logmel": 1.625}, "coverage": 0.875, "adjacent_similarity": 0.5}
    spans = {"fad": {"logmel": [1.125, 2.375]}, "coverage": [0.8, 0.9], "adjacent_similarity": [0.4, 0.6]}
    put(root / "metrics/counterpoint_audio.json", {
        "rows": dict.fromkeys(("real", *SHOWN), sound), "intervals": dict.fromkeys(("real", *SHOWN), spans),
        "settings": {"clips": 240, "clip_seconds": 6.0, "corpus": "chorales"}})
    learned = {name: {"free": value} for name, value in (("finetuned", 0.4321), ("scratch", 0.4567))}
    put(root / "metrics/counterpoint.json", table)
    put(root / "metrics/counterpoint_learning.json", learned | {"kept": "finetuned"})
    for run, names in (("train_counterpoint/finetune", ["valid"]), ("train_counterpoint/scratch", ["valid"]),
                       ("reinforce/steps", ["rate/parallels", "expected_cost"])):
        for name in names:
            path = root / "metrics/curves" / run / f"plots/metrics/{name}.tsv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"step\t{path.stem}\n5\t3.5\n10\t2.5\n")
    piece = samples.shortened(chorale("bwv66.6.mxl"), 40)
    for folder in ("works", "tunes"):
        (root / "data/counterpoint/pieces" / folder).mkdir(parents=True)
    for kind in ("free", "harmonised"):
        for name in SHOWN:
            write_works([piece], root / f"data/counterpoint/pieces/works/{kind}.{name}")
    torch.manual_seed(0)
    write_tunes(Network(TUNE, voices=1), root / "data/counterpoint/pieces/tunes", 1)
    return root


def put(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))


def test_the_page_shows_what_the_files_say(workspace):
    page = render(workspace)
    for text in ("1.75", "does not hold", "0.0456", "moves: &lt;too few&gt;", "0.432", "0.457", "0.362", "X:1",
                 "20 pieces by music21", "awkward step", "1.62", "1.12 to 2.38", "240 clips of 6 s"):
        assert text in page, text
    assert page.count('src="data:audio/mpeg;base64,') == 2 * len(SHOWN) + 1
    assert page.count('class="sheet"') == page.count("data-tempo=") == 2 * len(SHOWN) + 1
    assert all(name in page for name, *_ in ROWS.values())


def test_the_page_asks_nothing_of_the_network(workspace):
    page = render(workspace)
    assert "default-src 'none'" in page
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)


def test_what_is_missing_names_the_stage_that_makes_it(tmp_path):
    with pytest.raises(MissingInput, match=r"metrics/counterpoint\.json is missing"):
        render(tmp_path)


def test_works_are_read_again_and_damage_is_named(workspace, tmp_path):
    pieces = workspace / "data/counterpoint/pieces"
    assert check_works(pieces) == {"works": 2 * len(SHOWN), "tunes": 1}
    for folder in ("works", "tunes"):
        (tmp_path / folder).mkdir()
    text = (pieces / "tunes/1.abc").read_text()
    (tmp_path / "tunes/1.abc").write_text(text.replace(" |]", " z5 |]"))
    with pytest.raises(ValueError, match=r"1\.abc: tune 1: bar 16: expected 3 quarters, got 4\.25"):
        check_works(tmp_path)
