"""The sanity ladder on real chorales: what is plainly worse must come out worse, and wrong notes must show."""

import numpy as np
import pandas as pd
import pytest
import soxr
from scipy.signal import butter, sosfilt

from chaconne.corpora.gathering.scores import parse_corpus
from chaconne.corpora.rendering.packing import pack
from chaconne.corpora.rendering.plan import plan
from chaconne.corpora.rendering.render import Renderer, render
from chaconne.evaluation.reference import reference, transcription
from chaconne.evaluation.rows import rows
from chaconne.running.params.corpora import read_settings
from chaconne.scores.pieces.score import unpack
from tests.conftest import ROOT

AUDIO = {"sample_rate_hz": 22050, "grid_samples": 2048}
RATE = AUDIO["sample_rate_hz"]
SETTINGS = {"clips": 32, "clip_seconds": 4.0, "reference_clips": 64, "embedders": ["logmel", "notes"],
            "weights": "", "bootstrap": 50}
SAMPLES = 4 * RATE


def moved(notes, rng):
    """Move a quarter of the notes by one to three semitones."""
    chosen = rng.random(len(notes["pitch"])) < 0.25
    steps = rng.integers(1, 4, len(chosen)) * rng.choice([-1, 1], len(chosen))
    return notes | {"pitch": (notes["pitch"] + chosen * steps).astype(np.int16)}


def drawn(notes, rng):
    """Draw every pitch anew, evenly, from the range of its voice."""
    pitch = notes["pitch"].copy()
    for voice in np.unique(notes["voice"]):
        own = notes["voice"] == voice
        pitch[own] = rng.integers(pitch[own].min(), pitch[own].max() + 1, own.sum())
    return notes | {"pitch": pitch}


def detuned(clips, cents):
    """Play clips lower by some cents; the end is cut."""
    lower = [soxr.resample(clip.astype(np.float32), RATE, RATE * 2 ** (cents / 1200)) for clip in clips]
    return np.stack([clip[:SAMPLES] for clip in lower]).clip(-32767, 32767).astype(np.int16)


def low_passed(clips, hertz):
    """Take away what lies above some frequency."""
    kept = sosfilt(butter(4, hertz, fs=RATE, output="sos"), clips.astype(np.float32))
    return kept.clip(-32767, 32767).astype(np.int16)


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """Render some chorales, build their reference, and measure the held-out clips and what is done to them."""
    root, settings = tmp_path_factory.mktemp("sanity"), read_settings("chorales", ROOT)
    scores, corpus, rng = root / "scores", root / "corpus", np.random.default_rng(0)
    for folder in (scores, corpus):
        folder.mkdir()
    parse_corpus("chorales", settings, scores, max_pieces=24)
    pieces, notes = unpack(scores)
    planned = plan(pieces, notes, settings, AUDIO, {"test": 0.35, "valid": 0.0}, 0)
    pack(planned, Renderer(scores, settings, RATE), corpus, settings, AUDIO)
    reference.build(corpus, root / "reference", SETTINGS, 0)
    transcription._memory.clear()  # as in another process
    ground = reference.load(root / "reference", SETTINGS["embedders"])
    remembered = len(transcription._memory)
    held = pd.read_csv(root / "reference" / "heldout.csv")

    def played_anew(change):
        """Return the held-out clips with their notes changed by `change`."""
        made = {row["clip"]: render(change(notes[row["index"]], rng), row, settings, RATE)
                for row in planned if row["clip"] in set(held["clip"])}
        begin = [start - planned[clip]["start"] for clip, start in zip(held["clip"], held["start"], strict=True)]
        return np.stack([made[clip][at : at + SAMPLES] for clip, at in zip(held["clip"], begin, strict=True)])

    real = np.array(reference.heldout(ground))
    longer = np.concatenate([real, real[:, :RATE]], 1)  # lower is longer: there is enough to cut
    clips = {
        "real": real, "detuned": detuned(longer, 20), "filtered": low_passed(real, 2000),
        "moved": played_anew(moved), "random": played_anew(drawn),
        "noise": (rng.standard_normal(real.shape) * 3000).astype(np.int16),
    }
    assert remembered == len(real)  # the reference keeps what was heard in them
    return {name: rows.measure(c, ground, 50, 0) for name, c in clips.items()}


def values(measured, *path):
    """Return {row: the number under a path}."""
    found = {}
    for name, (row, _) in measured.items():
        for key in path:
            row = row[key]
        found[name] = row
    return found


LADDERS = [  # column, rungs: each farther from real music than the one before, in a column meant to see it
    ("fad.notes", "real detuned random noise"), ("fad.notes", "real filtered random noise"),
    ("kad.notes", "real detuned random noise"), ("kad.notes", "real filtered random noise"),
    ("notes.simultaneity_distance", "real moved random noise"),
    ("notes.pitch_distance", "real moved random noise"),
    ("fad.logmel", "real filtered noise"), ("kad.logmel", "real filtered noise"),
]


@pytest.mark.parametrize(("column", "rungs"), LADDERS, ids=lambda text: text.replace(" ", "<"))
def test_what_is_worse_comes_out_worse(measured, column, rungs):
    found = values(measured, *column.split("."))
    climbed = [found[rung] for rung in rungs.split()]
    assert climbed == sorted(climbed), found


@pytest.mark.parametrize("column", ["simultaneity_distance", "dissonance"])
def test_wrong_notes_show(measured, column):
    found = values(measured, "notes", column)
    assert found["moved"] > 3 * found["real"], found
    low, _ = measured["moved"][1]["notes"][column]
    _, high = measured["real"][1]["notes"][column]
    assert low > high


def test_notes_are_heard_where_there_are_any(measured):
    found = values(measured, "notes", "density")
    assert found["noise"] < 1 < 5 < found["real"]
    regular = values(measured, "notes", "onset_regularity")
    assert regular["noise"] < 0.3 < 0.6 < regular["real"]
