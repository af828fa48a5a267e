"""A score in any format that can be written; the ending of the name says which."""

from pathlib import Path

ENDINGS = (".mid", ".musicxml", ".abc", ".krn", ".svg")


def write_score(grid, path):
    """Write a Grid to a path; ValueError names the endings that are known."""
    ending = Path(path).suffix.lower()
    if ending == ".mid":
        from chaconne.scores.writing.midi import write_midi as write
    elif ending == ".musicxml":
        from chaconne.scores.writing.musicxml import write_musicxml as write
    elif ending == ".abc":
        from chaconne.scores.writing.abc import write_abc as write
    elif ending == ".krn":
        from chaconne.scores.conversion.kern_writing import write_kern as write
    elif ending == ".svg":
        from chaconne.scores.writing.engraving import write_svg as write
    else:
        raise ValueError(f"{path}: expected a name that ends in {', '.join(ENDINGS)}")
    write(grid, path)
