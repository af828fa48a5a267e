"""Clouds of clips: every row as points of one plane, over the points of the reference."""

from html import escape

import numpy as np

from chaconne.pages.shared.charts import svg

WIDTH, HEIGHT, AIR = 480, 380, 12
MOST_REFERENCE = 600  # points of the reference that are drawn
SHOWN = 0.995  # share of the points inside the picture; the rest stand on its edge


def limits(clouds):
    """Return (low, high), each [2]: what the picture shows of points [N, 2] of several clouds."""
    points = np.concatenate(clouds)
    low, high = np.quantile(points, [1 - SHOWN, SHOWN], axis=0)
    air = 0.05 * (high - low) + 1e-6
    return low - air, high + air


def panel(label, points, reference, low, high):
    """Draw `points` [N, 2] of a row over those of the reference; returns SVG text."""
    step = -(-len(reference) // MOST_REFERENCE)
    outside = int(((points < low) | (points > high)).any(1).sum())
    told = f"{label.name}: {len(points)} clips over those of the reference"
    told += f", {outside} of them outside the picture, drawn on its edge" if outside else ""
    parts = [
        f'<rect class="frame" x="1" y="1" width="{WIDTH - 2}" height="{HEIGHT - 2}"/>',
        dots("ground", reference[::step], low, high),
        dots(label.css, points, low, high),
        f"<title>{escape(told)}</title>",
    ]
    return svg(told, HEIGHT, parts, 'class="chart scatter"')


def dots(css, points, low, high):
    """Return one path of round dots."""
    share = (np.clip(points, low, high) - low) / (high - low)
    x = AIR + share[:, 0] * (WIDTH - 2 * AIR)
    y = HEIGHT - AIR - share[:, 1] * (HEIGHT - 2 * AIR)
    return f'<path class="dots {css}" d="{"".join(f"M{a:.1f} {b:.1f}h0" for a, b in zip(x, y, strict=True))}"/>'
