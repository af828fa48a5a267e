"""metrics/controls.html: assembled from what the stages of the controls wrote; it needs nothing but itself."""

from pathlib import Path

import numpy as np
from markupsafe import Markup

from chaconne.pages.controls.scatter import scatter
from chaconne.pages.shared import charts, listen, policy, sound
from chaconne.pages.shared.inputs import need, read_curves
from chaconne.pages.shared.tables import short
from chaconne.running.files import read_json
from chaconne.storage.files import load_array

HERE = Path(__file__).parent
SAMPLES, TABLE, HEARD, CURVES = ("data/controls/samples", "metrics/controls.json", "data/controls/heard.json",
                                 "metrics/curves")
MODELS = {"gan": ("GAN", "g1"), "diffusion": ("Diffusion", "g2")}
NUMBERS = {
    "tempo": ("Tempo", "quarter notes a minute"), "density": ("Density", "notes a second"),
    "register": ("Register", "mean pitch, MIDI note number"), "brightness": ("Brightness", "mean of the spectrum, Hz"),
}
UNITS = {"tempo": "quarters a minute", "density": "notes a second", "register": "(MIDI pitch)", "brightness": "Hz"}
STEPS = (0.08, 0.5, 0.92)   # of a number's range: what is played
COLUMNS = 300               # pixels of a spectrogram


def render(root="."):
    """Return the page (HTML text); raises MissingInput that names the stage to run."""
    root = Path(root)
    table, samples = read_json(need(root, TABLE)), need(root, SAMPLES)
    heard, losses = read_json(need(root, HEARD)), read_curves(root, need(root, CURVES))
    context = {
        "title": "Chaconne: controls",
        "short": short, "settings": table["settings"], "models": MODELS, "numbers": NUMBERS,
        "lines": lines(table), "costs": costs(table), "moving": moving(table), "apart": apart(table),
        "rows": [row for row in rows_heard(samples) if row[1]],
        "scatters": [(NUMBERS[name][0], NUMBERS[name][1], Markup(scatter(name, heard))) for name in NUMBERS
                     if any(name in one for one in heard.values())],
        "curves": [(f"{label}: {name}", Markup(charts.curves(f"{label}: {name}", [(name, css, *points)])))
                   for kind, (label, css) in MODELS.items()
                   for name, points in losses.get(f"steer_{kind}", {}).items()],
    }
    return policy.render(HERE / "dials.html", context)


def name_of(what):
    """Return what people call a number or a name."""
    return NUMBERS[what][0] if what in NUMBERS else what.capitalize()


def lines(table):
    """Return [(control, measure, [(value, interval as text) or None of real and each model])]."""
    rows, intervals, found = table["rows"], table["intervals"], []
    for kind, measure in (("numbers", "Spearman's correlation"), ("names", "share of clips that agree")):
        for what in sorted(set().union(*(rows[row].get(kind, {}) for row in rows))):
            cells = []
            for row in ("real", *MODELS):
                value, span = rows[row].get(kind, {}).get(what), intervals[row].get(kind, {}).get(what)
                cells.append(None if value is None else (value, f"{short(span[0])} to {short(span[1])}"))
            together = [rows[row].get("together", {}).get(kind, {}).get(what) for row in MODELS]
            found.append((name_of(what), measure, cells, together))
    return found


def costs(table):
    """Return [(row, [(distance, times the free one) of each model])]."""
    rows = table["rows"]
    tried = sorted(set().union(*(rows[row]["fad"] for row in MODELS)), key=lambda row: (row != "free", row))
    return [(row if row in ("free", "together", "apart", "moving") else name_of(row),
             [(rows[model]["fad"].get(row), rows[model]["cost"].get(row)) for model in MODELS]) for row in tried]


def moving(table):
    """Return [(number, share of clips that moved as asked, of each model)]."""
    rows = table["rows"]
    return [(NUMBERS[name][0], [rows[model].get("moving", {}).get(name) for model in MODELS]) for name in NUMBERS
            if any(name in rows[model].get("moving", {}) for model in MODELS)]


def apart(table):
    """Return [(what was asked, share of real clips that have it, what is heard of each model)], texts."""
    def told(values):
        return ", ".join(f"{NUMBERS[name][0].lower()} {short(value)}" for name, value in values.items())

    rows, found = table["rows"], []
    for i, one in enumerate(rows[next(iter(MODELS))].get("apart", [])):
        heard = [told(rows[model]["apart"][i]["heard"]) for model in MODELS]
        found.append((told(one["asked"]), short(100 * one["share_of_real"]), heard))
    return found


def rows_heard(samples):
    """Yield (title, [[(model, css, what was asked, Player)] of each model]): one control at a time, others free."""
    for what in (*NUMBERS, "instrument", "mode", "key", "moving"):
        players = []
        for model, (label, css) in MODELS.items():
            folder = samples / model / what
            if not folder.is_dir():
                continue
            asked, rate = read_json(folder / "asked.json"), read_json(folder / "about.json")["sample_rate_hz"]
            clips = load_array(folder / "clips.npy", np.int16, 2)
            shown = [(i, told(what, asked[i])) for i in chosen(what, asked)]
            loudest = max(float(sound.spectrogram(clips[i], rate, COLUMNS).max()) for i, _ in shown)
            players.append([(label, css, text, listen.player(f"{label}: {name_of(what)}, {text}", clips[i], rate,
                                                             COLUMNS, loudest)) for i, text in shown])
        yield (name_of(what), players)


def chosen(what, asked):
    """Return the numbers of the clips that are played: nobody picked them."""
    if what in NUMBERS:
        return [round(share * (len(asked) - 1)) for share in STEPS]
    kinds = {}
    for i, one in enumerate(asked):
        kinds.setdefault(str(one), i)
    return list(kinds.values())


def told(what, asked):
    """Return what was asked of a clip as text."""
    if what in NUMBERS:
        return f"{short(asked[what])} {UNITS[what]}"
    if what == "moving":
        return "; ".join(f"{NUMBERS[name][0].lower()} from {short(points[0][1])} to {short(points[-1][1])}"
                         for name, points in asked.items())
    return str(asked[what])
