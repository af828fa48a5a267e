"""Ryan's Mammoth Collection (Boston 1883): 1,059 fiddle tunes in ABC, out of the corpus inside `music21`."""

import re
from importlib.util import find_spec
from pathlib import Path

from chaconne.scores.formats.abc_notation import AbcError, parse_tune
from chaconne.scores.pieces.score import TONICS, Score, Unusable

SOURCE = "Ryan's Mammoth Collection (1883), music21 corpus"
LICENCE = "tunes: public domain; encoding: with permission of the encoders, see music21/corpus/license.txt"


def _folder():
    # Found without importing music21: its ABC reader is slow, and ours needs none of it.
    return Path(find_spec("music21").origin).parent / "corpus" / "ryansMammoth"


def sources(settings):
    """Return the file names of all tunes, sorted."""
    return sorted(path.name for path in _folder().glob("*.abc"))


def parse(source):
    """Parse one tune into a Score; Unusable when the ABC cannot be read."""
    text = Path(_folder(), source).read_text(encoding="utf-8", errors="replace")
    # Some came by mail, quoted-printable.
    text = re.sub(r"=20$|=$", "", text, flags=re.MULTILINE).replace("=3D", "=")
    try:
        tune = parse_tune(text)
    except AbcError as error:
        raise Unusable(f"{source}: {error}") from None
    if not tune.notes:
        raise Unusable("no notes")
    return Score(
        piece=source.removesuffix(".abc"),
        title=" ".join(tune.fields.get("T", source).split()),
        source=SOURCE,
        licence=LICENCE,
        key=TONICS[tune.tonic],
        mode={"maj": "major", "min": "minor"}.get(tune.mode, "other"),
        metre=tune.metre,
        pickup=tune.pickup,
        quarters=tune.quarters,
        # A signature of n sharps lies n fifths above the white keys.
        to_c_semitones=(6 - 7 * tune.sharps) % 12 - 6,
        notes=[(*note, 0) for note in tune.notes],
    )
