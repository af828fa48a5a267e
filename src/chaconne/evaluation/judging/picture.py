"""The ladder as a picture: damage down, judges across, the darker the better a judge follows."""

from html import escape

CELL, HIGH, LEFT, TOP = 58, 26, 300, 96     # pixels
TURN = -38      # degrees of the judges' names


def svg(found):
    """Return what ladder.run gave as SVG (text). A number in a cell: the weakest strength the judge tells from none."""
    judges = sorted(found["judges"], key=lambda judge: -found["judges"][judge]["follows"])
    damages = found["damages"]
    width, height = LEFT + CELL * len(judges) + 60, TOP + HIGH * (len(damages) + 1) + 14
    drawn = [names_of(judges)]
    for number, (name, entry) in enumerate(damages.items()):
        y = TOP + HIGH * number
        steps = ", ".join(f"{strength:g}" for strength in entry["strengths"])
        drawn.append(text(LEFT - 10, y + 17, f"{name}: {steps}", anchor="end", title=f"{name}, {entry['unit']}"))
        drawn += [cell(LEFT + CELL * i, y, entry["judges"][judge]) for i, judge in enumerate(judges)]
    y = TOP + HIGH * len(damages) + 6
    drawn.append(text(LEFT - 10, y + 17, "all, mean", anchor="end"))
    drawn += [text(LEFT + CELL * (i + 0.5), y + 17, f"{found['judges'][judge]['follows']:.2f}")
              for i, judge in enumerate(judges)]
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
            f'font-family="sans-serif" font-size="12"><title>Which measures grow with known damage</title>'
            f'<rect width="{width}" height="{height}" fill="#fff"/>{"".join(drawn)}</svg>\n')


def names_of(judges):
    """Return the heads of the columns, turned."""
    return "".join(
        f'<text transform="translate({LEFT + CELL * (i + 0.5):g} {TOP - 10}) rotate({TURN})">{escape(judge)}</text>'
        for i, judge in enumerate(judges))


def cell(x, y, entry):
    """Return one cell: green where a judge follows (rank correlation 1), red where it runs the other way (-1)."""
    follows, seen = entry["follows"], entry["sees_from"]
    shade = f"hsl({140 if follows > 0 else 8} 45% {96 - 46 * abs(follows):.0f}%)"
    from_where = "no strength from none" if seen is None else f"from {seen:g} on"
    said = f"rank correlation {follows:.2f}; tells {from_where}"
    box = f'<rect x="{x}" y="{y}" width="{CELL - 2}" height="{HIGH - 2}" fill="{shade}"/>'
    return box + text(x + CELL / 2 - 1, y + 16, "·" if seen is None else f"{seen:g}", title=said)


def text(x, y, words, anchor="middle", title=""):
    """Return a line of text; title: what a pointer over it reads."""
    hover = f"<title>{escape(title)}</title>" if title else ""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(words)}{hover}</text>'
