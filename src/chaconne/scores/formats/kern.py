"""Humdrum **kern, through music21; bars and repeats as it finds them."""

import re
import warnings

from chaconne.scores.formats.found import Found, mode_on, with_voices
from chaconne.scores.formats.performing import Bar


def read_kern(path, repeats=True):
    """Return the Found of a kern file; ValueError where it cannot be read. repeats: as performed."""
    from music21 import converter

    reader = converter.Converter()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # music21 would leave a pickle in the system's temporary folder otherwise.
            reader.parseFile(path, format="humdrum", forceSource=True, storePickle=False)
    except Exception as error:  # music21 answers damaged files in many ways
        raise ValueError("expected **kern, got something else: "
                         f"{' '.join(str(error).split())[:100] or type(error).__name__}") from None
    if not getattr(reader.stream, "parts", None):
        raise ValueError("expected **kern with parts, found none")
    return found_in(reader.stream, repeats)


def found_in(score, repeats=True):
    """Return the Found of a music21 Score with bars."""
    remarks, lines, notes, bars = [], {}, {}, {}
    parts = [part.toSoundingPitch() if transposes(part) else part for part in score.parts]
    for number, part in enumerate(parts):
        measures = list(part.getElementsByClass("Measure"))
        if not measures:
            raise ValueError("expected bars, found none")
        bars[number] = [bar_of(measure, after.offset if after is not None else part.highestTime)
                        for measure, after in zip(measures, [*measures[1:], None], strict=True)]
        for mine in voices_of(measures).values():
            line = len(lines)
            lines[line] = (" ".join((part.partName or "").split()), program_of(part))
            notes[line] = (number, [(onset, length, pitch, line, *rest) for onset, length, pitch, *rest in mine])
    played, quarters, more = with_voices(notes, bars, repeats)
    signature = next(iter(parts[0].recurse().getElementsByClass("TimeSignature")), None)
    metre = signature.ratioString if signature else "4/4"
    if signature is None:
        remarks.append("no time signature: 4/4 is assumed")
    first, full = bars[0][0].length, float(signature.barDuration.quarterLength if signature else 4.0)
    key = next(iter(parts[0].recurse().getElementsByClass("KeySignature")), None)
    mode = getattr(key, "mode", None)
    tempo = next((mark.getQuarterBPM() for mark in score.recurse().getElementsByClass("MetronomeMark")
                  if mark.number), None)
    about = score.metadata
    title = (about.title or about.movementName or "") if about else ""
    sharps = key.sharps if key is not None else 0
    return Found(played, lines, metre, float(first) if first < full else 0.0, sharps,
                 mode_on(sharps, mode) if mode not in (None, "major") else None, title, tempo, quarters,
                 remarks=remarks + more)


def transposes(part):
    """Is a part written for an instrument that sounds at another pitch?"""
    return any(i.transposition for i in part.recurse().getElementsByClass("Instrument"))


def bar_of(measure, end):
    """Return the Bar of a music21 Measure that lasts until `end`."""
    from music21.bar import Repeat

    ends = measure.rightBarline if isinstance(measure.rightBarline, Repeat) else None
    forward = isinstance(measure.leftBarline, Repeat) and measure.leftBarline.direction == "start"
    return Bar(float(measure.offset), float(end - measure.offset), forward, (ends.times or 2) if ends else 0)


def voices_of(measures):
    """Return {voice: [(onset, duration, pitch, fermata, tied)]} of a part's bars."""
    found = {}
    for measure in measures:
        for number, voice in enumerate(list(measure.voices) or [measure]):
            for note in voice.recurse().notes if voice is not measure else measure.notes:
                if note.duration.isGrace or type(note).__name__ not in ("Note", "Chord"):
                    continue
                onset = float(measure.offset + note.getOffsetInHierarchy(measure))
                fermata = int(any(type(e).__name__ == "Fermata" for e in note.expressions))
                for one in (note.notes if note.isChord else (note,)):
                    tied = one.tie is not None and one.tie.type in ("stop", "continue")
                    found.setdefault(number, []).append(
                        (onset, float(note.quarterLength), one.pitch.midi, fermata, tied))
    return found


def program_of(part):
    """Return the General MIDI program of a part, or None."""
    programs = [i.midiProgram for i in part.recurse().getElementsByClass("Instrument") if i.midiProgram is not None]
    return programs[0] if programs else None


def is_kern(text):
    """Does a text hold spines of notes?"""
    return re.search(r"(?m)^(?:\S+\t)*\*\*kern\b", text[:100_000]) is not None
