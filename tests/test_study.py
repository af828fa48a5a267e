"""Figures of runs that are not the default: what is kept, and what made them differ."""

import json
import shutil

from scripts import study
from tests.conftest import ROOT


def put(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))


def test_a_study_says_what_it_changed(tmp_path):
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    params = (ROOT / "params.yaml").read_text()
    (tmp_path / "params.yaml").write_text(params.replace("\nruns: 1 ", "\nruns: 3 ", 1))
    for name in study.TABLES:
        put(tmp_path / f"metrics/{name}.json", {"rows": {name: {"coverage": 0.9}}, "settings": {"clips": 4},
                                                "intervals": {name: {"coverage": [0.8, 1.0]}}})
    put(tmp_path / "metrics/timing.json", {"stages": {name: {"wall_seconds": 3.0} for name in study.CLOCKS},
                                           "gan": {"train_cpu_seconds": 5.0}})
    found = study.study(tmp_path, ROOT)
    assert found["params"] == {"runs": 3}
    assert set(found["rows"]) == set(found["intervals"]) == set(study.TABLES)
    assert found["settings"] == {"clips": 4} and set(found["timing"]) == set(study.CLOCKS)
    assert found["timing"]["train_gan"] == {"wall_seconds": 3.0, "train_cpu_seconds": 5.0}


def test_what_is_committed_is_whole():
    for path in {*(ROOT / "metrics/studies").glob("*.json")} - {ROOT / "metrics/studies/luck.json"}:
        table = json.loads(path.read_text())
        assert {"real", "codec", "gan", "diffusion"} <= set(table["rows"]), path
        assert table["params"], path
