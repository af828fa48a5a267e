"""MusicXML of a Grid, through music21: one part a voice, ties over barlines, fermatas, remarks under the notes."""

import re

from chaconne.running.files import new_file
from chaconne.scores.formats.musicxml import SOFTWARE
from chaconne.scores.grid.grid import QUARTER, bar_frames, notes_of
from chaconne.scores.grid.modes import SCALES
from chaconne.scores.grid.spelling import name as spelled
from chaconne.scores.grid.spelling import sharps_of

WRITABLE = (16, 12, 8, 6, 4, 3, 2, 1)  # frames of one note or rest, dotted ones among them
RED = "#d01c1c"


def write_musicxml(grid, path, violations=()):
    """Write a Grid as MusicXML; violations: notes they meet are red, with the rule's name below."""
    from music21.musicxml.m21ToXml import GeneralObjectExporter

    xml = GeneralObjectExporter(to_stream(grid, violations)).parse().decode()
    # The day of writing would make two runs differ.
    xml = re.sub(r"\s*<encoding-date>.*?</encoding-date>", "", xml)
    with new_file(path) as temporary:
        temporary.write_text(xml, encoding="utf-8")


def to_stream(grid, violations=()):
    """Return the music21 Score of a Grid."""
    from music21 import metadata, stream, tempo

    score = stream.Score(id="score")
    score.metadata = metadata.Metadata(title=grid.title or "Untitled", composer="")
    score.metadata.software = [SOFTWARE]
    remarks = {}
    for violation in violations:
        for voice in violation.voices:
            remarks.setdefault((voice, violation.frame), []).append(violation.rule)
    for voice in range(grid.voices):
        score.insert(0, part_of(grid, voice, remarks))
    score.parts[0].measure(0 if grid.pickup else 1).insert(0, tempo.MetronomeMark(number=grid.tempo_qpm))
    return score


def part_of(grid, voice, remarks):
    """Return one voice as a music21 Part, bar by bar."""
    from music21 import clef, instrument, key, meter, stream

    part, name = stream.Part(id=f"P{voice + 1}"), grid.names[voice]
    sound = instrument.instrumentFromMidiProgram(grid.instruments[voice])
    # music21 would draw a name by chance.
    sound.partName, sound.partId, sound.instrumentId = name, part.id, f"I{voice + 1}"
    sound.midiChannel = voice if voice < 9 else voice + 1  # the tenth is for drums
    part.partName = name
    part.insert(0, sound)
    bar, sharps = bar_frames(grid.metre), sharps_of(grid.key, grid.mode)
    spans = pieces_of(grid, voice)
    # A pick-up is a bar whose beginning is missing.
    for number, begin in enumerate(range(grid.pickup - bar if grid.pickup else 0, grid.frames, bar)):
        measure = stream.Measure(number=number + (0 if grid.pickup else 1))
        first, last = max(begin, 0), min(begin + bar, grid.frames)
        if number == 0:
            signature = (key.KeySignature(sharps) if grid.mode == "freygish" else     # MusicXML has no name for it
                         key.Key(spelled_tonic(grid, sharps), grid.mode if grid.mode in SCALES else "major"))
            low = (grid.pitch[voice].max(initial=60) < 62)
            measure.append([clef.BassClef() if low else clef.TrebleClef(), signature, meter.TimeSignature(grid.metre)])
            measure.paddingLeft = (bar - grid.pickup) / QUARTER if grid.pickup else 0.0
        for item in spans:
            if item[0] < last and item[1] > first:
                for element in elements(item, first, last, sharps, remarks.get((name, item[0]), ())):
                    measure.insert(element[0], element[1])
        if last - begin < bar:
            measure.paddingRight = (begin + bar - last) / QUARTER
        part.append(measure)
    part.makeBeams(inPlace=True)
    return part


def spelled_tonic(grid, sharps):
    """Return the tonic as music21 writes it, in the spelling of the signature."""
    return spelled(60 + grid.tonic, sharps)[:-1]


def pieces_of(grid, voice):
    """Return (first frame, end, pitch or None, fermata) of every note and rest of a voice."""
    notes = notes_of(grid.select([voice]))
    found, now = [], 0
    for onset, duration, pitch, _, fermata in zip(*notes.values(), strict=True):
        begin, end = round(onset * QUARTER), round((onset + duration) * QUARTER)
        if begin > now:
            found.append((now, begin, None, 0))
        found.append((begin, end, int(pitch), int(fermata)))
        now = end
    return found + ([(now, grid.frames, None, 0)] if now < grid.frames else [])


def elements(item, first, last, sharps, remarks):
    """Yield (offset in quarters, note or rest) of what lies in the bar [first, last), tied where it goes on."""
    from music21 import expressions, note, tie

    begin, end, pitch, fermata = item
    now, stop = max(begin, first), min(end, last)
    while now < stop:
        size = next(w for w in WRITABLE if w <= stop - now)
        made = note.Rest() if pitch is None else note.Note(spelled(pitch, sharps))
        made.quarterLength = size / QUARTER
        if pitch is not None and (now > begin or now + size < end):
            made.tie = tie.Tie("start" if now == begin else "stop" if now + size == end else "continue")
        if fermata and now + size == end:
            made.expressions.append(expressions.Fermata())
        if remarks and pitch is not None:
            made.style.color = RED
            if now == begin:
                for remark in remarks:
                    made.addLyric(remark.replace("_", " "))
        yield (now - first) / QUARTER, made
        now += size
