"""Scores to audio: MIDI bytes and a soundfont go in, samples come out, nothing but pip packages."""

import io
import wave
from functools import cache
from pathlib import Path

import mido
import numpy as np

from chaconne.scores.pieces.score import unpack

TICKS = 960  # MIDI ticks a quarter note: thirds, fifths and 64ths are whole numbers
VELOCITY = 90  # of every note: no knob, because loudness is normalised and this soundfont has one layer
PEAK = 10 ** (-0.2 / 20)  # no sample lies above -0.2 dB of full scale
# Semitones by which programs of this soundfont miss the written note (findings/timbres_off_their_pitch.sh): organs,
# Timpani, soundtrack; of the Whistle and of crystal what takes them an octave low, for they have no higher notes.
# Guitar Harmonics stay two octaves high, and Lead 7 plays fifths: both are in key.
MISSED = {16: -12, 17: -12, 18: -12, 47: -12, 78: 3.3, 97: -12, 98: -6.9}
BEND = 8192 / 2  # of a pitch wheel, a semitone


@cache
def soundfont():
    """Return the bytes of TimGM6mb.sf2, which pretty_midi brings along (GPL, Tim Brechbill)."""
    import pretty_midi

    return Path(pretty_midi.__file__).with_name("TimGM6mb.sf2").read_bytes()


@cache
def program(instrument):
    """Return the General MIDI program number (0..127) of a name such as 'Church Organ'."""
    import pretty_midi

    try:
        return pretty_midi.instrument_name_to_program(instrument)
    except ValueError:
        raise ValueError(
            f"instruments: expected a General MIDI name such as Violin or Church Organ, got {instrument!r}"
        ) from None


def tuning(number):
    """Return (semitones, rest in -0.5..0.5) that a General MIDI program is moved by to sound as written."""
    missed = MISSED.get(number, 0)
    return round(-missed), -missed - round(-missed)


def midi_bytes(notes, row, settings, rate):
    """Return one rendering as a MIDI file.

    notes: dictionary of arrays of a piece; row: of the plan. Every voice has a channel of its own,
    so that a voice that leaves a unison does not cut the other one.
    """
    midi = mido.MidiFile(ticks_per_beat=TICKS)
    track = midi.add_track()
    events = [(0, 0, mido.MetaMessage("set_tempo", tempo=round(1e6 * row["quarter_samples"] / rate)))]
    for channel in np.unique(notes["voice"]).tolist():
        number = program(row["instrument"])
        events.append((0, 1, mido.Message("program_change", channel=channel, program=number)))
        if bend := round(BEND * tuning(number)[1]):
            events.append((0, 1, mido.Message("pitchwheel", channel=channel, pitch=bend)))
        room = mido.Message("control_change", channel=channel, control=91, value=settings["reverb"])
        events.append((0, 1, room))
    pitches = notes["pitch"] + row["transpose_semitones"]
    moved = pitches + tuning(program(row["instrument"]))[0]
    pitches = np.where((moved >= 0) & (moved < 128), moved, pitches)
    onsets = np.rint((notes["onset"] + row["lead"]) * TICKS).astype(int)
    lengths = np.maximum(1, np.rint(notes["duration"] * settings["held"] * TICKS)).astype(int)
    for on, length, pitch, voice in zip(onsets, lengths, pitches, notes["voice"], strict=True):
        note = {"channel": int(voice), "note": int(pitch)}
        events.append((int(on), 3, mido.Message("note_on", velocity=VELOCITY, **note)))
        events.append((int(on + length), 2, mido.Message("note_off", **note)))
    # The renderer stops at the last event: one after the tail lets the room die away.
    end = int(np.ceil(row["samples"] / row["quarter_samples"] * TICKS)) + 1
    events.append((end, 4, mido.Message("control_change", channel=0, control=7, value=100)))
    now = 0
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        track.append(message.copy(time=tick - now))
        now = tick
    out = io.BytesIO()
    midi.save(file=out)
    return out.getvalue()


def synthesize(midi):
    """Render MIDI bytes: (mono float32 [samples], sample rate), channels averaged, full scale 1."""
    from midirenderer import render_wave_from

    with wave.open(io.BytesIO(bytes(render_wave_from(soundfont(), midi)))) as sound:
        channels, rate = sound.getnchannels(), sound.getframerate()
        samples = np.frombuffer(sound.readframes(sound.getnframes()), np.int16)
    return samples.reshape(-1, channels).mean(1, dtype=np.float32) / 32768, rate


def render(notes, row, settings, rate):
    """Render one row of the plan: int16 [row['samples']] at `rate` Hz.

    Every clip gets the loudness of the settings, less where its peak would pass -0.2 dB.
    Raises ValueError when the renderer returns silence.
    """
    import soxr

    sound, at = synthesize(midi_bytes(notes, row, settings, rate))
    sound = soxr.resample(sound, at, rate, quality="HQ")[: row["samples"]]
    sound = np.pad(sound, (0, row["samples"] - len(sound)))
    peak, rms = np.abs(sound).max(), np.sqrt(np.mean(np.square(sound, dtype=np.float64)))
    if rms < 1e-5:
        what = f"{row['piece']}: expected sound of {row['instrument']}, got silence"
        raise ValueError(f"{what}; try another of instruments")
    gain = min(10 ** (settings["loudness_db"] / 20) / rms, PEAK / peak)
    return np.rint(sound * (gain * 32767)).astype(np.int16)


class Renderer:
    """Renders rows of the plan; what workers receive is small: they read the notes themselves."""

    def __init__(self, folder, settings, rate):
        self.folder, self.settings, self.rate = folder, settings, rate
        for instrument in settings["instruments"]:
            program(instrument)  # an unknown name fails before the first minute of work

    def __call__(self, row):
        return render(_notes(self.folder)[row["index"]], row, self.settings, self.rate)


@cache
def _notes(folder):
    return unpack(folder)[1]
