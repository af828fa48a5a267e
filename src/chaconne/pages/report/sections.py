"""What each section of the page shows, as plain values for the template."""

from markupsafe import Markup

from chaconne.evaluation.verdict.nested import leaves
from chaconne.pages.report import scatter
from chaconne.pages.shared import charts, listen, tables
from chaconne.pages.shared.inputs import rows_of
from chaconne.pages.shared.meanings import pretty

SETTINGS = {
    "data": "corpus",
    "genre": "new genre",
    "model": "fine-tuned generator",
    "codec": "codec",
    "scale": "scale",
    "seed": "seed",
    "clips": "clips in every row",
    "clip_seconds": "seconds a clip",
    "reference_clips": "training clips measured against",
}
MUSIC = ("heldout", "training")  # settings that stand beside the numbers, as a sentence
CLOCKS = {
    "train_cpu_seconds": "training, CPU time",
    "begun_cpu_seconds": "training of what it goes on from, CPU time",
    "train_wall_seconds": "training, on the clock",
    "realtime_factor": "seconds of music made in a second, decoder included",
}


def listening(inputs, labels):
    """Return the rows of players; all pictures share their brightness, so that eyes can compare."""
    sounds = inputs.sounds
    loud = listen.loudest_of(sounds["real"])
    return {
        "heard": [listen.clips_of(sounds[name], labels[name], loud) for name in ("real", "codec")],
        "made": [listen.with_piece(sounds[name], labels[name], loud) for name in inputs.generators],
        "controls": [listen.clips_of(sounds[name], labels[name], loud) for name in ("shuffled", "noise")],
    }


def numbers(inputs, labels):
    """Return the comparison table and one chart of Fréchet distances per embedder."""
    rows, intervals = rows_of(inputs.comparison), inputs.comparison.get("intervals", {})
    columns = [name for name in labels if name in rows]
    figures = [
        (embedder, fad_chart(embedder, floor, rows, intervals, labels))
        for embedder, floor in rows["real"]["fad"].items()
        if floor > 0
    ]
    return {
        "columns": columns,
        "music": tables.music_of(inputs.comparison.get("settings", {})),
        "ratio_charts": figures,
        "comparison": tables.comparison(rows, intervals, columns, inputs.generators),
    }


def judges(inputs, labels):
    """Return what the judges of fidelity say of the generators beside real music: the committee first."""
    fidelity = inputs.comparison.get("verdict", {}).get("fidelity", {})
    rows, intervals = rows_of(inputs.comparison), inputs.comparison.get("intervals", {})
    columns = [name for name in labels if name == "real" or name in inputs.generators]
    lines = {line.path: line for group in tables.comparison(rows, intervals, columns, inputs.generators)
             for line in group.lines}
    committee = [path for path in fidelity.get("committee", {}) if path in lines]
    committee.sort(key=lambda path: path != fidelity["metric"])     # the one that decides first
    others = [path for path in fidelity.get("measures", {}) if path in lines and path not in committee]
    groups = [("The committee: a lead needs all of them", committee), ("Beside it", others)]
    return {"judge_columns": columns,
            "judges": [tables.Group(title, [lines[path] for path in paths]) for title, paths in groups if paths]}


def fad_chart(embedder, floor, rows, intervals, labels):
    """Return the Fréchet distances of all rows as multiples of the row `real`."""
    entries = []
    for name in (n for n in labels if embedder in rows.get(n, {}).get("fad", {})):
        value = rows[name]["fad"][embedder]
        low, high = intervals.get(name, {}).get("fad", {}).get(embedder, (value, value))
        entries.append((labels[name].name, labels[name].css, value / floor, low / floor, high / floor))
    return Markup(charts.ratios(f"Fréchet distance ({embedder})", entries))


def projection(inputs, labels):
    """Return the embedder, what the plane shows of the spread, and a scatter of every row."""
    points = inputs.projection["points"]
    framing = ("reference", "real", *inputs.generators)  # rows far from music may lie on the edge
    low, high = scatter.limits([points[name] for name in framing])
    rows = [name for name in labels if name in points]
    return {
        "plane_embedder": inputs.projection["embedder"],
        "plane_share": f"{100 * sum(inputs.projection['variance']):.0f}",
        "scatters": [
            (labels[name], Markup(scatter.panel(labels[name], points[name], points["reference"], low, high)))
            for name in rows
        ],
    }


def curve_sections(curves, generators, labels):
    """Return {title: [(heading, charts)]}: generators side by side."""
    return {"curves_side": [(labels[name].name, panels(curves[f"train_{name}"], labels[name].css))
                            for name in generators if f"train_{name}" in curves]}


def panels(run, css):
    """Return [(metric, chart)] of one training."""
    return [
        (pretty(metric), Markup(charts.curves(pretty(metric), [(pretty(metric), css, *points)])))
        for metric, points in run.items()
    ]


def settings(inputs, labels):
    """Return how this page came about: facts [(name, value)], and every knob of the generators side by side.

    The knobs: [(name, [value or None per generator])] with the generators' names in `knob_columns`.
    """
    known = {key: inputs.params.get(key) for key in ("genre", "model")} | inputs.comparison.get("settings", {})
    known = {key: value for key, value in known.items() if key not in MUSIC}
    knobs = {name: dict(leaves(values)) for name, values in known.pop("generators", {}).items()}
    ordered = sorted(known, key=lambda key: (key not in SETTINGS, [*SETTINGS, key].index(key), key))
    paths = list(dict.fromkeys(path for values in knobs.values() for path in values))
    return {
        "settings": [(SETTINGS.get(key, key.replace("_", " ")), known[key]) for key in ordered],
        "knob_columns": [labels[name].name if name in labels else name for name in knobs],
        "knobs": [(path, [values.get(path) for values in knobs.values()]) for path in sorted(paths)],
    }
