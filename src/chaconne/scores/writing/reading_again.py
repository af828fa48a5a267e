"""Can what was written be read again? MusicXML by music21, tunes by the reader of ABC, bar by bar."""

from pathlib import Path

from chaconne.scores.formats.abc.checking import file_problems
from chaconne.scores.formats.lines import read_score


def check_works(folder):
    """Return {works, tunes: how many were read again}; ValueError names the first that was not.

    folder: with works/*.musicxml and *.mid of the same notes, tunes/*.abc.
    """
    works, tunes = sorted(Path(folder, "works").glob("*.mid")), sorted(Path(folder, "tunes").glob("*.abc"))
    for path in works:
        first, second = (read_score(path.with_suffix(ending))[0] for ending in (".mid", ".musicxml"))
        if first.pitch.shape != second.pitch.shape or (first.pitch != second.pitch).any():
            raise ValueError(f"{path}: expected the notes of its MusicXML, got others")
    for path in tunes:
        wrong = file_problems(path)
        read_score(path)
        if wrong:
            raise ValueError(f"{path}: {wrong[0]}")
    return {"works": len(works), "tunes": len(tunes)}
