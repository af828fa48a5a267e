"""MusicXML and ABC of anybody's folder as Scores: as many voices as there are parts."""

import re
import zipfile
from pathlib import Path

from chaconne.running.archives import zip_members
from chaconne.scores.formats.abc_notation import AbcError, parse_tune
from chaconne.scores.formats.performances import VOICES
from chaconne.scores.pieces.score import TONICS, Unusable, order

LARGEST = 100e6  # bytes of a score: more is no music


def abc_tunes(path):
    """Return the texts of the tunes in a file: each begins at its X: line."""
    text = Path(path).read_text(encoding="utf-8", errors="replace")
    tunes = re.split(r"(?m)^(?=X:)", text)
    return [tune for tune in tunes if tune.startswith("X:")] or [text]


def read_abc(text):
    """Return the fields of a Score (chaconne.scores.pieces.score) of one tune, and its tempo or None; Unusable."""
    try:
        tune = parse_tune(text)
    except (AbcError, ValueError, ZeroDivisionError, OverflowError) as error:
        raise Unusable(f"no ABC that can be read ({error})") from None
    if not tune.notes:
        raise Unusable("no notes")
    said = re.search(r"(?:(\d+)/(\d+)\s*=\s*)?(\d+)\s*$", re.sub(r'"[^"]*"', "", tune.fields.get("Q", "")).strip())
    beat = 4 * int(said[1]) / int(said[2]) if said and said[1] and int(said[2]) else 1.0
    return {
        "title": " ".join(tune.fields.get("T", "").split()), "key": TONICS[tune.tonic],
        "mode": {"maj": "major", "min": "minor"}.get(tune.mode, "other"), "metre": tune.metre, "pickup": tune.pickup,
        "quarters": tune.quarters, "to_c_semitones": (6 - 7 * tune.sharps) % 12 - 6,
        "notes": [(*note, 0) for note in tune.notes]}, said and int(said[3]) * beat


def read_music_xml(path):
    """As read_abc, of a MusicXML file, compressed or not."""
    from music21 import converter

    path = Path(path)
    if path.stat().st_size > LARGEST:
        raise Unusable("a score of more than 100 MB")
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                zip_members(archive, path.name, LARGEST)
        reader = converter.Converter()
        # music21 would leave a pickle in the system's temporary folder otherwise.
        reader.parseFile(path, format="musicxml", forceSource=True, storePickle=False)
        return from_stream(reader.stream)
    except Unusable:
        raise
    except Exception as error:  # music21 answers damaged files in many ways
        raise Unusable(f"no MusicXML that can be read ({type(error).__name__}: {' '.join(str(error).split())[:100]})"
                       ) from None


def from_stream(stream):
    """Return the fields of a Score and its tempo or None, of a music21 stream; ties are merged."""
    parts = list(stream.parts) or [stream]
    notes = [(float(note.getOffsetInHierarchy(part)), float(note.quarterLength), pitch.midi, VOICES[min(i, 14)], 0)
             for i, part in enumerate(part.stripTies() for part in parts) for note in part.recurse().notes
             if not note.duration.isGrace and note.quarterLength > 0 and type(note).__name__ in ("Note", "Chord")
             for pitch in note.pitches if 0 <= pitch.midi <= 127]
    if not notes:
        raise Unusable("no notes")
    first = parts[0].recurse()
    key = first.getElementsByClass("KeySignature").first()
    metre = first.getElementsByClass("TimeSignature").first()
    tempo = stream.recurse().getElementsByClass("MetronomeMark")
    measure = parts[0].getElementsByClass("Measure").first()
    pickup = 0.0
    if measure is not None and metre is not None:
        pickup = float(min(measure.barDuration.quarterLength - measure.paddingLeft, measure.highestTime)
                       % metre.barDuration.quarterLength)
    scale = key.asKey() if key is not None else None
    title = stream.metadata.bestTitle if stream.metadata else ""
    return {
        "title": " ".join((title or "").split()), "key": TONICS[scale.tonic.pitchClass] if scale else "C",
        "mode": scale.mode if scale and scale.mode in ("major", "minor") else "other",
        "metre": metre.ratioString if metre else "4/4", "pickup": pickup,
        "quarters": float(max(note[0] + note[1] for note in notes)),
        "to_c_semitones": (6 - 7 * key.sharps) % 12 - 6 if key is not None else 0,
        "notes": order(notes)}, next((mark.getQuarterBPM() for mark in tempo if mark.number), None)
