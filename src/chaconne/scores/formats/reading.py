"""Scores of any kind that people have: MIDI, MusicXML, ABC; told apart by the end of the name."""

from dataclasses import replace
from pathlib import Path

from chaconne.scores.formats.lines import assemble
from chaconne.scores.grid.grid import QUARTER, OffGrid, bar_frames
from chaconne.scores.pieces.score import TONICS

MIDI, XML, ABC = (".mid", ".midi", ".smf"), (".xml", ".musicxml", ".mxl", ".krn"), (".abc",)


def read_score(path, snap=False, key=None, pickup=None):
    """Return (Grid, remarks) of a file; remarks are lines about what was read in a way that one may not expect.

    snap: move triplets and played rhythms to the nearest sixteenth; key: 'G' or 'f#' (minor), or None for what
    the file says or the notes suggest; pickup: quarters before the first barline, None for what the file says
    (MIDI files seldom say). Raises FileNotFoundError, ValueError in one line, or OffGrid.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: expected a score ({' '.join(MIDI + XML + ABC)}), found no such file")
    try:
        grid, remarks = assemble(reader_of(path)(path), snap)
    except OffGrid as error:
        raise OffGrid([f"{path}: {error.problems[0]}", *error.problems[1:]]) from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    if key:
        tonic, mode = parse_key(key)
        grid = replace(grid, key=tonic, mode=mode)
    if pickup is not None:
        frames = round(pickup * QUARTER)
        if not 0 <= frames < bar_frames(grid.metre):
            raise ValueError(f"--pickup: expected less than a bar of {grid.metre}, got {pickup:g} quarters")
        grid = replace(grid, pickup=frames)
    return grid, remarks


def reader_of(path):
    """Return the function that reads files with this ending."""
    ending = path.suffix.lower()
    if ending in MIDI:
        from chaconne.scores.formats.midi import read_midi as reader
    elif ending in XML:
        from chaconne.scores.formats.musicxml import read_musicxml as reader
    elif ending in ABC:
        from chaconne.scores.formats.abc_tunes import read_abc as reader
    else:
        raise ValueError(f"expected a file that ends in {' '.join(MIDI + XML + ABC)}; got {ending or 'no ending'}")
    return reader


def parse_key(text):
    """Return (tonic, mode) of 'G', 'Bb' (major) or 'g', 'f#', 'Am', 'e minor' (minor)."""
    words = text.strip().split()
    tonic = words[0] if words else ""
    minor = tonic[:1].islower() or "minor" in words[1:] or (len(tonic) > 1 and tonic.endswith("m"))
    tonic = tonic.removesuffix("m")
    tonic = tonic[:1].upper() + tonic[1:]
    same = {"Db": "C#", "D#": "Eb", "Gb": "F#", "Ab": "G#", "A#": "Bb", "Cb": "B", "B#": "C", "E#": "F", "Fb": "E"}
    tonic = same.get(tonic, tonic)
    if tonic not in TONICS or len(words) > 2 or words[1:] not in ([], ["major"], ["minor"]):
        raise ValueError(f"key: expected a key such as G, Bb, f# or 'e minor', got {text!r}")
    return tonic, "minor" if minor else "major"
