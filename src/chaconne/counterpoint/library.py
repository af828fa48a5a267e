"""The scores that the symbolic branch learns from, out of the corpus inside `music21`.

bach: the chorales; polyphony: other music in four parts, which a network reads first, CocoChorales' MIDI among it
where that corpus is there; tunes: fiddle tunes, one voice.
"""

import re
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path

from chaconne.corpora import chorales, folk
from chaconne.scores.collection import filling
from chaconne.scores.formats.abc.checking import problems
from chaconne.scores.formats.abc.tunes import read_tune, tunes_of
from chaconne.scores.formats.lines import assemble
from chaconne.scores.formats.reading import read
from chaconne.scores.grid.grid import QUARTER
from chaconne.scores.pieces.score import COLUMNS, Score, Unusable, order, unpack

SHELVES = ("bach", "polyphony", "tunes")
COMPOSERS = ("palestrina", "josquin", "monteverdi", "trecento", "haydn", "mozart", "beethoven")
SUFFIXES = (".krn", ".mxl", ".xml", ".abc")
VOICES = 4
SLOW = 1.5  # quarters: music whose notes last longer on average is written in older, longer values
PLAYED = 0.06  # quarters, a quarter of a sixteenth: how far a played note may begin from the grid
BESIDE = "beside#"  # and a number: pieces that are not music21's
SOURCE = "music21 corpus"
LICENCE = "compositions: public domain; encodings: see music21/corpus/license.txt"


def corpus_folder():
    """Return the folder of music21's corpus, without importing music21."""
    return Path(find_spec("music21").origin).parent / "corpus"


def sources(shelf):
    """Return the sorted names of what may stand on a shelf; tunes as FILE#NUMBER."""
    if shelf == "bach":
        return chorales.sources({})
    root = corpus_folder()
    if shelf == "tunes":
        numbered = [(path, text) for path in sorted((root / "oneills1850").glob("*.abc"))
                    for text in re.findall(r"(?m)^X:\s*(\d+)", path.read_text(encoding="utf-8", errors="replace"))]
        return folk.sources({}) + sorted({f"{path.name}#{number}" for path, number in numbered})
    found = [path.relative_to(root).as_posix() for name in COMPOSERS for path in sorted((root / name).rglob("*"))
             if path.suffix in SUFFIXES and four_parts(path)]
    return sorted(found)


def four_parts(path):
    """Can the file hold four parts? Of **kern the header says it, at no cost; others must be read."""
    if path.suffix != ".krn":
        return True
    head = path.read_text(encoding="utf-8", errors="replace")[:4000]
    spines = re.search(r"(?m)^\*\*kern.*$", head)
    return spines is not None and spines[0].split("\t").count("**kern") == VOICES


def parse(shelf, source, beside=None):
    """Return the Score of a source, or raise Unusable; beside: as in `fill`."""
    if shelf == "bach":
        return chorales.parse(source)
    if shelf == "tunes":
        return parse_tune(source)
    return parse_beside(beside, int(source.removeprefix(BESIDE))) if source.startswith(BESIDE) else parse_file(source)


def parse_file(source):
    """Return the Score of a file of music21's with exactly four parts of single notes, repeats once."""
    try:
        found = read(corpus_folder() / source, repeats=False)
    except (ValueError, OSError) as error:
        raise Unusable(f"no score that can be read ({error})") from None
    if len(found.lines) != VOICES:
        raise Unusable("not four parts")
    return four_voices(chorales.single(found.notes), found.sharps, piece=source.rsplit(".", 1)[0].replace("/", "."),
                       title=Path(source).stem, source=SOURCE, licence=LICENCE)


def parse_beside(folder, number):
    """Return the Score of one piece of a packed corpus: played MIDI, whose notes lie near the grid, not on it."""
    pieces, notes = packed(folder)
    one, piece = notes[number], pieces.iloc[number]
    rows = zip(*(one[name].tolist() for name in COLUMNS), strict=True)
    return four_voices([(near(onset), held(onset, length), *rest) for onset, length, *rest in rows], 0,
                       piece=f"beside.{piece.piece}", title=piece.title, source=piece.source, licence=piece.licence)


def near(time):
    """Return the sixteenth that an onset in quarters is meant for; what is far from any stays as it is."""
    place = round(time * QUARTER) / QUARTER
    return place if abs(place - time) <= PLAYED else time


def held(onset, length):
    """Return the length in whole sixteenths, one at least: players let go of notes when they like."""
    return max(1, round((onset + length - near(onset)) * QUARTER)) / QUARTER


@cache
def packed(folder):
    """Read a packed corpus once in each process."""
    return unpack(folder)


def four_voices(notes, sharps, **about):
    """Return the Score of notes in four voices; long old values are halved or quartered, the key is found."""
    if len({note[3] for note in notes}) != VOICES:
        raise Unusable("not four parts")
    if len(notes) < 4 * VOICES:
        raise Unusable("hardly any notes")
    notes = in_order_of_height(notes)
    scale = scale_of(notes)
    notes = [(onset * scale, length * scale, *rest) for onset, length, *rest in notes]
    if any(round(time * QUARTER, 6) % 1 for note in notes for time in note[:2]):
        raise Unusable("notes off the grid of sixteenths")
    key, mode = chorales.find_key(notes, sharps)
    return Score(**about, key=key, mode=mode, metre="4/4", pickup=0.0,
                 quarters=float(max(note[0] + note[1] for note in notes)), to_c_semitones=0, notes=order(notes))


def in_order_of_height(notes):
    """Return the notes with voices numbered from the highest down: some editions begin with the bass."""
    height = {voice: [] for voice in range(VOICES)}
    for note in notes:
        height[note[3]].append(note[2])
    ranked = sorted(height, key=lambda voice: -sum(height[voice]) / len(height[voice]))
    place = {voice: rank for rank, voice in enumerate(ranked)}
    return [(onset, length, pitch, place[voice], mark) for onset, length, pitch, voice, mark in notes]


def scale_of(notes):
    """Return what durations are multiplied with so that a beat is a quarter: Palestrina's is a half or a whole."""
    mean = sum(note[1] for note in notes) / len(notes)
    return 1.0 if mean <= SLOW else 0.5 if mean <= 2 * SLOW else 0.25


def parse_tune(source):
    """Return the Score of one tune with full bars on the grid of sixteenths."""
    name, _, number = source.partition("#")
    path = corpus_folder() / ("oneills1850" if number else "ryansMammoth") / name
    text = folk.mended(path.read_text(encoding="utf-8", errors="replace"))
    tunes = tunes_of(text)
    text = next((tune for tune in tunes if re.match(rf"X:\s*{number}\b", tune)), tunes[0]) if number else tunes[0]
    try:
        found = read_tune(text, repeats=False, propagate=folk.ACCIDENTALS)
        if len(found.lines) > 1:
            raise Unusable("more than one voice")
        grid, _ = assemble(found)
    except Unusable:
        raise
    except ValueError as error:
        raise Unusable("notes off the grid of sixteenths" if "sixteenth" in str(error) else "no ABC that we read"
                       ) from None
    if problems(text, folk.ACCIDENTALS):
        raise Unusable("bars that do not add up")
    piece = f"{path.stem}.{number}" if number else path.stem
    notes = [(note[0], note[1], note[2], 0, 0) for note in found.notes]
    if any(round(time * QUARTER, 6) % 1 for note in notes for time in note[:2]):
        raise Unusable("notes off the grid of sixteenths")
    return Score(piece=piece, title=found.title, source=SOURCE, licence=folk.LICENCE, key=grid.key,
                 mode=grid.mode if grid.mode in ("major", "minor") else "other",
                 metre=grid.metre, pickup=found.pickup, quarters=grid.frames / QUARTER, to_c_semitones=0,
                 notes=order(notes))


def fill(shelf, folder, most=None, workers=1, beside=None):
    """Parse a shelf into `folder`; see chaconne.scores.collection.filling.fill.

    beside: a packed corpus whose pieces stand on the shelf `polyphony` too; one that is played several times, once.
    """
    names = sources(shelf)
    if beside and shelf == "polyphony":
        first = packed(str(beside))[0].drop_duplicates("title").index
        names += [f"{BESIDE}{number}" for number in first]
    return filling.fill(shelf, names, partial(parse, shelf, beside=beside and str(beside)), folder, most, workers)
