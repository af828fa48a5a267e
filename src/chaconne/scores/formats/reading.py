"""Scores of any kind that people have: MIDI, MusicXML, ABC, kern; told apart by what is in them, not by their names."""

import re
from pathlib import Path

from chaconne.scores.formats.found import Found
from chaconne.scores.pieces.modes import SCALES
from chaconne.scores.pieces.score import TONICS

# What files of scores are usually called; what is in them decides.
SUFFIXES = (".mid", ".midi", ".smf", ".xml", ".musicxml", ".mxl", ".krn", ".abc")
EXPECTED = "MIDI, MusicXML, ABC or kern"


def read(path, repeats=True) -> Found:
    """Return the Found of a file, of several tunes the first; ValueError without the file's name, in one line."""
    try:
        return read_as(kind_of(path), path, repeats)
    except (ValueError, OSError):
        raise
    except Exception as error:  # whatever a damaged file makes of a reader
        raise ValueError(f"expected {EXPECTED}, got a file that no reader understands ({type(error).__name__}: "
                         f"{' '.join(str(error).split())[:80]})") from error


def read_as(kind, path, repeats):
    """Return the Found of a file of this kind."""
    if kind == "midi":
        from chaconne.scores.formats.midi import read_midi

        return read_midi(path)
    if kind == "xml":
        from chaconne.scores.formats.musicxml import read_musicxml as reader
    elif kind == "kern":
        from chaconne.scores.formats.kern import read_kern as reader
    else:
        from chaconne.scores.formats.abc.tunes import read_abc as reader
    return reader(path, repeats)


def read_all(path, repeats=True):
    """Yield (number of the tune or None, Found, None), or what is wrong in place of the Found's None, of a file."""
    from chaconne.scores.formats.abc.tunes import read_tune, text_of, tunes_of

    try:
        texts = tunes_of(text_of(Path(path).read_bytes())) if kind_of(path) == "abc" else [None]
    except ValueError as error:
        yield None, None, error
        return
    for number, text in enumerate(texts, 1):
        try:
            found, wrong = read(path, repeats) if text is None else read_tune(text, repeats), None
        except ValueError as error:
            found, wrong = None, error
        yield number if len(texts) > 1 else None, found, wrong


def kind_of(path):
    """Return midi, xml, kern or abc: what a file holds; ValueError where it is none of them, OSError."""
    from chaconne.scores.formats.abc.tunes import text_of
    from chaconne.scores.formats.kern import is_kern

    with open(path, "rb") as file:
        head = file.read(100_000)
    if head.startswith(b"MThd") or (head.startswith(b"RIFF") and b"RMID" in head[:16]):
        return "midi"
    if head.startswith(b"PK"):
        return "xml"
    text = text_of(head).lstrip("\ufeff \t\r\n")
    if text.startswith("<"):
        return "xml"
    if is_kern(text):
        return "kern"
    if re.search(r"(?m)^(?:X:|K:)", text):
        return "abc"
    raise ValueError(f"expected {EXPECTED}, got something else" + ("" if head else ": the file is empty"))


def is_score(path, kinds=("midi", "xml", "kern", "abc")):
    """Does a file hold a score of these kinds? A file that is missing, or something else, does not."""
    try:
        return kind_of(path) in kinds
    except (OSError, ValueError):
        return False


def parse_key(text):
    """Return (tonic, mode) of 'G', 'Bb' (major), 'g', 'f#', 'Am', 'e minor', 'd dorian'."""
    words = text.strip().split()
    tonic = words[0] if words else ""
    named = words[1].lower() if len(words) == 2 else ""
    minor = tonic[:1].islower() or (len(tonic) > 1 and tonic.endswith("m"))
    mode = named or ("minor" if minor else "major")
    tonic = tonic.removesuffix("m")
    tonic = tonic[:1].upper() + tonic[1:]
    same = {"Db": "C#", "D#": "Eb", "Gb": "F#", "Ab": "G#", "A#": "Bb", "Cb": "B", "B#": "C", "E#": "F", "Fb": "E"}
    tonic = same.get(tonic, tonic)
    if tonic not in TONICS or len(words) > 2 or mode not in SCALES:
        raise ValueError(f"key: expected a key such as G, Bb, f#, 'e minor' or 'd dorian', got {text!r}")
    return tonic, mode

