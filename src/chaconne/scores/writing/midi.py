"""MIDI files of a Grid: one track and one instrument a voice.

Sequencers show the notes; what MIDI has no message for (fermatas, the title, the mode of the key) stands in
text events that begin with 'chaconne', so that a file comes back as it went out.
"""

from chaconne.running.files import new_file
from chaconne.scores.formats.midi import MARK
from chaconne.scores.grid.grid import QUARTER, notes_of
from chaconne.scores.grid.spelling import sharps_of

RESOLUTION = 960  # ticks a quarter
VELOCITY = 90


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
    # MIDI knows major and minor alone: other modes have the signature that they share with a major key.
    major = 7 * sharps_of(grid.key, grid.mode) % 12
    midi.key_signature_changes.append(pm.KeySignature(grid.tonic + 12 if grid.mode == "minor" else major, 0.0))
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
