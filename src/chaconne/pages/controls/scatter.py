"""Asked against heard: a point for each clip, on axes with the same range."""

import math
from html import escape

from chaconne.pages.shared.charts import BOTTOM, LEFT, RIGHT, TOP, WIDTH, grid_y, svg, text, tick, ticks

HEIGHT = 300
CSS = {"gan": "g1", "diffusion": "g2"}


def scatter(number, heard):
    """Return SVG text. heard: {model: {number: {asked: [N], heard: [N]}}}; NaN is written as null and left out."""
    points = {model: [(a, b) for a, b in zip(one[number]["asked"], one[number]["heard"], strict=True)
                      if b is not None and math.isfinite(b)] for model, one in heard.items() if number in one}
    values = [value for some in points.values() for point in some for value in point]
    low, high = min(values), max(values)
    air = 0.04 * (high - low) or 1
    low, high = low - air, high + air
    marks = [mark for mark in ticks(low, high) if low <= mark <= high]

    def x(value):
        return LEFT + (WIDTH - LEFT - RIGHT) * (value - low) / (high - low)

    def y(value):
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - low) / (high - low)

    parts = [grid_y(y(mark), tick(mark, marks)) for mark in marks]
    parts += [text(x(mark), HEIGHT - BOTTOM + 15, tick(mark, marks), "middle") for mark in marks]
    parts.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 3, "asked for (up: heard)", "middle"))
    parts.append(f'<line class="floor" x1="{x(low):.1f}" y1="{y(low):.1f}" x2="{x(high):.1f}" y2="{y(high):.1f}"/>')
    for model, some in points.items():
        path = "".join(f"M{x(a):.1f} {y(b):.1f}h0" for a, b in some)
        parts.append(f'<path class="dots {CSS[model]}" d="{path}"><title>{escape(model)}</title></path>')
    return svg(f"{number}: asked against heard", HEIGHT, parts, 'class="chart scatter"')
