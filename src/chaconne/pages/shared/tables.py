"""Tables of the page: nested JSON becomes rows of cells, numbers become short text."""

from dataclasses import dataclass, field

from chaconne.evaluation.verdict.contest import leader
from chaconne.evaluation.verdict.nested import leaves
from chaconne.pages.shared.meanings import ARROWS, meaning_of, order_of


@dataclass
class Cell:
    """One number: `value` as in the JSON, `text` as shown, and what stands below it."""

    value: float
    text: str
    interval: str = ""
    ratio: str = ""
    best: bool = False


@dataclass
class Line:
    """One metric across all rows: `cells` has one entry per column, None where nothing was measured."""

    path: str
    label: str
    text: str
    better: str
    cells: list


@dataclass
class Group:
    """Metrics that answer the same question."""

    title: str
    lines: list = field(default_factory=list)


def comparison(rows, intervals, columns, contestants):
    """Return Groups for `rows` {name: nested numbers}, one column each for `columns`.

    contestants: columns that compete; the best is marked when its interval touches no other's.
    The ratio is to the row `real`.
    """
    flat = {name: flatten(rows.get(name, {})) for name in columns}
    bounds = {name: flatten(intervals.get(name, {})) for name in columns}
    real = flatten(rows.get("real", {}))
    groups = {}
    for path in sorted({p for values in flat.values() for p in values}, key=order_of):
        meaning = meaning_of(path)
        floor = real.get(path) if meaning.ratio and clearly_positive(intervals, path) else None
        cells = [
            cell(flat[c].get(path), bounds[c].get(path), None if c == "real" else floor) for c in columns
        ]
        competing = {c: i for i, c in enumerate(columns) if c in contestants and path in flat[c]}
        best = leader(
            meaning.better,
            {c: flat[c][path] for c in competing},
            {c: bounds[c][path] for c in competing if path in bounds[c]},
            bounds.get("real", {}).get(path),
        )
        if best:
            cells[competing[best]].best = True
        line = Line(path, meaning.label, meaning.text, ARROWS[meaning.better], cells)
        groups.setdefault(meaning.group, Group(meaning.group)).lines.append(line)
    return list(groups.values())


def flatten(nested):
    """Return {'fad.logmel': leaf}: dictionaries opened, numbers and lists kept, texts left out."""
    return {path: value for path, value in leaves(nested)
            if isinstance(value, (int, float, list)) and not isinstance(value, bool)}


def cell(value, interval, real):
    """Return the Cell of one number, None for None."""
    if value is None:
        return None
    between = f"{short(interval[0])} to {short(interval[1])}" if interval else ""
    return Cell(value, short(value), between, ratio(value, real))


def clearly_positive(intervals, path):
    """Tell whether the row `real` has an interval that stays above zero: else a ratio to it means nothing."""
    interval = flatten(intervals.get("real", {})).get(path)
    return interval is not None and interval[0] > 0


def ratio(value, real):
    """Return 'N × real', or '' where the ratio would mislead: none, zero or negative ones."""
    return f"{short(value / real, 2)} × real" if real and real > 0 and value >= 0 else ""


def short(value, digits=3):
    """Return a number with `digits` significant digits, thousands and millions as such.

    >>> short(0.0123456), short(3714), short(3_714_000), short(12.0), short(-0.5)
    ('0.0123', '3,714', '3.71 M', '12', '−0.5')
    """
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1e6:
        text = f"{short(size / 1e6)} M"
    elif float(f"{size:.{digits}g}") >= 10**digits or size == int(size):
        text = f"{round(size):,}"
    elif size < 1e-4:
        text = f"{size:.1e}"
    else:
        text = f"{size:.{digits}g}"
    return f"−{text}" if value < 0 else text


def duration(seconds):
    """Return seconds as people say them: '9.4 s', '3 min 20 s', '1 h 5 min'."""
    if seconds < 60:
        return f"{short(seconds, 2 if seconds < 10 else 3)} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def music_of(settings):
    """Return how much music the clips of a table hold, one sentence; '' where its settings do not say so.

    settings: clips, reference_clips; heldout, training: {recordings, seconds}.
    """
    if not {"heldout", "training"} <= set(settings):
        return ""
    held, known = (
        f"{duration(round(music['seconds']))} of {music['recordings']:,} "
        f"recording{'s' * (music['recordings'] != 1)}"
        for music in (settings["heldout"], settings["training"])
    )
    return (
        f"Real is {settings['clips']:,} clips out of {held} that no training met; distances are to "
        f"{settings['reference_clips']:,} training clips out of {known}."
    )
