"""MIDI files: one track and one instrument a voice.

Sequencers show the notes; what MIDI has no message for (fermatas, the title, the mode of the key) stands in
text events that begin with 'chaconne', so that a file comes back as it went out.
"""

import warnings

from chaconne.running.files import new_file
from chaconne.scores.formats.lines import Found
from chaconne.scores.grid.grid import QUARTER, bar_frames, notes_of
from chaconne.scores.pieces.score import TONICS

RESOLUTION = 960  # ticks a quarter
VELOCITY = 90
MARK = "chaconne"


def write_midi(grid, path):
    """Write a Grid as a MIDI file; a pick-up is a first bar with a time signature of its own."""
    import pretty_midi as pm

    seconds = 60 / grid.tempo_qpm / QUARTER  # of a frame
    midi = pm.PrettyMIDI(resolution=RESOLUTION, initial_tempo=grid.tempo_qpm)
    upper, lower = map(int, grid.metre.split("/"))
    if grid.pickup:
        # 16 is the grid; a pick-up of whole quarters reads better as such.
        unit = 4 if grid.pickup % QUARTER == 0 else 16
        midi.time_signature_changes.append(pm.TimeSignature(grid.pickup * unit // 16, unit, 0.0))
    midi.time_signature_changes.append(pm.TimeSignature(upper, lower, grid.pickup * seconds))
    midi.key_signature_changes.append(pm.KeySignature(grid.tonic + 12 * (grid.mode == "minor"), 0.0))
    notes = notes_of(grid)
    texts = [(0.0, f"key {grid.key} {grid.mode}"), (0.0, f"title {grid.title}")]
    for voice, (name, program) in enumerate(zip(grid.names, grid.instruments, strict=True)):
        track = pm.Instrument(program, name=name)
        for i in (notes["voice"] == voice).nonzero()[0]:
            start, end = notes["onset"][i] * QUARTER, (notes["onset"][i] + notes["duration"][i]) * QUARTER
            track.notes.append(pm.Note(VELOCITY, int(notes["pitch"][i]), start * seconds, end * seconds))
            if notes["fermata"][i]:
                texts.append((start * seconds, f"fermata {name}"))
        midi.instruments.append(track)
    # MIDI texts are Latin-1; what it lacks becomes a question mark.
    midi.text_events = [pm.Text(f"{MARK} {text}".encode("latin-1", "replace").decode("latin-1"), time)
                        for time, text in texts]
    with new_file(path) as temporary:
        midi.write(str(temporary))


def read_midi(path):
    """Return what a MIDI file holds as Found; drums are left out. ValueError when it is no MIDI file."""
    import pretty_midi as pm

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            midi = pm.PrettyMIDI(str(path))
    except (OSError, ValueError, EOFError, KeyError, IndexError) as error:
        raise ValueError(f"expected a MIDI file, got something else: {error or type(error).__name__}") from None

    def quarters(seconds):
        return midi.time_to_tick(seconds) / midi.resolution

    texts = [(t.time, t.text.split(" ", 2)[1:]) for t in midi.text_events if t.text.startswith(MARK + " ")]
    texts = [(time, (*words, "")[:2]) for time, words in texts if words]
    held = {(round(quarters(time) * QUARTER), name) for time, (kind, name) in texts if kind == "fermata"}
    said = {kind: value for _, (kind, value) in reversed(texts)}
    drums = [i for i in midi.instruments if i.is_drum]
    lines, notes = {}, []
    for track in midi.instruments:
        if track.is_drum or not track.notes:
            continue
        line, name = len(lines), clean(track.name)
        lines[line] = (name, track.program)
        for note in track.notes:
            onset = quarters(note.start)
            fermata = int((round(onset * QUARTER), name) in held)
            notes.append((onset, quarters(note.end) - onset, note.pitch, line, fermata))
    remarks = ["drums are left out"] if drums else []
    metre, pickup = metre_of(midi, quarters, remarks)
    tonic, _, mode = said.get("key", "").partition(" ")
    key = (tonic, mode) if tonic in TONICS and mode else None
    signatures = [k.key_number for k in midi.key_signature_changes][:1]
    if not key and signatures and signatures[0] >= 12:
        key = (TONICS[signatures[0] - 12], "minor")
    sharps = (7 * signatures[0] + 5) % 12 - 5 if signatures else 0
    _, tempi = midi.get_tempo_changes()
    return Found(notes, lines, metre, pickup, sharps, key, said.get("title", ""),
                 round(float(tempi[0]), 3) if len(tempi) else 120.0, remarks)


def clean(name):
    """Return a track's name without what must not reach a terminal or a file name."""
    return "".join(c for c in name if c.isprintable()).strip()


def metre_of(midi, quarters, remarks):
    """Return (metre, pick-up in quarters): a first bar with a shorter signature of its own is a pick-up."""
    changes = [(quarters(s.time), f"{s.numerator}/{s.denominator}") for s in midi.time_signature_changes]
    if not changes:
        remarks.append("no time signature: 4/4 is assumed")
        return "4/4", 0.0
    pickup = 0.0
    if len(changes) > 1 and changes[0][0] == 0:
        first, after = (4 * int(m.split("/")[0]) / int(m.split("/")[1]) for _, m in changes[:2])
        if abs(changes[1][0] - first) < 1e-6 and first < after:
            pickup, changes = first, changes[1:]
    for time, metre in changes[1:]:
        if metre != changes[0][1]:
            remarks.append(f"the metre changes to {metre} after {time:g} quarters: bars are counted in {changes[0][1]}")
            break
    bar_frames(changes[0][1])
    return changes[0][1], pickup
