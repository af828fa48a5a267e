"""A score as an engraver sets it (Verovio): SVG that knows when each of its notes sounds; broken rules in red.

A choir of four stands on two staves, as hymn books have it.
"""

import re
import zlib
from dataclasses import replace
from pathlib import Path
from xml.sax.saxutils import quoteattr

from chaconne.running.files import new_file
from chaconne.scores.grid.grid import bar_frames
from chaconne.scores.writing.musicxml import RED, musicxml

OPTIONS = {
    "pageWidth": 1500, "pageHeight": 60000, "adjustPageHeight": True, "scale": 40, "header": "none", "footer": "none",
    "svgViewBox": True, "svgRemoveXlink": True, "breaks": "auto", "smuflTextFont": "none", "lyricSize": 3.0,
}
# One style for the file itself; a page has the same rules in its own style, since its policy lets in no other.
STYLE = f"text {{ font-family: serif }} .syl {{ fill: {RED} }} .now {{ fill: #1f6feb; color: #1f6feb }} " \
        "path, ellipse, polygon, polyline, rect { stroke: currentColor }"


def engrave(grid, violations=(), bars=None):
    """Return the SVG text of a Grid.

    violations: notes they meet are red, the rule's name stands below; bars: how many from the start, None for all.
    `data-tempo` of the root has quarters a minute, `data-at` of a note the quarters from the start to its beginning.
    ValueError where the engraver refuses.
    """
    import verovio

    verovio.enableLog(verovio.LOG_OFF)
    grid, violations = first_bars(grid, violations, bars)
    staves = [(0, 1), (2, 3)] if grid.voices == 4 else [(voice,) for voice in range(grid.voices)]
    # Verovio finds its fonts by itself only in the thread that imported it (findings/verovio_fonts_of_one_thread.sh).
    engraver = verovio.toolkit(False)
    engraver.setResourcePath(str(Path(verovio.__file__).parent / "data"))
    xml = musicxml(grid, violations, staves, tempo=False)
    # Names of glyphs by chance would make two runs differ, one seed for all would let two scores of a page share them.
    engraver.setOptions(OPTIONS | {"xmlIdSeed": 1 + zlib.crc32(xml.encode()) // 4})
    if not engraver.loadData(xml):
        raise ValueError(f"expected a score that can be engraved, got {grid.voices} voices of {grid.frames} sixteenths")
    at = {name: entry["qstamp"] for entry in engraver.renderToTimemap() for name in entry.get("on", ())}

    def timed(found):
        return f'<g data-at="{at[found[1]]:g}" class=' if found[1] in at else "<g class="

    svg = re.sub(r"<style.*?</style>", "", engraver.renderToSVG(1), flags=re.DOTALL)
    svg = re.sub(r'class="[^"]*\bplaceholder\b', r'visibility="hidden" \g<0>', svg)     # marks of sections, no music
    svg = re.sub(r'<g id="([^"]+)" class=', timed, svg)
    label = f"role=\"img\" aria-label={quoteattr('Score of ' + (grid.title or 'a piece'))}"
    return svg.replace("<svg ", f'<svg {label} data-tempo="{grid.tempo_qpm:g}" ', 1)


def write_svg(grid, path, violations=(), bars=None):
    """Write a Grid as an SVG file with a style of its own; see `engrave`."""
    root, _, rest = engrave(grid, violations, bars).partition(">")
    with new_file(path) as temporary:
        temporary.write_text(f"{root}><style>{STYLE}</style>{rest}", encoding="utf-8")


def first_bars(grid, violations, bars):
    """Return (Grid, violations) of the first bars, a pick-up beside them."""
    end = grid.pickup + (bars or 0) * bar_frames(grid.metre)
    if bars is None or end >= grid.frames:
        return grid, violations
    cut = replace(grid, pitch=grid.pitch[:, :end], onset=grid.onset[:, :end], fermata=grid.fermata[:, :end])
    return cut, [v for v in violations if v.frame < end]
