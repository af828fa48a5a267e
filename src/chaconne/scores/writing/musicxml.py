"""MusicXML of a Grid, through music21: one part a voice, ties over barlines, fermatas, remarks under the notes."""

import re

from chaconne.running.files import new_file
from chaconne.scores.formats.musicxml import SOFTWARE
from chaconne.scores.grid.grid import QUARTER, bar_frames, notes_of
from chaconne.scores.grid.spelling import name as spelled
from chaconne.scores.grid.spelling import sharps_of
from chaconne.scores.pieces.modes import SCALES

WRITABLE = (16, 12, 8, 6, 4, 3, 2, 1)  # frames of one note or rest, dotted ones among them
RED = "#d01c1c"


def write_musicxml(grid, path, violations=()):
    """Write a Grid as MusicXML; violations: notes they meet are red, with the rule's name below."""
    with new_file(path) as temporary:
        temporary.write_text(musicxml(grid, violations), encoding="utf-8")


def musicxml(grid, violations=(), staves=None, tempo=True):
    """Return the MusicXML text of a Grid; staves: the voices of each, None for one voice on each."""
    from music21.musicxml.m21ToXml import GeneralObjectExporter

    xml = GeneralObjectExporter(to_stream(grid, violations, staves, tempo)).parse().decode()
    # The day of writing would make two runs differ.
    return re.sub(r"\s*<encoding-date>.*?</encoding-date>", "", xml)


def to_stream(grid, violations=(), staves=None, tempo=True):
    """Return the music21 Score of a Grid; see `musicxml`."""
    from music21 import metadata, stream
    from music21.tempo import MetronomeMark

    score = stream.Score(id="score")
    score.metadata = metadata.Metadata(title=grid.title or "Untitled", composer="")
    score.metadata.software = [SOFTWARE]
    for voices in staves or [(voice,) for voice in range(grid.voices)]:
        score.insert(0, part_of(grid, voices, remarks_of(grid, violations, voices)))
    if tempo:
        score.parts[0].measure(0 if grid.pickup else 1).insert(0, MetronomeMark(number=grid.tempo_qpm))
    return score


def remarks_of(grid, violations, voices):
    """Return {(voice, frame): rules that stand below the note}, with none for notes that are red alone.

    Where two voices share a staff all rules stand below one of them: side by side their names would run together.
    """
    found, below, names = {}, {}, [grid.names[voice] for voice in voices]
    for violation in violations:
        for name in sorted(set(violation.voices) & set(names), key=names.index):
            rules = found.setdefault((name, violation.frame), [])
            shown = below.setdefault(violation.frame, rules)
            if violation.rule not in shown:
                shown.append(violation.rule)
    return found


def part_of(grid, voices, remarks):
    """Return the voices of one staff as a music21 Part, bar by bar; of two the upper has stems up."""
    from music21 import instrument, stream

    first_voice, name = voices[0], " ".join(grid.names[voice] for voice in voices)
    part, sound = stream.Part(id=f"P{first_voice + 1}"), instrument.instrumentFromMidiProgram(
        grid.instruments[first_voice])
    # music21 would draw a name by chance.
    sound.partName, sound.partId, sound.instrumentId = name, part.id, f"I{first_voice + 1}"
    sound.midiChannel = first_voice if first_voice < 9 else first_voice + 1  # the tenth is for drums
    part.partName, part.partAbbreviation, sound.instrumentAbbreviation = name, "", ""
    part.insert(0, sound)
    bar, sharps = bar_frames(grid.metre), sharps_of(grid.key, grid.mode)
    spans = {voice: pieces_of(grid, voice) for voice in voices}
    # A pick-up is a bar whose beginning is missing.
    for number, begin in enumerate(range(grid.pickup - bar if grid.pickup else 0, grid.frames, bar)):
        measure = stream.Measure(number=number + (0 if grid.pickup else 1))
        first, last = max(begin, 0), min(begin + bar, grid.frames)
        if number == 0:
            measure.append(opening(grid, voices, sharps))
            measure.paddingLeft = (bar - grid.pickup) / QUARTER if grid.pickup else 0.0
        for place, voice in enumerate(voices):
            line = measure if len(voices) == 1 else stream.Voice(id=str(place + 1))
            for item in spans[voice]:
                if item[0] < last and item[1] > first:
                    said = remarks.get((grid.names[voice], item[0]))
                    for offset, element in elements(item, first, last, sharps, said):
                        if len(voices) > 1:
                            share(element, lower=place > 0, outer=voice in (0, grid.voices - 1))
                        line.insert(offset, element)
            if line is not measure:
                measure.insert(0, line)
        if last - begin < bar:
            measure.paddingRight = (begin + bar - last) / QUARTER
        part.append(measure)
    part.getElementsByClass("Measure").last().rightBarline = "final"
    part.makeBeams(inPlace=True)
    return part


def share(element, lower, outer):
    """Let a note share its staff with another voice: its stem leads away, fermatas stand at the outer voices alone."""
    if not element.isNote:
        return
    element.stemDirection = "down" if lower else "up"
    for fermata in list(element.expressions):
        fermata.type, fermata.placement = ("inverted", "below") if lower else ("upright", "above")
    element.expressions = element.expressions if outer else []


def opening(grid, voices, sharps):
    """Return clef, signature and metre of a staff."""
    from music21 import clef, key, meter

    # MusicXML has no name for freygish.
    signature = key.KeySignature(sharps) if grid.mode == "freygish" else key.Key(
        spelled_tonic(grid, sharps), grid.mode if grid.mode in SCALES else "major")
    low = grid.pitch[list(voices)].max(initial=60) < (62 if len(voices) == 1 else 72)
    return [clef.BassClef() if low else clef.TrebleClef(), signature, meter.TimeSignature(grid.metre)]


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
        if remarks is not None and pitch is not None:
            made.style.color = RED
            if now == begin:
                for remark in remarks:
                    made.addLyric(remark.replace("_", " "))
        yield (now - first) / QUARTER, made
        now += size
