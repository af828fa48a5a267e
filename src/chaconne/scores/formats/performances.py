"""A MIDI file as notes in quarter lengths: what a folder, MAESTRO and CocoChorales have."""

from dataclasses import dataclass

import mido

from chaconne.scores.pieces.score import Unusable, order

DRUMS = 9  # channel of percussion in General MIDI: no pitches
VOICES = [v for v in range(16) if v != DRUMS]  # numbers the renderer may use as channels
MOST_NOTES = 1_000_000  # more is no music


@dataclass
class Performance:
    """What was read; notes as (onset, duration, pitch, voice, 0), voice 0 highest on average."""

    notes: list
    quarters: float
    tempo_qpm: float | None  # the one that lasts longest; None where the file names none
    program: int  # General MIDI, of the most notes
    metre: str


def read_midi(path):
    """Read a MIDI file of type 0 or 1; drums are left out. Unusable with the reason."""
    try:
        file = mido.MidiFile(path, clip=True)
    except Exception as error:  # mido answers damaged files in many ways
        what = f"{type(error).__name__}: {' '.join(str(error).split())[:100]}"
        raise Unusable(f"no MIDI that can be read ({what})") from None
    if file.type == 2 or file.ticks_per_beat <= 0:
        raise Unusable("MIDI of type 2, or timed in frames: it has no beats")
    sounding, found, programs, tempi, metre, tick = {}, {}, {}, [], "4/4", 0
    for track, message in _in_time(file):
        tick = message.time
        key = (track, getattr(message, "channel", None), getattr(message, "note", None))
        if message.type == "set_tempo":
            tempi.append((tick, message.tempo))
        elif message.type == "time_signature" and tick == 0:
            metre = f"{message.numerator}/{message.denominator}"
        elif message.type == "program_change":
            programs[message.channel] = message.program
        elif message.type in ("note_on", "note_off") and message.channel != DRUMS:
            if key in sounding:
                begin, program = sounding.pop(key)
                found.setdefault(key[:2], []).append((begin, tick, message.note, program))
            if message.type == "note_on" and message.velocity:
                sounding[key] = tick, programs.get(message.channel, 0)
    notes = [note for line in found.values() for note in line if note[1] > note[0]]
    if not 0 < len(notes) < MOST_NOTES:
        raise Unusable("no notes" if not notes else f"more than {MOST_NOTES} notes")
    beat = file.ticks_per_beat
    lines = sorted(found.values(), key=lambda line: -sum(note[2] for note in line) / len(line))
    voiced = [((a / beat), (b - a) / beat, pitch, VOICES[min(i, len(VOICES) - 1)], 0)
              for i, line in enumerate(lines) for a, b, pitch, _ in line if b > a]
    played = [note[3] for note in notes]
    return Performance(order(voiced), max(note[1] for note in notes) / beat, _tempo(tempi, tick),
                       max(sorted(set(played)), key=played.count), metre)


def _in_time(file):
    """Return (track number, message with absolute tick) of all tracks, in time; notes end before others begin."""
    found = []
    for number, track in enumerate(file.tracks):
        tick = 0
        for message in track:
            tick += message.time
            ends = message.type == "note_off" or (message.type == "note_on" and not message.velocity)
            found.append((tick, not ends, number, message.copy(time=tick)))
    found.sort(key=lambda entry: entry[:3])
    return [(number, message) for _, _, number, message in found]


def _tempo(tempi, end):
    """Return the quarter notes a minute that last longest, or None."""
    if not tempi:
        return None
    lasting = {}
    for (tick, tempo), (until, _) in zip(tempi, [*tempi[1:], (max(end, tempi[-1][0]), 0)], strict=True):
        lasting[tempo] = lasting.get(tempo, 0) + until - tick
    longest = max(lasting, key=lasting.get)
    return 60e6 / longest if longest else None
