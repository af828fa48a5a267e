"""MIDI files of type 0 and 1, through mido: a line is what one channel plays in one track.

What MIDI has no message for (fermatas, the title, the mode of the key) stands in text events that begin with
'chaconne', so that a file of ours comes back as it went out (see scores/writing/midi).
"""

import contextlib
from collections import defaultdict, deque
from dataclasses import dataclass, field
from itertools import pairwise

import mido
from mido.midifiles import meta

from chaconne.scores.formats.found import Found
from chaconne.scores.pieces.score import TONICS

MARK = "chaconne"
DRUMS = 9  # channel of percussion in General MIDI: no pitches
MOST_NOTES = 1_000_000  # more is no music


class AnyKeySignature(meta.MetaSpec_key_signature):
    """A key signature; one that does not exist (mode 255, eight sharps) is none, where mido would refuse the file."""

    def decode(self, message, data):
        """Read the message, `key` None where there is no such key."""
        try:
            super().decode(message, data)
        except (mido.KeySignatureError, IndexError):
            message.key = None

    def check(self, name, value):
        """Let None pass."""
        if value is not None:
            super().check(name, value)


meta.add_meta_spec(AnyKeySignature)


@dataclass
class Events:
    """What the tracks hold, in ticks."""

    notes: dict = field(default_factory=lambda: defaultdict(list))  # (track, channel): [(begin, end, pitch, program)]
    names: dict = field(default_factory=dict)       # of tracks
    tempi: list = field(default_factory=list)       # (tick, microseconds a quarter)
    metres: list = field(default_factory=list)      # (tick, '3/4')
    keys: list = field(default_factory=list)        # (tick, name such as 'F#m')
    texts: list = field(default_factory=list)       # (tick, text) of those that begin with MARK
    end: int = 0
    drums: bool = False
    endless: int = 0    # notes that nothing ends
    graces: int = 0     # notes that end before they begin


def read_midi(path):
    """Return the Found of a MIDI file; percussion is left out. ValueError where it cannot be read."""
    try:
        file = mido.MidiFile(path, clip=True)
        events = events_of(file)
    except (OSError, ValueError, EOFError, LookupError, TypeError, AttributeError) as error:
        # mido answers damaged files in many ways
        raise ValueError("expected a MIDI file, got something else: "
                         f"{' '.join(str(error).split())[:100] or type(error).__name__}") from None
    count = sum(map(len, events.notes.values()))
    if count > MOST_NOTES:
        raise ValueError(f"expected at most {MOST_NOTES} notes, got {count}")
    beat = file.ticks_per_beat
    held = {(tick, name) for tick, text in events.texts if text[0] == "fermata" for name in text[1:]}
    said = {text[0]: text[1] if len(text) > 1 else "" for _, text in reversed(events.texts)}
    lines, notes = {}, []
    # The melody, which a corpus is split by, is the line that lies highest.
    for (track, _), mine in sorted(events.notes.items(), key=lambda one: -sum(n[2] for n in one[1]) / len(one[1])):
        line, name = len(lines), clean(events.names.get(track, ""))
        played = [program for _, _, _, program in mine]
        lines[line] = (name, max(sorted(set(played)), key=played.count))
        notes += [(begin / beat, (end - begin) / beat, pitch, line, int((begin, name) in held))
                  for begin, end, pitch, _ in mine]
    remarks = ["drums are left out"] if events.drums else []
    if events.endless:
        remarks.append(f"notes that nothing ends: {events.endless}; they last to the end of their track")
    if events.graces:
        remarks.append(f"grace notes are left out: {events.graces}")
    metre, pickup = metre_of(events.metres, beat, remarks)
    tempo = lasting(events.tempi, events.end)
    return Found(sorted(notes, key=lambda note: (note[0], note[3], note[2])), lines, metre, pickup,
                 *key_of(events.keys, said.get("key", "")), said.get("title", ""), tempo, events.end / beat,
                 remarks=remarks)


def events_of(file):
    """Return the Events of a mido file; ValueError for one without beats."""
    if file.type == 2 or file.ticks_per_beat <= 0:
        raise ValueError("MIDI of type 2, or timed in frames: it has no beats")
    events, last = Events(), 0
    for number, track in enumerate(file.tracks):
        tick, programs, sounding, ended = 0, {}, defaultdict(deque), {}
        for message in track:
            tick += message.time
            if message.type in ("note_on", "note_off"):
                events.drums |= message.channel == DRUMS
                if message.channel != DRUMS:
                    strike(events, sounding, ended, number, tick, message, programs.get(message.channel, 0))
                    last = max(last, tick)
            elif message.type == "program_change":
                programs[message.channel] = message.program
            elif message.type == "track_name":
                events.names.setdefault(number, message.name)
            else:
                remember(events, tick, message)
        for (channel, pitch), waiting in sounding.items():
            events.graces += sum(grace for *_, grace in waiting)
            if held := [(begin, tick, pitch, program) for begin, program, grace in waiting
                        if tick > begin and not grace]:
                events.notes[number, channel] += held
                events.endless += len(held)
                last = max(last, tick)
    events.end = last
    for kept in (events.tempi, events.metres, events.keys):
        kept.sort(key=lambda entry: entry[0])
    return events


def strike(events, sounding, ended, track, tick, message, program):
    """Begin a note, or end the one of its pitch that has sounded longest: overlapping ones keep their lengths.

    ended: when a pitch was last ended that did not sound. A note that begins there is a grace as music21 writes it,
    ended before it begins (findings/music21_grace_notes_hang.sh), unless an end of its own follows before its pitch is
    struck again, as of programs that end every pitch before they strike it.
    """
    key = message.channel, message.note
    waiting = sounding[key]
    if message.type == "note_on" and message.velocity:
        if waiting and waiting[-1][2]:
            waiting.pop()
            events.graces += 1
        waiting.append((tick, program, ended.get(key) == tick))
    elif waiting:
        begin, played, _ = waiting.popleft()
        if tick > begin:
            events.notes[track, message.channel].append((begin, tick, message.note, played))
    else:
        ended[key] = tick


def remember(events, tick, message):
    """Keep what a message says of tempo, metre, key, or in a text of ours."""
    if message.type == "set_tempo" and message.tempo:
        events.tempi.append((tick, message.tempo))
    elif message.type == "time_signature":
        events.metres.append((tick, f"{message.numerator}/{message.denominator}"))
    elif message.type == "key_signature" and message.key:
        events.keys.append((tick, message.key))
    elif message.type == "text" and message.text.startswith(f"{MARK} "):
        events.texts.append((tick, message.text.split(" ", 2)[1:]))


def clean(name):
    """Return a track's name without what must not reach a terminal or a file name; UTF-8 where it is."""
    with contextlib.suppress(UnicodeError):
        name = name.encode("latin-1").decode("utf-8")
    return "".join(c for c in name if c.isprintable()).strip()


def metre_of(metres, beat, remarks):
    """Return (metre, pick-up in quarters): a first bar with a shorter signature of its own is a pick-up."""
    changes = []
    for tick, metre in metres:
        if changes and changes[-1][0] == tick:
            changes.pop()   # of several at one place the last counts
        changes.append((tick, metre))
    if not changes:
        remarks.append("no time signature: 4/4 is assumed")
        return "4/4", 0.0
    pickup = 0.0
    if len(changes) > 1 and changes[0][0] == 0:
        first, after = (4 * int(m.split("/")[0]) / int(m.split("/")[1]) for _, m in changes[:2])
        if abs(changes[1][0] / beat - first) < 1e-6 and first < after:
            pickup, changes = first, changes[1:]
    for tick, metre in changes[1:]:
        if metre != changes[0][1]:
            remarks.append(f"the metre changes to {metre} after {tick / beat:g} quarters: bars are counted in "
                           f"{changes[0][1]}")
            break
    return changes[0][1], pickup


def key_of(keys, said):
    """Return (sharps, (pitch class, mode) or None): many programs write C major whatever the key is."""
    tonic, _, mode = said.partition(" ")
    own = (TONICS.index(tonic), mode) if tonic in TONICS and mode else None
    if not keys:
        return 0, own
    name = keys[0][1]
    minor = name.endswith("m")
    letters = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
    pitch = (letters[name[0]] + name.count("#") - name[1:].count("b")) % 12
    sharps = (7 * (pitch + 3 * minor) + 5) % 12 - 5
    return sharps, own or ((pitch, "minor") if minor else None)


def lasting(tempi, end):
    """Return the quarter notes a minute that last longest, None where the file names none."""
    if not tempi:
        return None
    held = defaultdict(int)
    for (tick, tempo), (until, _) in pairwise([*tempi, (max(end, tempi[-1][0]), 0)]):
        held[tempo] += until - tick
    return round(60e6 / max(held, key=held.get), 3)
