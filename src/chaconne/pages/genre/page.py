"""metrics/genre.html: assembled from what the stages of the branch wrote; it needs nothing but itself."""

from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from chaconne.pages.genre.labels import YOURS, label_kept, label_tuned
from chaconne.pages.shared import charts, listen, policy, sound, tables
from chaconne.pages.shared.inputs import need, read_curves, read_genre, read_sound, rows_of
from chaconne.pages.shared.meanings import SIZE, pretty
from chaconne.running.files import read_json

HERE = Path(__file__).parent
ROWS = ("codec", "before", "after", "scratch", "old_after")     # with samples of their own, as far as they are there
RUNS = {"finetune": "after", "scratch": "scratch"}     # curves: row
CONTEST = ("before", "after", "scratch")     # rows of which the best is marked
PICTURES = ("real", "after", "scratch")
NETWORKS = {"gan": "GAN", "diffusion": "diffusion model", "distilled": "distilled model",
            "musika": "Musika GAN"}


@dataclass
class Inputs:
    """All inputs of the page; sounds, curves: as in chaconne.pages.shared.inputs, corpora: what corpus.json says."""

    finetune: dict
    curves: dict
    sounds: dict
    corpora: dict


def read_inputs(root="."):
    """Read every input below `root`; raises MissingInput naming the stage that makes what is missing."""
    root = Path(root)
    corpora = {name: read_json(need(root, f"data/{name}/corpus.json")) for name in ("corpus", "genre")}
    finetune, samples = read_json(need(root, "metrics/finetune.json")), need(root, "data/samples/finetune")
    sounds = {name: read_sound(root, name, f"data/samples/finetune/{name}")
              for name in ROWS if (samples / name).exists()}
    sounds["real"] = read_genre(root, corpora["genre"]["sample_rate_hz"])
    curves = read_curves(root, need(root, "metrics/curves"))
    return Inputs(finetune, {run: curves[run] for run in RUNS if run in curves}, sounds, corpora)


def render(inputs):
    """Return the page (HTML text) of an `Inputs`."""
    names = (inputs.corpora[name]["name"] for name in ("corpus", "genre"))
    corpus, genre = (YOURS if name == "folder" else name for name in names)
    tuned, kept = label_tuned(inputs.finetune["model"], genre, corpus), label_kept(corpus)
    rows, intervals = rows_of(inputs.finetune), inputs.finetune.get("intervals", {})
    old = {row: rows[row] for row in kept if row in rows}
    context = {
        "title": f"Chaconne: {genre} by machine", "tuned": tuned, "kept": kept, "corpus": corpus, "genre": genre,
        "network": NETWORKS.get(inputs.finetune["model"], inputs.finetune["model"]),
        "ruler": listen.ruler(), "clips_shown": listen.CLIPS,
        "heard": heard(inputs.sounds, tuned, kept), "columns": [row for row in tuned if row in rows],
        "old_columns": list(old), "corpora": inputs.corpora, "short": tables.short,
        "learned": tables.comparison(rows, intervals, [row for row in tuned if row in rows], CONTEST),
        "left": remaining(old, intervals), "curves": curves(inputs.curves, tuned),
        "warnings": inputs.finetune.get("warnings", []), "figures": figures(rows, inputs.finetune, genre, corpus),
        "music": tables.music_of(inputs.finetune.get("settings", {})),
    }
    rules = [f".hz i:nth-child({i}){{bottom:{100 * share:.1f}%}}" for i, (share, _) in enumerate(context["ruler"], 1)]
    return policy.render(HERE / "genre.html", context, rules=rules)


def heard(sounds, tuned, kept):
    """Return the rows of players; pictures of the genre share their brightness, so that eyes can compare."""
    loudest = listen.loudest_of(sounds["real"])
    found = [listen.clips_of(sounds[row], label, loudest) for row, label in tuned.items() if row in sounds]
    return [*found, listen.clips_of(sounds["old_after"], kept["old_after"], listen.loudest_of(sounds["before"]))]


def remaining(old, intervals):
    """Return the table of what is left of the old corpus; its sizes stand in the other one."""
    names = {row: row.removeprefix("old_") for row in old}      # ratios are to the row `real`
    groups = tables.comparison({names[row]: values for row, values in old.items()},
                               {names[row]: intervals.get(row, {}) for row in old}, list(names.values()),
                               ("before", "after"))
    return [group for group in groups if group.title != SIZE]


def figures(rows, finetune, genre, corpus):
    """Return [(number, text, css)]: what was gained of the new music, what was lost of the old one."""
    embedder = next(iter(rows["real"]["fad"]))
    fad = {row: values["fad"][embedder] for row, values in rows.items()}
    found = [(f"{tables.short(fad['before'], 2)} → {tables.short(fad['after'], 2)}",
              f"Fréchet distance ({embedder}) to {genre}; held-out music: {tables.short(fad['real'], 2)}", "after"),
             (f"{tables.short(fad['old_before'], 2)} → {tables.short(fad['old_after'], 2)}",
              f"the same to {corpus}: what was forgotten", "before")]
    if "scratch" in fad:
        found.append((tables.short(fad["scratch"], 2), f"to {genre}, trained from scratch for as long", "scratch"))
    return found


def curves(runs, tuned):
    """Return [(metric, chart)]: fine-tuning, and the training from scratch where there was one."""
    metrics = sorted({metric for run in runs.values() for metric in run})
    return [(pretty(metric), Markup(charts.curves(pretty(metric), [
        (tuned[RUNS[name]].name, tuned[RUNS[name]].css, *run[metric]) for name, run in runs.items() if metric in run])))
        for metric in metrics]


def write_pictures(inputs, folder):
    """Write <row>.png into `folder`: the first clips of real, fine-tuned and, where it is there, new music."""
    for name in (name for name in PICTURES if name in inputs.sounds):
        one = inputs.sounds[name]
        strip = sound.strip(one.clips[:listen.CLIPS], one.sample_rate_hz)
        Path(folder, f"{name}.png").write_bytes(sound.png(strip))
