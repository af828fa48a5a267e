"""Generated scores go out in every format and come back as they were, by this project's reader and by others."""

import mido
import numpy as np
import pytest

from chaconne.scores.conversion.writing import ENDINGS, write_score
from chaconne.scores.formats.lines import read_score
from chaconne.scores.grid.grid import NAMES, QUARTER, Grid, bar_frames, notes_of
from chaconne.scores.pieces.modes import SCALES
from chaconne.scores.pieces.score import TONICS

COUNT = 500
OF = {".musicxml": 60, ".krn": 100}     # fewer where writing or reading is slow; all 500 came back when they were tried
METRES = ("4/4", "3/4", "2/4", "6/8", "2/2", "3/2", "5/4", "9/8")
READ = [ending for ending in ENDINGS if ending != ".svg"]


def score(number):
    """Return a Grid that nobody has seen: voices of their own rhythm, rests, chromatic notes, perhaps a pick-up."""
    rng = np.random.default_rng(number)
    metre, voices = METRES[rng.integers(len(METRES))], int(rng.integers(1, 5))
    bar = bar_frames(metre)
    pickup = int(rng.integers(1, bar)) if rng.random() < 0.3 else 0
    frames = pickup + int(rng.integers(1, 4)) * bar + (bar - pickup) * bool(pickup)
    pitch, onset = np.full((voices, frames), -1, np.int16), np.zeros((voices, frames), bool)
    for voice in range(voices):
        now, low = 0, 72 - 8 * voice
        while now < frames:
            size = int(rng.choice([1, 2, 3, 4, 6, 8, 12, 16, 20]))
            if rng.random() < 0.9 or not now:   # a voice begins with a note: what is silent at first has no line yet
                pitch[voice, now:now + size] = low + rng.integers(0, 8)
                onset[voice, now] = True
            now += size
        pitch[voice, -1] = pitch[voice, -1] if pitch[voice, -1] >= 0 else low
        onset[voice, -1] |= frames > 1 and pitch[voice, -1] != pitch[voice, -2]
    mode = str(rng.choice([name for name in SCALES if name != "locrian"]))
    return Grid(pitch, onset, np.zeros_like(onset), metre, pickup, TONICS[rng.integers(12)], mode, f"Score {number}",
                float(rng.integers(40, 180)), NAMES[:voices], (19,) * voices)


def sounding(grid):
    """Return {(onset, duration, pitch)} of a Grid."""
    notes = notes_of(grid)
    return sorted(zip(notes["onset"].tolist(), notes["duration"].tolist(), notes["pitch"].tolist(), strict=True))


@pytest.mark.parametrize("ending", READ)
def test_a_score_comes_back(ending, tmp_path):
    wrong = []
    for number in range(OF.get(ending, COUNT)):
        grid, path = score(number), tmp_path / f"score{ending}"
        write_score(grid, path)
        again, _ = read_score(path)
        key = (again.key, again.mode)
        if (sounding(again) != sounding(grid) or again.metre != grid.metre or again.pickup != grid.pickup
                or (ending in (".mid", ".abc") and key != (grid.key, grid.mode))):
            wrong.append((number, key, (grid.key, grid.mode), again.metre, grid.metre, again.pickup, grid.pickup))
    assert not wrong, wrong[:5]


def by_mido(path):
    """Return sorted (onset, duration, pitch) of a MIDI file, in quarters."""
    file, found = mido.MidiFile(path), []
    for track in file.tracks:
        tick, begun = 0, {}
        for message in track:
            tick += message.time
            if message.type == "note_on" and message.velocity:
                begun[message.note] = tick
            elif message.type in ("note_on", "note_off"):
                begin = begun.pop(message.note)
                found.append((begin / file.ticks_per_beat, (tick - begin) / file.ticks_per_beat, message.note))
    return found


def by_music21(path):
    """Return (onset, duration, pitch) of a file that music21 reads; its stripTies parts some chains of three."""
    from music21 import converter

    found = []
    for part in converter.parse(path, forceSource=True).parts:
        for note in part.recurse().notes:
            onset, length, pitch = float(note.getOffsetInHierarchy(part)), float(note.quarterLength), note.pitch.midi
            if note.tie is not None and note.tie.type in ("stop", "continue"):
                found[-1] = (found[-1][0], found[-1][1] + length, pitch)
            else:
                found.append((onset, length, pitch))
    return found


@pytest.mark.parametrize(("ending", "read", "count"), [(".mid", by_mido, COUNT), (".musicxml", by_music21, 25),
                                                      (".krn", by_music21, 25)])
def test_independent_readers_agree(ending, read, count, tmp_path):
    for number in range(count):
        grid, path = score(number), tmp_path / f"score{ending}"
        write_score(grid, path)
        near = [tuple(round(QUARTER * time) / QUARTER for time in note[:2]) + note[2:] for note in read(path)]
        assert sorted(near) == sounding(grid), number
