"""A finished piece on disk: MIDI, MusicXML, engraved, and sound."""

from pathlib import Path

import numpy as np

from chaconne.counterpoint.composers.judging import annotate, judge
from chaconne.running.files import new_file
from chaconne.scores.grid.grid import QUARTER, notes_of
from chaconne.scores.writing.midi import write_midi
from chaconne.storage.files import write_json

RATE = 22050  # Hz
SOUND = {"held": 0.95, "reverb": 40, "loudness_db": -20}  # as conf/data/chorales.yaml
TAIL = 0.6  # seconds after the last note


def write_work(judgement, path, sound=True):
    """Write PATH.mid, PATH.musicxml (broken rules in red), PATH.svg and, if `sound`, PATH.wav; returns the paths."""
    midi = Path(f"{path}.mid")
    midi.parent.mkdir(parents=True, exist_ok=True)
    write_midi(judgement.grid, midi)
    written = [midi, *annotate(judgement, path)]
    if sound:
        wav = Path(f"{path}.wav")
        write_sound(judgement.grid, wav)
        written.append(wav)
    return written


def write_works(grids, path):
    """Write PATH.1.mid ..., PATH.2.mid ..., of pieces of four voices, and what each breaks as PATH.N.json."""
    for number, grid in enumerate(grids, 1):
        judgement = judge(grid)
        write_work(judgement, f"{path}.{number}")
        about = judgement.as_dict()
        del about["violations"]
        write_json(f"{path}.{number}.json", about)


def samples_of(grid):
    """Return int16 [samples] at RATE: the grid on its first voice's instrument, through the renderer of the corpora."""
    import pretty_midi

    from chaconne.corpora.rendering.render import render

    notes = notes_of(grid)
    quarter = 60 * RATE / grid.tempo_qpm
    row = {"piece": grid.title or "piece", "instrument": pretty_midi.program_to_instrument_name(grid.instruments[0]),
           "quarter_samples": quarter, "lead": 0.0, "transpose_semitones": 0,
           "samples": int(np.ceil(grid.frames / QUARTER * quarter + TAIL * RATE))}
    return render(notes, row, SOUND, RATE)


def write_sound(grid, path):
    """Write a grid as a WAV file."""
    import soundfile

    with new_file(path) as temporary:
        soundfile.write(temporary, samples_of(grid), RATE, subtype="PCM_16", format="WAV")
