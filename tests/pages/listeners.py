"""Rows to listen to, and listeners who are simulated: they choose by known strengths, or click by chance."""

import json

import numpy as np

from chaconne.pages.listening import plan
from chaconne.pages.listening.answers import FORMAT
from chaconne.pages.listening.page import told

RATE = 22050
LOWEST = {"gan": 300, "diffusion": 600, "anchors/real": 1200, "anchors/codec": 1600, "anchors/noise": 2000}     # Hz


def tone(hz, seconds=1.0, level=0.2):
    t = np.arange(round(seconds * RATE)) / RATE
    return (level * np.sin(2 * np.pi * hz * t) * 32767).astype(np.int16)


def rows(samples):
    """Write rows of six clips into the folder `samples`, and return it; a pitch says whose clip it is, and which."""
    for place, lowest in LOWEST.items():
        folder = samples / place
        folder.mkdir(parents=True)
        level = 0.02 if place == "gan" else 0.2
        np.save(folder / "clips.npy", np.stack([tone(lowest + 20 * i, level=level) for i in range(6)]))
        (folder / "about.json").write_text(json.dumps({"sample_rate_hz": RATE}))
    return samples


def key_of(folder, systems, pairs, checks=4, repeats=2, seed=0):
    """Write the key of a page that has no sound; returns (key, path)."""
    asked = plan.Asked(tuple(systems), "real", pairs, checks, repeats)
    counts = dict.fromkeys([*systems, "real", "noise"], 1000)
    trials = plan.trials(asked, counts, np.random.default_rng(seed))
    names = {id(trial): f"p{i:02d}" for i, trial in enumerate(trials)}
    key = {"format": FORMAT, "test": "t1", "systems": list(systems), "reference": "real", "forced": True,
           "pairs": {names[id(trial)]: told(trial, names) for trial in trials}}
    path = folder / "listening.key.json"
    path.write_text(json.dumps(key))
    return key, path


def listen(folder, key, name, strengths, rng, attentive=True):
    """Write the answers of one listener; returns the path.

    strengths: {system: its logarithm}: one is chosen over another with the chance of Bradley and Terry.
    """
    given = []
    for pair, about in key["pairs"].items():
        chance = 1 / (1 + np.exp(strengths.get(about["B"], 0) - strengths.get(about["A"], 0)))
        letter = "A" if rng.random() < chance else "B"
        if attentive and "check" in about:
            letter = "A" if about["A"] == about["check"] else "B"
        given.append({"pair": pair, "choice": letter})
    path = folder / f"{name}.json"
    path.write_text(json.dumps({"format": FORMAT, "test": key["test"], "listener": name, "answers": given}))
    return path


def everyone(folder, key, count, strengths, seed=0, taste=0.0):
    """Write the answers of `count` attentive listeners whose strengths differ by `taste` (standard deviation)."""
    rng = np.random.default_rng(seed)
    return [listen(folder, key, f"L{i:03d}", {s: value + taste * rng.normal() for s, value in strengths.items()}, rng)
            for i in range(count)]
