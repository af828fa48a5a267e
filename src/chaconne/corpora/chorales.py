"""Bach's four-part chorales, out of the corpus inside `music21`: no network, no files beside it."""

from pathlib import Path

from chaconne.corpora.score import TONICS, Score, Unusable, order

SOURCE = "music21 corpus (Margaret Greentree's edition)"
LICENCE = "composition: public domain; encoding: used by permission, see music21/corpus/license.txt"
GRID = 4  # sixteenths: notes a quarter may be divided into
SUFFIXES = (".krn", ".xml", ".mxl")
# Krumhansl & Kessler 1982: how well each pitch class fits a major and a minor key on C.
PROFILES = {
    "major": (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    "minor": (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
}


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


def find_key(notes, sharps):
    """Return (tonic, mode): the key profile that fits best, drawn to the last bass note and the signature.

    The signature alone cannot tell: many minor chorales are written in Dorian, one flat short.
    """
    weight = [0.0] * 12
    for _, duration, pitch, _, _ in notes:
        weight[pitch % 12] += duration
    final = max((n for n in notes if n[3] == 3), key=lambda n: n[0])[2] % 12

    def fit(tonic, mode):
        turned = [PROFILES[mode][(pc - tonic) % 12] for pc in range(12)]
        written = (7 * sharps + (9 if mode == "minor" else 0)) % 12
        return _correlation(weight, turned) + 0.2 * (tonic == final) + 0.1 * (tonic == written)

    tonic, mode = max(((t, m) for t in range(12) for m in PROFILES), key=lambda key: fit(*key))
    return TONICS[tonic], mode


def _correlation(a, b):
    mean_a, mean_b = sum(a) / len(a), sum(b) / len(b)
    a, b = [x - mean_a for x in a], [y - mean_b for y in b]
    dot = sum(x * y for x, y in zip(a, b, strict=True))
    return dot / (sum(x * x for x in a) * sum(y * y for y in b)) ** 0.5


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
