"""Small charts as inline SVG: curves over steps, ratios with intervals, distances against effort.

Colours are classes of page.css, so that a chart follows the page into the dark. SVG is text for the
page only; its bytes need not be stable.
"""

import json
import math
from html import escape

import numpy as np

WIDTH, HEIGHT = 480, 230
LEFT, RIGHT, TOP, BOTTOM = 48, 12, 10, 34
MOST_POINTS = 240
DECADES = 9  # a ratio chart never shows more


def curves(title, lines, x_label="training step"):
    """Draw lines [(name, css class, steps, values)] over a common axis; returns SVG text."""
    lines = [(name, css, *thin(steps, values)) for name, css, steps, values in lines if steps]
    all_x = [x for _, _, xs, _ in lines for x in xs]
    all_y = np.array([y for _, _, _, ys in lines for y in ys])
    low, high = frame(all_y)
    x_ticks, y_ticks = ticks(0, max(all_x)), ticks(low, high)

    def place(x, y):
        return (
            LEFT + (WIDTH - LEFT - RIGHT) * x / max(all_x),
            HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (min(max(y, low), high) - low) / (high - low),
        )

    parts = [grid_y(place(0, y)[1], tick(y, y_ticks)) for y in y_ticks]
    parts += [text(place(x, low)[0], HEIGHT - BOTTOM + 15, tick(x, x_ticks), "middle") for x in x_ticks]
    parts.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 3, x_label, "middle"))
    for name, css, xs, ys in lines:
        points = " ".join("{:.1f},{:.1f}".format(*place(x, y)) for x, y in zip(xs, ys, strict=True))
        parts.append(
            f'<polyline class="line {css}" points="{points}"><title>{escape(name)}</title></polyline>'
        )
    data = escape(json.dumps([{"name": n, "css": c, "x": xs, "y": ys} for n, c, xs, ys in lines]), quote=True)
    scale = f'data-left="{LEFT}" data-right="{RIGHT}" data-most="{max(all_x)}"'
    return svg(
        f"{title}: {summary(lines)}", HEIGHT, parts, f'class="chart curves" data-lines="{data}" {scale}'
    )


def summary(lines):
    """Return the curve in words, for those who cannot see it."""
    return "; ".join(f"{name} from {ys[0]:.3g} to {ys[-1]:.3g} at step {xs[-1]}" for name, _, xs, ys in lines)


def ratios(title, entries):
    """Draw entries [(label, css class, value, low, high)], all positive, on a logarithmic axis from 1."""
    shown = [v for _, _, *triple in entries for v in triple if v > 0]
    first, last = math.log10(min(shown)) - 0.05, math.log10(max(shown)) + 0.05
    last = min(last, first + DECADES)
    left, row = 20 + 7.5 * max(len(label) for label, *_ in entries), 30
    height = TOP + row * len(entries) + BOTTOM

    def place(value):
        share = (math.log10(max(value, 10**first)) - first) / (last - first)
        return left + (WIDTH - left - RIGHT - 44) * share

    parts = []
    for mark in decades(10**first, 10**last):
        x = place(mark)
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{height - BOTTOM}"/>')
        parts.append(text(x, height - BOTTOM + 15, f"{mark:g}×", "middle"))
    one = place(1)
    parts.append(f'<line class="floor" x1="{one:.1f}" x2="{one:.1f}" y1="{TOP}" y2="{height - BOTTOM}"/>')
    for i, (label, css, value, low, high) in enumerate(entries):
        y = TOP + row * (i + 0.5)
        parts.append(text(left - 12, y + 4, label, "end", "label"))
        parts.append(
            f'<line class="whisker {css}" x1="{place(low):.1f}" x2="{place(high):.1f}" y1="{y}" y2="{y}"/>'
        )
        parts.append(f'<circle class="dot {css}" cx="{place(value):.1f}" cy="{y}" r="5.5"/>')
        parts.append(
            text(
                max(place(value), place(high)) + 10,
                y + 4,
                f"{value:.2g}×" if value < 100 else f"{value:.0f}×",
                "start",
                "label",
            )
        )
    parts.append(
        text((left + WIDTH) / 2, height - 3, "times the distance of real music (log scale)", "middle")
    )
    told = "; ".join(f"{label} {value:.3g} times" for label, _, value, _, _ in entries)
    return svg(f"{title}: {told}", height, parts, 'class="chart"')


def efforts(title, lines, x_label, floor=None):
    """Draw lines [(name, css class, [(x, value, low, high, what it says)])], all positive, on logarithmic axes.

    floor: a value that is drawn across, None for none.
    """
    points = [point for _, _, members in lines for point in members]
    all_x = [x for x, *_ in points]
    all_y = [v for _, *triple, _ in points for v in triple if v > 0] + ([floor] if floor else [])
    first, last = math.log10(min(all_x)) - 0.04, math.log10(max(all_x)) + 0.04
    low, high = math.log10(min(all_y)) - 0.05, math.log10(max(all_y)) + 0.05

    def place(x, y):
        across = (math.log10(x) - first) / (last - first)
        up = (math.log10(max(y, 10**low)) - low) / (high - low)
        return LEFT + (WIDTH - LEFT - RIGHT) * across, HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * up

    parts = [grid_y(place(all_x[0], y)[1], f"{y:g}") for y in decades(10**low, 10**high)]
    if floor:
        y = place(all_x[0], floor)[1]
        parts.append(f'<line class="floor" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
    doubled = sorted(set(all_x)) if len(set(all_x)) <= 10 and all(isinstance(x, int) for x in all_x) else None
    parts += [text(place(x, 1)[0], HEIGHT - BOTTOM + 15, f"{x:g}", "middle")
              for x in apart(doubled or decades(10**first, 10**last), lambda x: place(x, 1)[0])]
    parts.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 3, x_label, "middle"))
    for name, css, members in lines:
        track = " ".join("{:.1f},{:.1f}".format(*place(x, y)) for x, y, *_ in members)
        parts.append(f'<polyline class="line {css}" points="{track}"><title>{escape(name)}</title></polyline>')
        for x, y, least, most, told in members:
            (at, top), (_, bottom), (_, middle) = place(x, most), place(x, least), place(x, y)
            parts.append(f'<line class="whisker {css}" x1="{at:.1f}" x2="{at:.1f}" y1="{top:.1f}" y2="{bottom:.1f}"/>'
                         f'<circle class="dot {css}" cx="{at:.1f}" cy="{middle:.1f}" r="4.5">'
                         f"<title>{escape(told)}</title></circle>")
    said = "; ".join(told for _, _, members in lines for *_, told in members)
    return svg(f"{title}: {said}", HEIGHT, parts, 'class="chart efforts"')


def decades(low, high):
    """Return round numbers between two positive ones, for a logarithmic axis: 1, 2, 5 or 1, 3 or 1 a decade."""
    span = math.log10(high / low)
    marks = (1, 2, 5) if span < 2 else (1, 3) if span < 3 else (1,)
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    found = [m * 10.0**p for p in powers for m in marks if low <= m * 10.0**p <= high]
    return found or [float(f"{math.sqrt(low * high):.2g}")]


def apart(values, place, least=26):
    """Return those of the sorted values whose places leave room for a number between them."""
    kept = []
    for value in values:
        if not kept or place(value) - place(kept[-1]) >= least:
            kept.append(value)
    return kept


def thin(steps, values):
    """Return at most MOST_POINTS points: means of equal stretches."""
    count = -(-len(steps) // MOST_POINTS)
    parts = [slice(i, i + count) for i in range(0, len(steps), count)]
    return ([steps[p][-1] for p in parts], [float(f"{np.mean(values[p]):.5g}") for p in parts])


def frame(values):
    """Return the limits of the y axis: everything but a spike in the first steps, with some air."""
    low, high = float(values.min()), float(np.quantile(values, 0.99))
    high = max(high, float(np.median(values)))
    air = 0.06 * (high - low) or max(abs(high) * 0.1, 1e-6)
    return low - air, high + air


def ticks(low, high, about=4):
    """Return round numbers between low and high."""
    raw = (high - low) / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = power * next(m for m in (1, 2, 2.5, 5, 10) if m * power >= raw * 0.999)
    return [
        round(i * step, 12) for i in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
    ]


def tick(value, all_ticks):
    """Return the text of a tick with as many decimals as its neighbours need."""
    step = all_ticks[1] - all_ticks[0] if len(all_ticks) > 1 else abs(value) or 1
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    decimals += abs(step * 10**decimals - round(step * 10**decimals)) > 1e-6
    return f"{value:,.{decimals}f}".replace("-", "−")


def grid_y(y, label):
    """Return one horizontal grid line with its number."""
    return f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>' + text(
        LEFT - 7, y + 4, label, "end"
    )


def text(x, y, content, anchor, css="tick"):
    """Return one piece of text."""
    return f'<text class="{css}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(content)}</text>'


def svg(label, height, parts, attributes):
    """Return the picture with its description."""
    said = f'role="img" aria-label="{escape(label, quote=True)}"'
    return f'<svg {attributes} viewBox="0 0 {WIDTH} {height}" {said}>{"".join(parts)}</svg>'
