"""Distance against effort: network evaluations when sampling, CPU-seconds of training."""

from collections import defaultdict

from markupsafe import Markup

from chaconne.report import charts
from chaconne.report.tables import duration, short

# {sweep: (heading, what it asks, the axis, its label)}
SWEEPS = {
    "training": (
        "Against training time",
        "What does more training buy, and who is ahead at equal cost?",
        "train_cpu_seconds",
        "CPU-seconds of training (log scale)",
    ),
    "evaluations": (
        "Against function evaluations",
        "How much work does sampling need before it stops getting better?",
        "evaluations",
        "passes through the network (log scale)",
    ),
}


def sections(inputs, labels):
    """Return [(heading, question, command, [(title, legend, chart)])] of every sweep; no charts without its file."""
    found = []
    for name, (heading, question, axis, x_label) in SWEEPS.items():
        points = inputs.sweeps.get(name, [])
        embedders = list(dict.fromkeys(e for point in points for e in point["fad"]))
        drawn = [(f"Fréchet distance, {e}", *chart(points, axis, x_label, e, labels)) for e in embedders]
        found.append((heading, question, f"chaconne sweep {name}", drawn))
    return found


def chart(points, axis, x_label, embedder, labels):
    """Return (legend [(name, css)], SVG) of one embedder: a line for every generator and method."""
    lines = defaultdict(list)
    for point in (p for p in points if embedder in p["fad"] and p.get(axis)):
        lines[point["generator"], point.get("method") or ""].append(point)
    methods = defaultdict(list)
    drawn = []
    for (generator, method), members in lines.items():
        label = labels.get(generator)
        methods[generator].append(method)
        css = f"{label.css if label else 'codec'} method{len(methods[generator])}"
        name = f"{label.name if label else generator}{f', {method}' if method else ''}"
        drawn.append((name, css, [mark(p, axis, embedder, name) for p in sorted(members, key=lambda p: p[axis])]))
    return [(name, css) for name, css, _ in drawn], Markup(charts.efforts(f"Fréchet distance ({embedder})", drawn,
                                                                          x_label))


def mark(point, axis, embedder, name):
    """Return (x, value, low, high, what it says) of one measurement."""
    value = point["fad"][embedder]
    low, high = point.get("intervals", {}).get("fad", {}).get(embedder, (value, value))
    effort = duration(point[axis]) + " CPU" if axis == "train_cpu_seconds" else f"{point[axis]} evaluations"
    made = f", made in {duration(point['sample_seconds'])}" if "sample_seconds" in point else ""
    return point[axis], value, low, high, f"{name}, {effort}{made}: {short(value)} ({short(low)} to {short(high)})"
