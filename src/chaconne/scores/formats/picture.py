"""A score drawn: staves, notes, accidentals, ties; broken rules in red."""

from dataclasses import dataclass

import numpy as np

from chaconne.running.files import new_file
from chaconne.scores.formats.musicxml_writing import RED, WRITABLE, pieces_of
from chaconne.scores.grid.grid import bar_frames
from chaconne.scores.grid.spelling import LINE, sharps_of, spell

LETTERS = "CDEFGAB"
SIGNS = {-2: "♭♭", -1: "♭", 0: "♮", 1: "♯", 2: "♯♯"}
BOTTOM = {"treble": 30, "bass": 18}  # diatonic places (7 an octave, C0 = 0) of the lowest lines: E4, G2
# Where the signs of a signature stand, as places above the lowest line, in the order they are added.
SHARPS = {"treble": (8, 5, 9, 6, 3, 7, 4), "bass": (6, 3, 7, 4, 1, 5, 2)}
FLATS = {"treble": (4, 7, 3, 6, 2, 5, 1), "bass": (2, 5, 1, 4, 0, 3, -1)}
FRAME = 1.15  # horizontal units (staff spaces) of a sixteenth
HEAD, SYSTEM, STAFF = 9.0, 28.0, 12.0  # room for clef and signature; between systems; between staves, from line to line
WIDTH = 90.0  # of a system, at most


@dataclass
class Staff:
    """One staff of a system; `voices` of the grid stand on it."""

    clef: str
    voices: list

    def place(self, step, octave):
        """Return the height of a note above the lowest line, in spaces."""
        return (7 * octave + LETTERS.index(step) - BOTTOM[self.clef]) / 2


def draw(grid, path, violations=(), bars=None):
    """Draw a Grid into a PNG; violations are red, with the rule's name above; bars: how many, None for all."""
    figure = figure_of(grid, violations, bars)
    with new_file(path) as temporary:
        figure.savefig(temporary, dpi=110, metadata={"Software": None})


def figure_of(grid, violations=(), bars=None):
    """Return a matplotlib Figure of the score, without a window or global state."""
    from matplotlib.figure import Figure

    bar = bar_frames(grid.metre)
    first = grid.pickup - bar if grid.pickup else 0
    starts = list(range(first, grid.frames, bar))[:bars]
    per = max(1, int((WIDTH - HEAD) // (bar * FRAME)))
    lines = [starts[i:i + per] for i in range(0, len(starts), per)]
    staves = staves_of(grid)
    # Two staves take one SYSTEM; each staff more pushes the next system down.
    height = SYSTEM + STAFF * max(0, len(staves) - 2)
    figure = Figure((0.115 * WIDTH, 0.115 * (height * len(lines) + 4)), layout="constrained")
    axes = figure.subplots()
    axes.set_axis_off()
    axes.set_aspect("equal")
    axes.set(xlim=(-1, WIDTH + 1), ylim=(-height * len(lines) + 8, 10))
    if grid.title:
        axes.set_title(grid.title, fontsize=11, loc="left")
    page = Page(axes, grid, staves, violations)
    for number, line in enumerate(lines):
        page.system(-height * number, line, bar)
    return figure


def staves_of(grid):
    """Return the staves: high voices share a treble staff, low ones a bass staff."""
    means = [grid.pitch[v][grid.pitch[v] >= 0].mean() if (grid.pitch[v] >= 0).any() else 60 for v in range(grid.voices)]
    high = [v for v in range(grid.voices) if means[v] >= 60] if grid.voices != 4 else [0, 1]
    low = [v for v in range(grid.voices) if v not in high]
    return [Staff(clef, voices) for clef, voices in (("treble", high), ("bass", low)) if voices]


class Page:
    """Draws systems on one matplotlib Axes; units are staff spaces."""

    def __init__(self, axes, grid, staves, violations):
        self.axes, self.grid, self.staves = axes, grid, staves
        self.sharps = sharps_of(grid.key, grid.mode)
        self.spans = [pieces_of(grid, v) for v in range(grid.voices)]
        self.red = {(name, v.frame) for v in violations for name in v.voices}
        self.words = {}
        for violation in violations:
            self.words.setdefault(violation.frame, []).append(violation.rule.replace("_", " "))

    def system(self, top, starts, bar):
        """Draw one line of music with its lowest treble line at y = top."""
        tops = [top - STAFF * i for i in range(len(self.staves))]
        start = max(starts[0], 0)
        end = min(starts[-1] + bar, self.grid.frames)
        right = HEAD + (end - start) * FRAME - 0.9
        for staff, low in zip(self.staves, tops, strict=True):
            for line in range(5):
                self.axes.plot((0, right), (low + line, low + line), color="0.55", lw=0.5, zorder=0)
            self.opening(staff, low)
        for edge in [start, *[s for s in starts if s > start], end]:
            x = 0 if edge == start else HEAD + (edge - start) * FRAME - 0.9
            self.axes.plot((x, x), (tops[-1], tops[0] + 4), color="0.35", lw=0.7, zorder=0)
        number = self.grid.where(start)[0]
        self.axes.text(0, tops[0] + 5, str(number), fontsize=6, color="0.4")
        for begin in starts:
            self.bar(start, max(begin, 0), min(begin + bar, self.grid.frames), tops)
        said = [frame for frame in self.words if start <= frame < end]
        for place, frame in enumerate(sorted(said)):
            x, y = HEAD + (frame - start) * FRAME, tops[0] + 7.2 + 1.3 * (place % 2)
            self.axes.text(x, y, ", ".join(self.words[frame]), fontsize=4.5, color=RED, ha="center")

    def opening(self, staff, low):
        """Draw clef, signature and, on the first system, the metre."""
        self.axes.text(0.4, low + (1 if staff.clef == "treble" else 3), "G" if staff.clef == "treble" else "F",
                       fontsize=9, va="center", family="serif", style="italic", weight="bold")
        table, sign = (SHARPS, "♯") if self.sharps > 0 else (FLATS, "♭")
        for i in range(abs(self.sharps)):
            self.axes.text(2.6 + 0.85 * i, low + table[staff.clef][i] / 2, sign, fontsize=7, va="center", ha="center")
        if low > -SYSTEM:
            upper, lower = self.grid.metre.split("/")
            for y, text in ((3, upper), (1, lower)):
                self.axes.text(2.6 + 0.85 * abs(self.sharps) + 0.9, low + y, text, fontsize=8, va="center", ha="center",
                               weight="bold")

    def bar(self, start, first, last, tops):
        """Draw the notes of one bar; accidentals hold until its end."""
        key = {LINE[f % 7]: 0 for f in range(7)}
        for i in range(abs(self.sharps)):
            key[LINE[i] if self.sharps > 0 else LINE[6 - i]] = 1 if self.sharps > 0 else -1
        for staff, low in zip(self.staves, tops, strict=True):
            shown = {}
            events = sorted((max(begin, first), v, (begin, end, pitch, fermata)) for v in staff.voices
                            for begin, end, pitch, fermata in self.spans[v] if begin < last and end > first)
            for now, voice, item in events:
                up = voice == staff.voices[0] if len(staff.voices) > 1 else None
                stop = min(item[1], last)
                while now < stop:
                    size = next(w for w in WRITABLE if w <= stop - now)
                    x = HEAD + (now - start) * FRAME
                    if item[2] is None:
                        self.rest(x, low + (3.5 if up else 0.5 if up is False else 2), size)
                    else:
                        self.note(staff, low, x, voice, item, now, size, up, key, shown)
                    now += size

    def rest(self, x, y, size):
        """Draw a rest: a block for a half or whole, a stroke for shorter ones."""
        if size >= 8:
            self.axes.add_patch(_rectangle((x - 0.6, y), 1.2, 0.45, "black"))
        else:
            across, down = (-0.2, 0.3, -0.3, 0.2), (1, 0.3, -0.2, -0.9)
            self.axes.plot(x + np.array(across), y + np.array(down), color="black", lw=1.1)

    def note(self, staff, low, x, voice, item, now, size, up, key, shown):
        """Draw one note head with what belongs to it."""
        from matplotlib.patches import Ellipse

        begin, end, pitch, fermata = item
        step, alter, octave = spell(pitch, self.sharps)
        y = low + staff.place(step, octave)
        up = y < low + 2 if up is None else up
        colour = RED if now == begin and (self.grid.names[voice], begin) in self.red else "black"
        fill = "white" if size >= 8 else colour
        self.axes.add_patch(Ellipse((x, y), 1.25, 0.9, angle=18, fc=fill, ec=colour, lw=1.0, zorder=2))
        for line in [*np.arange(low - 1, y - 0.01, -1), *np.arange(low + 5, y + 0.01, 1)]:
            self.axes.plot((x - 0.95, x + 0.95), (line, line), color="0.35", lw=0.5, zorder=0)
        if shown.get((step, octave), key[step]) != alter and now == begin:
            self.axes.text(x - 1.25, y, SIGNS[alter], fontsize=6.5, va="center", ha="center", color=colour)
            shown[step, octave] = alter
        if size < 16:
            side = 0.57 if up else -0.57
            tip = y + (3.2 if up else -3.2)
            self.axes.plot((x + side, x + side), (y, tip), color=colour, lw=0.8, zorder=1)
            for flag in range({3: 1, 2: 1, 1: 2}.get(size, 0)):
                fy = tip - flag * (0.8 if up else -0.8)
                self.axes.plot((x + side, x + side + 0.8), (fy, fy - (0.9 if up else -0.9)), color=colour, lw=1.1)
        if size in (3, 6, 12):
            self.axes.plot(x + 1.0, y + (0.25 if (y - low) % 1 == 0 else 0), ".", color=colour, ms=1.8)
        if now + size < end:
            self.tie(x, y, size, up)
        if fermata and now == begin:
            self.fermata(x, low + 6 if up else low - 2.4, up)

    def tie(self, x, y, size, up):
        """Draw the bow to the next head of the same note."""
        sweep = np.linspace(0, np.pi, 12)
        across, down = (1 - np.cos(sweep)) * (size * FRAME - 1) / 2, 0.7 + 0.5 * np.sin(sweep)
        self.axes.plot(x + 0.5 + across, y - down if up else y + down, color="0.3", lw=0.7)

    def fermata(self, x, y, up):
        """Draw a bow over a dot."""
        sweep = np.linspace(0, np.pi, 12)
        self.axes.plot(x + 0.9 * np.cos(sweep), y + (0.9 if up else -0.9) * np.sin(sweep), color="black", lw=0.8)
        self.axes.plot(x, y + (0.25 if up else -0.25), ".", color="black", ms=2)


def _rectangle(corner, width, height, colour):
    from matplotlib.patches import Rectangle

    return Rectangle(corner, width, height, fc=colour, ec=colour)

