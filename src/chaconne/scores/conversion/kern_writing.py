"""Humdrum **kern of a Grid: one spine a voice, the lowest first (humdrum.org/guide, the **kern representation)."""

from chaconne.running.files import new_file
from chaconne.scores.grid.grid import bar_frames
from chaconne.scores.grid.spelling import sharps_of, spell
from chaconne.scores.writing.musicxml import WRITABLE, pieces_of

RECIPROCALS = {16: "1", 12: "2.", 8: "2", 6: "4.", 4: "4", 3: "8.", 2: "8", 1: "16"}   # of WRITABLE
SHARPS = "fcgdaeb"
MODES = {"dorian": "dor", "phrygian": "phr", "lydian": "lyd", "mixolydian": "mix", "locrian": "loc"}


def write_kern(grid, path):
    """Write a Grid as a **kern file."""
    with new_file(path) as temporary:
        temporary.write_text(kern_of(grid), encoding="utf-8")


def kern_of(grid):
    """Return the **kern text of a Grid."""
    voices, bar = range(grid.voices - 1, -1, -1), bar_frames(grid.metre)
    sharps = sharps_of(grid.key, grid.mode)
    tokens = [events(grid, voice, bar, sharps) for voice in voices]
    lines = [f"!!!OTL: {' '.join(grid.title.split())}"] if grid.title else []
    lines += [row("**kern" for _ in voices), row(f'*I"{grid.names[voice]}' for voice in voices),
              row("*clefF4" if grid.pitch[voice].max(initial=60) < 62 else "*clefG2" for voice in voices)]
    lines += [row(field for _ in voices) for field in (
        f"*k[{signature(sharps)}]", f"*{key_of(grid, sharps)}", f"*M{grid.metre}", f"*MM{grid.tempo_qpm:g}")]
    for frame in range(grid.frames):
        since = frame - grid.pickup
        if since >= 0 and since % bar == 0:
            lines.append(row(f"={since // bar + 1}" + "-" * (frame == 0) for _ in voices))
        if any(frame in spine for spine in tokens):
            lines.append(row(spine.get(frame, ".") for spine in tokens))
    return "\n".join([*lines, row("==" for _ in voices), row("*-" for _ in voices)]) + "\n"


def row(fields):
    """Return one record: a field for each spine."""
    return "\t".join(fields)


def events(grid, voice, bar, sharps):
    """Return {frame: token} of a voice: notes and rests, parted and tied where no single value is that long."""
    found = {}
    for begin, end, pitch, fermata in pieces_of(grid, voice):
        now = begin
        while now < end:
            until = min(end, now + bar - (now - grid.pickup) % bar)
            size = next(w for w in WRITABLE if w <= until - now)
            last = now + size == end
            tie = "" if pitch is None or (now == begin and last) else "[" if now == begin else "]" if last else "_"
            name = "r" if pitch is None else name_of(pitch, sharps)
            token = f"{RECIPROCALS[size]}{name}" + ";" * (last and bool(fermata))
            found[now] = f"[{token}" if tie == "[" else token + tie
            now += size
    return found


def name_of(pitch, sharps):
    """Return c for C4, cc for C5, C for C3, with # or - for each semitone of its sign."""
    step, alter, octave = spell(pitch, sharps)
    letters = step.lower() * (octave - 3) if octave >= 4 else step * (4 - octave)
    return letters + "#" * alter + "-" * -alter


def signature(sharps):
    """Return what stands in *k[...]: 'f#c#'."""
    return "".join(f"{letter}#" for letter in SHARPS[:sharps]) if sharps > 0 else "".join(
        f"{letter}-" for letter in SHARPS[::-1][:-sharps])


def key_of(grid, sharps):
    """Return 'G:', 'a:' or 'd:dor'."""
    step, alter, _ = spell(grid.tonic + 60, sharps)
    minor = grid.mode in ("minor", "dorian", "phrygian", "locrian")
    return (step.lower() if minor else step) + "#" * alter + "-" * -alter + ":" + MODES.get(grid.mode, "")
