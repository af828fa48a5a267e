"""Bach's four-part chorales, out of the corpus inside `music21`: no network, no files beside it."""

from pathlib import Path

from chaconne.scores.formats.reading import read
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
    found = read(_folder() / source, repeats=False)
    if len(found.lines) != 4:
        raise Unusable(f"{len(found.lines)} parts instead of 4")
    notes = single(found.notes)
    if any(round(time * GRID, 6) % 1 for note in notes for time in note[:2]):
        raise Unusable("notes off the grid of sixteenths")
    key, mode = find_key(notes, found.sharps)
    return Score(
        piece=source.rsplit(".", 1)[0],
        title=title(found.title, source),
        source=SOURCE,
        licence=LICENCE,
        key=key,
        mode=mode,
        metre=found.metre,
        pickup=found.pickup,
        quarters=float(max(note[0] + note[1] for note in notes)),
        to_c_semitones=(6 - TONICS.index(key) + (9 if mode == "minor" else 0)) % 12 - 6,
        notes=order(notes),
    )


def single(notes):
    """Return the notes of voices that sing one at a time: of those that begin together the highest."""
    kept = {}
    for note in sorted(notes, key=lambda note: note[2]):
        kept[note[0], note[3]] = note
    return sorted(kept.values(), key=lambda note: (note[3], note[0]))


def title(printed, source):
    """Return the printed title, 'BWV 1.6 Wie schön leuchtet der Morgenstern', or the number alone."""
    if not printed.startswith("BWV"):
        return source.rsplit(".", 1)[0].replace("bwv", "BWV ")
    try:  # the edition was typed on a Macintosh and labelled as something else
        return printed if printed.isascii() else printed.encode("cp1252").decode("mac_roman")
    except UnicodeError:
        return printed
