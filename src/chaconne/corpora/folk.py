"""Ryan's Mammoth Collection (Boston 1883): 1,059 fiddle tunes in ABC, out of the corpus inside `music21`."""

import re
from importlib.util import find_spec
from pathlib import Path

from chaconne.scores.formats.abc.tunes import read_tune
from chaconne.scores.formats.corpus import fields_of
from chaconne.scores.pieces.score import Score, Unusable

SOURCE = "Ryan's Mammoth Collection (1883), music21 corpus"
ACCIDENTALS = "octave"  # how far they reach: typed before ABC 2.1 had them in all octaves
LICENCE = "tunes: public domain; encoding: with permission of the encoders, see music21/corpus/license.txt"


def _folder():
    # Found without importing music21: its ABC reader is slow, and ours needs none of it.
    return Path(find_spec("music21").origin).parent / "corpus" / "ryansMammoth"


def sources(settings):
    """Return the file names of all tunes, sorted."""
    return sorted(path.name for path in _folder().glob("*.abc"))


def parse(source):
    """Parse one tune into a Score, repeats once; Unusable when the ABC cannot be read."""
    text = Path(_folder(), source).read_text(encoding="utf-8", errors="replace")
    try:
        fields = fields_of(read_tune(mended(text), repeats=False, propagate=ACCIDENTALS))
    except ValueError as error:
        raise Unusable(f"{source}: {error}") from None
    fields["title"] = fields["title"] or source
    return Score(piece=source.removesuffix(".abc"), source=SOURCE, licence=LICENCE, **fields)


def mended(text):
    """Return the text of a tune that came by mail, quoted-printable, as it was typed."""
    return re.sub(r"=20$|=$", "", text, flags=re.MULTILINE).replace("=3D", "=")
