"""Ten seconds of a score as nobody wrote it: other instruments, octaves, tempi, dynamics, tunings. MIDI comes out."""

import io
from dataclasses import dataclass

import mido
import numpy as np

TICKS = 480  # a quarter note
PITCHED = [number for number in range(112) if number != 55]  # General MIDI programs that play pitches; 55 is a hit
# Never trained on: a codec is judged by them. Electric Piano, Harpsichord, Vibraphone, Drawbar Organ, Nylon Guitar,
# Viola, Choir Aahs, Trombone, Tenor Sax, Clarinet, Recorder, Banjo.
HELD_OUT = (4, 6, 11, 16, 24, 41, 52, 57, 66, 71, 74, 105)
HEARD = [number for number in PITCHED if number not in HELD_OUT]

TEMPI_QPM = (45, 240)
LOWEST, HIGHEST = 28, 103  # MIDI; notes beyond are moved by octaves
OCTAVES = (-2, -1, -1, 0, 0, 0, 0, 1, 1, 2)
LAYERED = 0.25  # share of excerpts in which two pieces sound at once
FEWER = 0.4  # share in which only some of the voices sound
ALIKE = 0.6  # share in which all voices of a piece have one instrument
DETACHED = 0.5  # share with notes shorter than written
DETUNED = 0.7  # share off A = 440 Hz, by up to BEND of a whole tone: 50 cents
BEND = 0.25
PEDAL, VIBRATO = 0.25, 0.25  # shares of voices with the pedal down, and with modulation
DRUMS = 9  # the channel that General MIDI keeps for them


@dataclass(frozen=True)
class Chances:
    """What is drawn with a generator of NumPy, `rng`; whoever asks twice gets two answers."""

    rng: np.random.Generator

    def happens(self, share):
        """Return whether something of that share does."""
        return self.rng.random() < share

    def between(self, low, high):
        """Return a number from low to high, as likely in every octave of that range."""
        return float(np.exp(self.rng.uniform(np.log(low), np.log(high))))

    def one_of(self, values):
        """Return one of the values."""
        return values[self.rng.integers(len(values))]


def excerpt(pieces, seconds, rng):
    """Return MIDI bytes of `seconds` of music out of `pieces`, dictionaries of arrays (chaconne.scores.pieces.score).

    Everything is drawn from rng: the piece (or two), its stretch, transposition, tempo, instruments, dynamics.
    """
    chances, events = Chances(rng), []
    tempo = chances.between(*TEMPI_QPM)
    quarters = seconds * tempo / 60
    channels = iter([channel for channel in range(16) if channel != DRUMS])
    for _ in range(1 + chances.happens(LAYERED)):
        events += layer(chances.one_of(pieces), quarters, channels, chances)
    return midi_bytes(events, tempo, quarters)


def layer(notes, quarters, channels, chances):
    """Return events (tick, rank, message) of a stretch of one piece."""
    rng, voices = chances.rng, np.unique(notes["voice"])
    if chances.happens(FEWER):
        voices = rng.choice(voices, rng.integers(1, len(voices) + 1), replace=False)
    alike, common = chances.happens(ALIKE), chances.one_of(HEARD)
    shift = int(rng.integers(-6, 7)) + 12 * int(rng.choice(OCTAVES))
    first = rng.uniform(0, max(0.01, float((notes["onset"] + notes["duration"]).max()) - quarters))
    held = rng.uniform(0.3, 1.0) if chances.happens(DETACHED) else 0.97
    level, bend = rng.uniform(45, 115), int(rng.uniform(-BEND, BEND) * 8192) * chances.happens(DETUNED)
    events = []
    for voice, channel in zip(voices, channels, strict=False):
        events += [(0, rank, message) for rank, message in enumerate(
            settings(channel, common if alike else chances.one_of(HEARD), bend, chances))]
        sounds = (notes["voice"] == voice) & (notes["onset"] < first + quarters)
        sounds &= notes["onset"] + notes["duration"] > first
        pitches = moved(notes["pitch"][sounds] + shift)
        for onset, duration, pitch in zip(notes["onset"][sounds] - first, notes["duration"][sounds], pitches,
                                          strict=True):
            on, off = round(max(0.0, float(onset)) * TICKS), round(float(onset + duration * held) * TICKS)
            if off > on:
                velocity = int(np.clip(level + rng.normal(0, 10), 15, 127))
                note = {"channel": channel, "note": int(pitch)}
                events.append((on, 9, mido.Message("note_on", velocity=velocity, **note)))
                events.append((off, 8, mido.Message("note_off", **note)))
    return events


def settings(channel, program, bend, chances):
    """Return the messages that set up a channel: instrument, room, tuning, perhaps modulation and pedal."""
    controls = [(91, int(chances.rng.integers(0, 100)))]
    controls += [(1, int(chances.rng.integers(20, 100)))] if chances.happens(VIBRATO) else []
    controls += [(64, 127)] if chances.happens(PEDAL) else []
    return [mido.Message("program_change", channel=channel, program=program),
            mido.Message("pitchwheel", channel=channel, pitch=bend),
            *(mido.Message("control_change", channel=channel, control=control, value=value)
              for control, value in controls)]


def moved(pitches):
    """Return pitches moved by octaves, together, until they are within LOWEST and HIGHEST."""
    while len(pitches) and pitches.max() > HIGHEST:
        pitches = pitches - 12
    while len(pitches) and pitches.min() < LOWEST:
        pitches = pitches + 12
    return pitches


def midi_bytes(events, tempo, quarters):
    """Return events (tick, rank, message) as a MIDI file that ends after `quarters`."""
    midi = mido.MidiFile(ticks_per_beat=TICKS)
    track, now, end = midi.add_track(), 0, round(quarters * TICKS) + 1
    track.append(mido.MetaMessage("set_tempo", tempo=round(6e7 / tempo)))
    # The renderer stops at the last event.
    last = (end, 10, mido.Message("control_change", channel=0, control=7, value=100))
    for tick, _, message in sorted([*events, last], key=lambda event: event[:2]):
        tick = min(tick, end)
        track.append(message.copy(time=tick - now))
        now = tick
    out = io.BytesIO()
    midi.save(file=out)
    return out.getvalue()
