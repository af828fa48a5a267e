"""Miniature corpora through the whole pipeline, as users run it; `python -m tests.smoke_corpora` does it by hand."""

import json
import subprocess

import numpy as np
import pandas as pd
import pytest

from scripts.smoke import environment, set_param
from tests.smoke_corpora import served

pytestmark = [pytest.mark.slow, pytest.mark.long]


def repro(root, *targets):
    """Run `dvc repro TARGETS`; returns what it printed."""
    done = subprocess.run(["dvc", "repro", *(targets or ["--all-pipelines"])], cwd=root, env=environment(), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout[-4000:]
    return done.stdout


def read(root, name):
    """Return the JSON of a file of the copy."""
    return json.loads((root / name).read_text())


def check_results(root):
    """Everything ran: both generators and the fine-tuned one were heard, measured and put on the page."""
    table = read(root, "metrics/comparison.json")
    assert {"real", "codec", "gan", "diffusion"} <= set(table)
    assert np.isfinite(read(root, "metrics/eval.json")["fad"]["logmel"])
    assert read(root, "metrics/finetune.json")["model"] == "gan"
    assert all("<audio" in (root / f"metrics/{name}.html").read_text() for name in ("report", "genre"))
    index = pd.read_csv(root / "data/latents/index.csv")
    assert set(index["split"]) == {"train", "valid", "test"}


def test_fetched_corpora_go_all_the_way(tmp_path):
    with served(tmp_path / "copy", "maestro", "cocochorales") as root:
        set_param(root, "codec", "own")
        repro(root)
        # Nothing is fetched or decoded again.
        assert "Running stage" not in repro(root)
    check_results(root)
    facts = {name: read(root, f"data/{name}/corpus.json") for name in ("corpus", "genre")}
    assert "BY-NC-SA" in facts["corpus"]["licence"] and facts["genre"]["licence"] == "CC BY 4.0"
    assert np.load(root / "data/genre/stems.npy", mmap_mode="r").shape[0] == 4
    # Whose music it is travels with what is made of it.
    facts = {name: read(root, f"data/models/{name}/model.json")["facts"] for name in ("gan", "diffusion", "finetuned")}
    licences = {name: [corpus["licence"][:9] for corpus in one["corpora"]] for name, one in facts.items()}
    assert licences == {"gan": ["CC BY-NC-"], "diffusion": ["CC BY-NC-"], "finetuned": ["CC BY-NC-", "CC BY 4.0"]}
    assert "BY-NC-SA" in (root / "data/codecs/own/provenance.json").read_text()
    shipped = (root / "data/codecs/spectral/provenance.json").read_text()
    assert shipped == (root / "pretrained/codec/provenance.json").read_text() and "BY-NC-SA" not in shipped


def test_a_mixed_folder_goes_all_the_way_and_new_files_are_noticed(tmp_path):
    with served(tmp_path / "copy", "folder", "folk") as root:
        repro(root)
        check_results(root)
        manifest = pd.read_csv(root / "data/corpus/manifest.csv")
        assert manifest.piece.str.partition("#")[0].nunique() == 20
        assert (root / "data/corpus/skipped.csv").read_text().splitlines() == ["file,reason"]
        (root / "music/broken.wav").write_bytes(b"RIFF")
        said = repro(root, "corpus")
        assert "Running stage 'scores'" in said and "Running stage 'corpus'" in said
        assert "broken.wav,no audio" in (root / "data/corpus/skipped.csv").read_text()
