"""Bach's four-part chorales, out of the corpus inside `music21`: no network, no files beside it."""

from pathlib import Path

from chaconne.scores.pieces.keys import find_key
from chaconne.scores.pieces.score import TONICS, Score, Unusable, order

SOURCE = "music21 corpus (Margaret Greentree's edition)"
LICENCE = "composition: public domain; encoding: used by permission, see music21/corpus/license.txt"
GRID = 4  # sixteenths: notes a quarter may be divided into
SUFFIXES = (".krn", ".xml", ".mxl")


def sources(settings):
    """Return Bach's scores in music21, sorted, one for each number; 362 of 410 are usable."""
    # Later suffixes win: a few chorales are there twice.
    found = {path.stem: path.name for suffix in SUFFIXES for path in sorted(_folder().glob(f"*{suffix}"))}
    return sorted(found.values())


def _folder():
    import music21  # half a second: only for those who parse

    return Path(music21.__file__).parent / "corpus" / "bach"


def parse(source):
    """Parse one file into a Score; Unusable unless it has exactly four parts on the grid of sixteenths."""
    from music21 import converter

    reader = converter.Converter()
    # music21 would leave a pickle in the system's temporary folder otherwise.
    reader.parseFile(_folder() / source, forceSource=True, storePickle=False)
    parts = list(reader.stream.parts)
    if len(parts) != 4:
        raise Unusable(f"{len(parts)} parts instead of 4")
    notes = [note for voice, part in enumerate(parts) for note in voice_notes(part, voice)]
    if any(round(time * GRID, 6) % 1 for note in notes for time in note[:2]):
        raise Unusable("notes off the grid of sixteenths")
    first = parts[0].getElementsByClass("Measure").first()
    metre = first.timeSignature
    bar = metre.barDuration.quarterLength
    held = min(first.barDuration.quarterLength - first.paddingLeft, first.highestTime)
    key, mode = find_key(notes, first.keySignature.sharps)
    return Score(
        piece=source.rsplit(".", 1)[0],
        title=title(reader.stream, source),
        source=SOURCE,
        licence=LICENCE,
        key=key,
        mode=mode,
        metre=metre.ratioString,
        pickup=float(held % bar),
        quarters=float(max(note[0] + note[1] for note in notes)),
        to_c_semitones=(6 - TONICS.index(key) + (9 if mode == "minor" else 0)) % 12 - 6,
        notes=order(notes),
    )


def voice_notes(part, voice):
    """Return (onset, duration, pitch, voice, fermata) of a part, ties merged (stripTies is 10x slower)."""
    notes = []
    for measure in part.getElementsByClass("Measure"):
        for note in measure.recurse().notes:
            if note.duration.isGrace:
                continue
            onset = float(measure.offset + note.getOffsetInHierarchy(measure))
            pitch, length = max(p.midi for p in note.pitches), float(note.quarterLength)
            fermata = int(any(type(e).__name__ == "Fermata" for e in note.expressions))
            last = notes[-1] if notes else (-1, 0, 0, 0, 0)
            joined = note.tie is not None and note.tie.type in ("stop", "continue")
            if joined and last[2] == pitch and abs(last[0] + last[1] - onset) < 1e-6:
                notes[-1] = (last[0], last[1] + length, pitch, voice, max(last[4], fermata))
            else:
                notes.append((onset, length, pitch, voice, fermata))
    return notes


def title(stream, source):
    """Return the printed title, 'BWV 1.6 Wie schön leuchtet der Morgenstern', or the number alone."""
    number = source.rsplit(".", 1)[0].replace("bwv", "BWV ")
    for box in stream.getElementsByClass("TextBox"):
        text = " ".join(str(box.content).split())
        if text.startswith("BWV"):
            try:  # the edition was typed on a Macintosh and labelled as something else
                return text if text.isascii() else text.encode("cp1252").decode("mac_roman")
            except UnicodeError:
                return text
    return number
