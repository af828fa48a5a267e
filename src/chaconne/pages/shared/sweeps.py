"""Distance against effort: network evaluations when sampling, CPU-seconds of training, steps of fine-tuning."""

from collections import defaultdict
from dataclasses import dataclass

from markupsafe import Markup

from chaconne.pages.shared import charts
from chaconne.pages.shared.tables import duration, short

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
    "finetuning": (
        "Against the budget of fine-tuning",
        "How much sooner is a fine-tuned network good than one trained from scratch, and what does it forget?",
        "steps",
        "steps (log scale)",
    ),
}
UNITS = {"evaluations": "evaluations", "steps": "steps"}


@dataclass(frozen=True)
class Sweep:
    """One sweep as the page shows it. charts: [(title, legend, SVG)], none without a file.

    ours: whether its models are those of this page, so that the row `real` is its floor, too;
    untimed: measurements that are not drawn, because nothing timed their training.
    """

    heading: str
    question: str
    command: str
    ours: bool
    untimed: int
    charts: list


def sections(inputs, labels):
    """Return a Sweep for every entry of SWEEPS."""
    found = []
    for name, (heading, question, axis, x_label) in SWEEPS.items():
        measured = inputs.sweeps.get(name, [])
        points = [point for point in measured if point.get(axis)]
        if name == "finetuning":
            floor, ours = inputs.finetune["real"], shown(points, inputs.finetune)
        else:
            settings = inputs.comparison.get("settings", {}).get("generators", {})
            floor, ours = inputs.comparison["real"], same_models(points, settings)
        real = floor["fad"] if ours else {}
        embedders = list(dict.fromkeys(e for point in points for e in point["fad"]))
        drawn = [(f"Fréchet distance, {e}", *chart(points, axis, x_label, e, labels, real.get(e))) for e in embedders]
        found.append(Sweep(heading, question, f"chaconne sweep {name}", ours, len(measured) - len(points), drawn))
    return found


def same_models(points, generators):
    """Tell whether the longest training of each generator in a sweep took as many steps as that of this page."""
    longest = defaultdict(int)
    for point in points:
        longest[point["generator"]] = max(longest[point["generator"]], point["steps"])
    return all(generators.get(name, {}).get("train", {}).get("steps") == most for name, most in longest.items())


def shown(points, finetune):
    """Tell whether one of the points is the fine-tuned model of this page."""
    return any(point["fad"] == finetune["after"]["fad"] for point in points)


def chart(points, axis, x_label, embedder, labels, real=None):
    """Return (legend [(name, css)], SVG) of one embedder: a line for every generator and method, or way.

    real: the distance of real music, drawn as the floor.
    """
    lines = defaultdict(list)
    for point in (p for p in points if embedder in p["fad"]):
        lines[point["generator"], point.get("way") or point.get("method") or ""].append(point)
    methods = defaultdict(list)
    drawn = []
    for (generator, method), members in lines.items():
        label = labels.get(generator)
        methods[generator].append(method)
        css = f"{label.css if label else 'codec'} method{len(methods[generator])}"
        name = f"{label.name if label else generator}{f', {method}' if method else ''}"
        drawn.append((name, css, [mark(p, axis, embedder, name) for p in sorted(members, key=lambda p: p[axis])]))
    legend = [(name, css) for name, css, _ in drawn] + ([("Real, the floor", "real")] if real else [])
    return legend, Markup(charts.efforts(f"Fréchet distance ({embedder})", drawn, x_label, real))


def mark(point, axis, embedder, name):
    """Return (x, value, low, high, what it says) of one measurement."""
    value = point["fad"][embedder]
    low, high = point.get("intervals", {}).get("fad", {}).get(embedder, (value, value))
    effort = duration(point[axis]) + " CPU" if axis == "train_cpu_seconds" else f"{point[axis]} {UNITS[axis]}"
    made = f", made in {duration(point['sample_seconds'])}" if "sample_seconds" in point else ""
    return point[axis], value, low, high, f"{name}, {effort}{made}: {short(value)} ({short(low)} to {short(high)})"
