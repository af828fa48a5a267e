"""metrics/counterpoint.html: assembled from what the symbolic branch wrote; it needs nothing but itself."""

import re
from dataclasses import dataclass
from pathlib import Path

import soundfile
from markupsafe import Markup

from chaconne.pages.shared import charts, policy, sound
from chaconne.pages.shared.inputs import need, read_curves
from chaconne.pages.shared.tables import short
from chaconne.running.files import read_json
from chaconne.running.pipeline import look_up

HERE = Path(__file__).parent
ROWS = {
    "bach": ("Bach, all", "Every chorale that training, validation and test have.", "real"),
    "bach_matched": ("Bach, matched", "His held-out pieces, cut like the samples: compare with this row.", "real"),
    "model": ("Trained", "The network as it learned Bach, one draw for each piece.", "g1"),
    "best_of_k": ("Trained, best of k", "Of several draws the one nearest to Bach's band.", "g1"),
    "guided": ("Trained, guided", "One draw; the rules speak while notes are drawn.", "g2"),
    "reinforced": ("Reinforced", "After reinforcement, one draw for each piece.", "g3"),
    "reinforced_best_of_k": ("Reinforced, best of k", "Of several draws the one nearest to Bach's band.", "g3"),
    "rules_only": ("Rules alone", "No learning: search with the same rules.", "codec"),
}
REAL = ("Real", "Held-out clips of the corpus: the floor.", "real")
RULES = {
    "parallels": "parallel fifths, octaves, unisons", "hidden": "hidden fifths and octaves", "crossing": "voices cross",
    "overlap": "voices overlap", "spacing": "too far apart", "range": "out of range",
    "leading_tone": "leading tone not resolved", "doubled_leading_tone": "leading tone doubled",
    "seventh": "seventh not resolved", "melodic": "awkward step", "dissonance": "dissonance on the beat",
    "nonchord": "no chord on the beat",
}
OTHERS = {
    "VL": ("rules 1 to 10", "VL"), "TOTAL": ("all twelve", "TOTAL"), "density": ("moves a beat and voice", "density"),
    "melodic_entropy": ("bits of melodic 4-grams", "entropy.melodic"),
    "sonority_entropy": ("bits of sonorities", "entropy.sonority"),
    "in_key": ("share of notes in the key asked for", "in_key"),
    "rests": ("share of rests", "rests"), "unison": ("share of unisons", "unison"),
    "nats_per_note": ("nats per note (see below)", "nats_per_note"),
    "distance": ("distance to Bach's band", "distance"), "agreement": ("agreement with Bach's voices", "agreement"),
}
HEARD = {
    "log-mel distance": "fad.logmel", "distance in notes": "fad.notes", "musicnn's distance": "fad.musicnn",
    "coverage": "coverage", "similar neighbours": "adjacent_similarity", "attacks a second": "notes.onset_rate",
    "dissonance": "notes.dissonance", "chords: distance": "notes.simultaneity_distance",
}
KINDS = {"free": "Composed from nothing", "harmonised": "Under sopranos that training never met"}
SHOWN = ("bach", "model", "reinforced", "reinforced_best_of_k", "rules_only")


@dataclass
class Work:
    """One piece: title, what it breaks, data: URIs of its score and sound; abc: its text, for tunes."""

    title: str
    said: str
    score: str
    audio: str
    abc: str = ""


def render(root="."):
    """Return the page (HTML text); raises MissingInput that names the stage to run."""
    root = Path(root)
    table = read_json(need(root, "metrics/counterpoint.json"))
    learned = read_json(need(root, "metrics/counterpoint_learning.json"))
    audio = read_json(need(root, "metrics/counterpoint_audio.json"))
    pieces = need(root, "data/counterpoint/pieces")
    training = read_curves(root, need(root, "metrics/curves/train_counterpoint"))
    reinforcing = read_curves(root, need(root, "metrics/curves/reinforce"))
    context = {
        "title": "Chaconne: counterpoint",
        "tables": [(title, columns_of(rows), lines(rows, table["band"]), gates(table["gates"][kind]))
                   for (kind, title), rows in zip(KINDS.items(), (table, table["harmonised"]), strict=True)],
        "gain": short(table["given_soprano_gain"]), "stopped": table["stopped"],
        "read": (table["works"], table["tunes"]),
        "heard": heard(audio), "measures": list(HEARD), "clips": audio["settings"],
        "learned": learned, "short": short, "rows": ROWS,
        "works": [(KINDS[kind], [(ROWS["bach_matched" if row == "bach" else row], works(pieces / "works", kind, row))
                                 for row in SHOWN]) for kind in KINDS],
        "tunes": [tune(path) for path in sorted((pieces / "tunes").glob("*.abc"))],
        "training": training_charts(training),
        "reinforcing": reinforcing_charts(reinforcing.get("steps", {}), table["band"]),
    }
    return policy.render(HERE / "scorebook.html", context)


def columns_of(rows):
    """Return [(row, name, text, css)] of the rows that were measured."""
    return [(name, *said) for name, said in ROWS.items() if name in rows]


def lines(rows, band):
    """Return [(label, Bach's band as text, [number or None])] of all measures."""
    names = [name for name, *_ in columns_of(rows)]
    found = [(text, " to ".join(short(edge, 2) for edge in band[rule]), [rows[name]["rates"][rule] for name in names])
             for rule, text in RULES.items()]
    for key, (text, path) in OTHERS.items():
        cells = [look_up(rows[name], path) for name in names]
        if any(cell is not None for cell in cells):
            limits = " to ".join(short(edge, 2) for edge in band[key]) if key in band else ""
            found.append((text, limits, cells))
    return found


def heard(audio):
    """Return [(name, text, css, [(number or None, interval as text)])] of held-out music and the composers as audio."""
    found = []
    for row in (name for name in ("real", *SHOWN) if name in audio["rows"]):    # files are sorted, readers are not
        measured = audio["rows"][row]
        said = REAL if row == "real" else ROWS["bach_matched" if row == "bach" else row]
        spans = [look_up(audio["intervals"][row], path) for path in HEARD.values()]
        cells = [(look_up(measured, path), f"{short(span[0])} to {short(span[1])}" if span else "")
                 for path, span in zip(HEARD.values(), spans, strict=True)]
        found.append((*said, cells))
    return found


def gates(found):
    """Return [(name, value, limit, held)]."""
    return [(name.replace("_", " "), short(one["value"]), short(one["limit"]), one["held"])
            for name, one in found.items()]


def works(folder, kind, row):
    """Return the Works of a row."""
    found = []
    for path in sorted(Path(folder).glob(f"{kind}.{row}.*.json")):
        about = read_json(path)
        counts = {RULES.get(name, name.replace("_", " ")): count for name, count in about["counts"].items()}
        broken = [f"{name} {count}" for name, count in counts.items() if count]
        said = f"{about['key']}, {about['metre']}; breaks: {', '.join(broken) or 'nothing'}"
        found.append(work(path.with_suffix(""), about["title"], said))
    return found


def tune(path):
    """Return the Work of a tune."""
    text = path.read_text(encoding="utf-8")
    return work(path.with_suffix(""), f"Tune {path.stem}", "", text)


def work(path, title, said, abc=""):
    """Return the Work whose files are PATH.svg and PATH.wav."""
    score, wav = (path.with_name(path.name + ending) for ending in (".svg", ".wav"))
    samples, rate = soundfile.read(wav, dtype="int16")
    # The page's policy lets in no style but its own, which has the same rules.
    svg = re.sub(r"<style>.*?</style>", "", score.read_text(encoding="utf-8"), count=1)
    return Work(title, said, Markup(svg),
                sound.data_uri("audio/mpeg", sound.mp3(samples, rate)), abc)


def training_charts(runs):
    """Return [(title, chart)]: fine-tuning beside training from nothing, then the others."""
    css = {"finetune": "after", "scratch": "scratch", "pretrain": "codec", "tunes": "g4"}
    found = []
    for title, names in (("Bach: validation, nats per note, free and under the soprano", ("finetune", "scratch")),
                         ("Other polyphony: validation", ("pretrain",)), ("Tunes: validation", ("tunes",))):
        drawn = [(name, css[name], *runs[name]["valid"]) for name in names if "valid" in runs.get(name, {})]
        if drawn:
            found.append((title, [(name, colour) for name, colour, *_ in drawn], Markup(charts.curves(title, drawn))))
    return found


def reinforcing_charts(run, band):
    """Return [(title, Bach's band as text, chart)] of what was logged while the network was reinforced."""
    found = []
    for name, (steps, values) in run.items():
        rule = name.removeprefix("rate/")
        title = RULES.get(rule, rule.replace("/", ": ").replace("_", " "))
        limits = " to ".join(short(edge, 2) for edge in band[rule]) if rule in band else ""
        found.append((title, limits, Markup(charts.curves(title, [(title, "g3", steps, values)]))))
    return found
