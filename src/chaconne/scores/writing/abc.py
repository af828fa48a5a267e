"""ABC notation of a Grid: every bar full, notes over a barline tied."""

from chaconne.running.files import new_file
from chaconne.scores.grid.grid import REST, bar_frames, beat_frames
from chaconne.scores.grid.spelling import FIFTHS, sharps_of, spell

SIGNS = {-2: "__", -1: "_", 0: "=", 1: "^", 2: "^^"}
SHARP_ORDER = "FCGDAEB"
BARS = 4  # in a line


def abc_of(grid, number=1):
    """Return the ABC text of a Grid; ValueError when the last bar is not full.

    A pick-up is filled up by the last bar, as in printed tunes. Several voices stand line by line below each other.
    """
    bar = bar_frames(grid.metre)
    if (grid.frames - grid.pickup) % bar not in (0, bar - grid.pickup):
        raise ValueError(f"ABC: expected whole bars of {grid.metre}, got {grid.frames - grid.pickup} sixteenths after "
                         "the pick-up")
    sharps = sharps_of(grid.key, grid.mode)
    head = [f"X:{number}", f"T:{' '.join(grid.title.split()) or 'Untitled'}", f"M:{grid.metre}", "L:1/16",
            f"Q:1/4={grid.tempo_qpm:g}"]
    if grid.voices == 1:
        return "\n".join([*head, f"K:{key_of(grid)}", *lines_of(grid, bar, sharps)]) + "\n"
    low = [grid.pitch[voice].max(initial=60) < 62 for voice in range(grid.voices)]
    head += [f'V:{voice + 1} clef={"bass" if low[voice] else "treble"} name="{name}"'
             for voice, name in enumerate(grid.names)]
    each = [lines_of(grid.select([voice]), bar, sharps) for voice in range(grid.voices)]
    body = [f"[V:{voice + 1}] {line}" for system in zip(*each, strict=True) for voice, line in enumerate(system)]
    return "\n".join([*head, f"K:{key_of(grid)}", *body]) + "\n"


def lines_of(grid, bar, sharps):
    """Return the lines of a voice, BARS in each; a pick-up stands before the first."""
    bars = [bar_text(grid, begin, end, sharps) for begin, end in spans(grid, bar)]
    first, rest = (bars[:1], bars[1:]) if grid.pickup else ([], bars)
    lines = [rest[i:i + BARS] for i in range(0, len(rest), BARS)]
    body = [" | ".join(line) + (" |" if line is not lines[-1] else " |]") for line in lines]
    if first:
        body[0] = f"{first[0]} | {body[0]}"
    return body


def write_abc(grid, path, number=1):
    """Write a Grid as an ABC file."""
    with new_file(path) as temporary:
        temporary.write_text(abc_of(grid, number), encoding="utf-8")


def spans(grid, bar):
    """Return [begin, end) of every bar, the pick-up first."""
    edges = [0, *range(grid.pickup, grid.frames, bar)] if grid.pickup else list(range(0, grid.frames, bar))
    return list(zip(edges, [*edges[1:], grid.frames], strict=True))


def key_of(grid):
    """Return the K: field; keys whose signature would be simpler in flats are named so, as the spelling is."""
    sharps = sharps_of(grid.key, grid.mode)
    # The tonic on the line of fifths: F C G D ... from the signature.
    fifths = sharps + (3 if grid.mode == "minor" else -FIFTHS.get(grid.mode, 0))
    letter, alter = SHARP_ORDER[(fifths + 1) % 7], (fifths + 1) // 7
    tonic = letter + {-1: "b", 0: "", 1: "#"}[alter]
    if grid.mode == "freygish":
        step, raised, _ = third_of(grid, sharps)
        return f"{tonic}phr {SIGNS[raised]}{step.lower()}"
    return tonic + ("m" if grid.mode == "minor" else grid.mode[:3] if grid.mode in FIFTHS else "")


def third_of(grid, sharps):
    """Return (step, sign in semitones, octave) of the major third of a key."""
    return spell(grid.tonic + 64, sharps)


def bar_text(grid, begin, end, sharps):
    """Return the notes of one bar, beamed by beats."""
    signature = dict.fromkeys("CDEFGAB", 0)
    for i in range(abs(sharps)):
        signature[SHARP_ORDER[i] if sharps > 0 else SHARP_ORDER[6 - i]] = 1 if sharps > 0 else -1
    if grid.mode == "freygish":
        step, raised, _ = third_of(grid, sharps)
        signature[step] = raised    # the key field says so
    shown, text, beat = {}, "", beat_frames(grid.metre)
    for start, stop, pitch, tied in events(grid, begin, end):
        # A space parts beams: where a beat begins.
        text += " " if text and (start - grid.pickup) % beat == 0 else ""
        length = str(stop - start) if stop - start > 1 else ""
        text += f"z{length}" if pitch == REST else note(pitch, sharps, signature, shown) + length + "-" * tied
    return text


def events(grid, begin, end):
    """Yield (start, stop, pitch, tied on) of what sounds or rests between two barlines."""
    pitch, onset = grid.pitch[0], grid.onset[0]
    start = begin
    while start < end:
        stop = start + 1
        while stop < end and not onset[stop] and pitch[stop] == pitch[start]:
            stop += 1
        tied = stop == end and stop < grid.frames and pitch[start] != REST and pitch[stop] == pitch[start] \
            and not onset[stop]
        yield start, stop, int(pitch[start]), tied
        start = stop


def note(pitch, sharps, signature, shown):
    """Return a note's letter with octave marks and, where the bar does not say it yet, its accidental.

    Some readers take an accidental for all octaves, as the standard has it (11.3), others for its own: `shown` keeps
    both, and what would be wrong for either is written.
    """
    letter, alter, octave = spell(pitch, sharps)
    sign = ""
    if {shown.get(reach, signature[letter]) for reach in (letter, (letter, octave))} != {alter}:
        sign = SIGNS[alter]
        shown[letter] = shown[letter, octave] = alter
    # C4 is C, C5 is c.
    marks = "'" * (octave - 5) if octave >= 5 else "," * (4 - octave)
    return sign + (letter.lower() if octave >= 5 else letter) + marks
