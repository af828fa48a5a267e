"""Miniature corpora through the pipeline up to a trained generator; `python -m tests.smoke_corpora` runs all of it."""

import json
import subprocess

import numpy as np
import pandas as pd
import pytest

from scripts.smoke import environment
from tests.smoke_corpora import served

pytestmark = [pytest.mark.slow, pytest.mark.long]


def repro(root, *targets):
    """Run `dvc repro TARGETS`; returns what it printed."""
    done = subprocess.run(["dvc", "repro", *targets], cwd=root, env=environment(), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout[-4000:]
    return done.stdout


def test_fetched_corpora_train_a_generator(tmp_path):
    with served(tmp_path / "copy", "maestro", "cocochorales") as root:
        repro(root, "train_gan", "encode_genre")
        # Nothing is fetched or decoded again.
        assert "Running stage" not in repro(root, "train_gan", "encode_genre")
    facts = {name: json.loads((root / f"data/{name}/corpus.json").read_text()) for name in ("corpus", "genre")}
    assert "BY-NC-SA" in facts["corpus"]["licence"] and facts["genre"]["licence"] == "CC BY 4.0"
    assert np.load(root / "data/genre/stems.npy", mmap_mode="r").shape[0] == 4
    index = pd.read_csv(root / "data/latents/index.csv")
    assert set(index["split"]) == {"train", "valid", "test"} and (index.frames > 72).all()
    assert json.loads((root / "data/models/gan/model.json").read_text())["name"] == "gan"


def test_a_mixed_folder_becomes_a_corpus_and_new_files_are_noticed(tmp_path):
    with served(tmp_path / "copy", "folder", "folk") as root:
        repro(root, "corpus")
        manifest = pd.read_csv(root / "data/corpus/manifest.csv")
        assert manifest.piece.str.partition("#")[0].nunique() == 20
        assert (root / "data/corpus/skipped.csv").read_text().splitlines() == ["file,reason"]
        (root / "music/broken.wav").write_bytes(b"RIFF")
        said = repro(root, "corpus")
        assert "Running stage 'scores'" in said and "Running stage 'corpus'" in said
        assert "broken.wav,no audio" in (root / "data/corpus/skipped.csv").read_text()
