"""metrics/duets.html: assembled from what the stages of the accompaniment wrote; it needs nothing but itself."""

from pathlib import Path

import numpy as np
from markupsafe import Markup, escape

from chaconne.pages.shared import charts, listen, policy, sound
from chaconne.pages.shared.inputs import need, read_curves
from chaconne.pages.shared.tables import short
from chaconne.running.files import read_json
from chaconne.storage.files import load_array, read_table

HERE = Path(__file__).parent
SAMPLES, TABLE, CURVES = "data/accompaniment/samples", "metrics/accompaniment.json", "metrics/curves"
SHOWN = 4           # excerpts, the first ones: nobody picked them
# Players: the voice, the truth, and the rows of the table.
HEARD = {
    "given": ("The voice alone", "What the model is given.", "real"),
    "real": ("As it was written", "The voice with its own accompaniment.", "real"),
    "true": ("True", "The voice with its own accompaniment, that one through the codec: the ceiling.", "codec"),
    "made": ("Made", "The voice with what the model added.", "g1"),
    "mix": ("Mix", "The model plays all voices, the given one, too.", "g2"),
    "random": ("Random", "The voice with the accompaniment of another piece.", "shuffled"),
    "silent": ("Silent", "The voice alone, measured like the others: what it is worth by itself.", "after"),
    "free": ("Free", "The voice with what the model plays when it hears nothing.", "noise"),
}
MEASURES = {
    "chord_agreement": ("Chord agreement", "Share of beats on which the triad that fits the sound best is the one that "
                                           "fits the real music best.", "higher"),
    "chroma_similarity": ("Pitch classes", "Correlation of the twelve pitch classes with those of the real music, beat "
                                           "by beat.", "higher"),
    "onset_agreement": ("Onset agreement", "Do voice and accompaniment begin their notes together? F measure.", "true"),
    "dissonance": ("Dissonance", "Share of 3.6 seconds in which pitch classes a semitone apart sound.", "true"),
    "given_heard": ("Voice heard", "Share of beats on which the voice's pitch class is among the three strongest.",
                    "higher"),
}
WAYS = {"higher": "↑ higher is better", "true": "≈ closer to true is better"}


def render(root="."):
    """Return the page (HTML text); raises MissingInput that names the stage to run."""
    root = Path(root)
    table, samples = read_json(need(root, TABLE)), need(root, SAMPLES)
    if reason := table.get("unavailable", {}).get("accompaniment"):
        return f"<!DOCTYPE html><title>Chaconne: accompaniment</title><p>{escape(reason)}</p>"
    losses = read_curves(root, need(root, CURVES)).get("train_accompaniment", {})
    context = {
        "title": "Chaconne: accompaniment",
        "rows": [(row, *HEARD[row]) for row in HEARD if row in table["rows"]],
        "lines": lines(table), "halfway": table["halfway"], "short": short, "settings": table["settings"],
        "duets": duets(samples),
        "curves": [Markup(charts.curves(name, [(name, "g1", *points)])) for name, points in losses.items()],
    }
    return policy.render(HERE / "duets.html", context)


def lines(table):
    """Return [(label, text, what is better, [(value, interval as text) or None])] of all measures."""
    found = []
    for measure, (label, text, better) in MEASURES.items():
        cells = []
        for row in (row for row in HEARD if row in table["rows"]):
            value = table["rows"][row].get(measure)
            span = table["intervals"][row].get(measure)
            cells.append(None if value is None else (value, f"{short(span[0])} to {short(span[1])}"))
        found.append((label, text, WAYS[better], cells))
    return found


def duets(samples):
    """Return [(title, [Player])] of the first excerpts, the loudest of each as bright as the others."""
    rate = read_json(samples / "given/about.json")["sample_rate_hz"]
    table = read_table(samples / "given/excerpts.csv", ("clip",), ("piece", "title"))
    clips = {row: load_array(samples / row / "clips.npy", np.int16, 2) for row in HEARD}
    found = []
    for i in range(min(SHOWN, len(table))):
        loudest = max(float(sound.spectrogram(one[i], rate, listen.CLIP_COLUMNS).max()) for one in clips.values())
        title = table.title[i]
        found.append((title, [
            (*HEARD[row], listen.player(f"{title}: {HEARD[row][0]}", one[i], rate, listen.CLIP_COLUMNS, loudest))
            for row, one in clips.items()]))
    return found
