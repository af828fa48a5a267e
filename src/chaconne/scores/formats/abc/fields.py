"""What stands behind a letter and a colon: K: keys, clefs, M: metres, L: and Q: lengths and tempi."""

import re
from dataclasses import dataclass, field
from fractions import Fraction

STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
SHARPS = "FCGDAEB"  # the order in which a key signature sharpens
ALTER = {"^^": 2, "^": 1, "=": 0, "_": -1, "__": -2}
# Fifths above major on the same tonic (standard 3.1.14); a mode's first three letters are enough.
MODES = {"lyd": 1, "maj": 0, "ion": 0, "mix": -1, "dor": -2, "min": -3, "aeo": -3, "m": -3, "phr": -4, "loc": -5}
NAMES = {"ion": "maj", "aeo": "min", "m": "min"}
CLEF = re.compile(r"(?:clef=)?(treble|alto|tenor|bass|perc|none)([1-5]?)([+-](?:8|15))?$")
LONGEST = Fraction(64)  # quarters of a bar or a unit: more is no music


class AbcError(ValueError):
    """The text is not ABC that this reader knows; the message names the field or the notes."""


@dataclass
class Key:
    """A K: field. tonic: pitch class, None for none; mode: first three letters; alter: {letter: semitones}."""

    tonic: int | None = None
    mode: str = "maj"
    sharps: int = 0
    alter: dict = field(default_factory=dict)
    shift: int = 0      # semitones that the clef, octave= and transpose= move all notes
    drums: bool = False

    @property
    def freygish(self):
        """Is this the Phrygian with a major third?"""
        return self.tonic is not None and self.mode == "phr" and (self.tonic + 4) % 12 in {
            (STEPS[letter] + self.alter.get(letter, 0)) % 12 for letter in STEPS}


def parse_key(text):
    """Return the Key of a K: field such as 'G', 'Ador', 'D exp _b _e ^f', 'none', 'HP', 'G clef=bass octave=-1'."""
    words = text.strip().split()
    key = Key()
    if words and (words[0] in ("HP", "Hp")):
        # The Highland bagpipe plays in A mixolydian; HP writes the same without a signature (3.1.14).
        key = Key(9, "mix", 2, signature(2))
        words = words[1:]
    elif words and words[0].lower() == "none":
        words = words[1:]
    elif words and (found := re.fullmatch(r"([A-G])([#b]?)([A-Za-z]*)", words[0])):
        letter, accidental, word = found.groups()
        words = words[1:]
        if not word and words and words[0].lower()[:3] in MODES | {"exp": 0}:
            word, words = words[0], words[1:]
        explicit = word.lower() == "exp"
        mode = "maj" if explicit else mode_of(word)
        raised = {"#": 1, "b": -1, "": 0}[accidental]
        sharps = SHARPS.index(letter) - 1 + 7 * raised + MODES[mode]
        key = Key((STEPS[letter] + raised) % 12, mode, 0 if explicit else sharps, {} if explicit else signature(sharps))
    elif words and not (CLEF.match(words[0]) or "=" in words[0] or re.match(r"[\^_=]", words[0])):
        raise AbcError(f"K: expected a key such as G, Ador or none, got {text.strip()!r}")
    if words and words[0].lower() == "exp":
        key.alter, key.sharps, words = {}, 0, words[1:]
    for word in words:
        if changed := re.fullmatch(r"(\^\^|\^|__|_|=)([A-Ga-g])", word):
            key.alter[changed[2].upper()] = ALTER[changed[1]]
    key.shift, key.drums = placed(words)
    return key


def mode_of(word):
    """Return the first three letters of a mode's name, 'maj' for none; AbcError."""
    word = word.lower()
    short = word if word == "m" else word[:3] or "maj"
    if short not in MODES:
        raise AbcError(f"K: expected a mode such as dor or mix, got {word!r}")
    return NAMES.get(short, short)


def placed(words):
    """Return (semitones, drums) of the clef and of octave= and transpose= among the words of a K: or V: field (4.6)."""
    shift, drums = 0, False
    for word in words:
        if found := CLEF.match(word):
            drums = found[1] == "perc"
            shift += {"8": 12, "15": 24}.get((found[3] or "")[1:], 0) * (-1 if found[3] and found[3][0] == "-" else 1)
        elif found := re.fullmatch(r"octave=([+-]?\d)", word):
            shift += 12 * int(found[1])
        elif found := re.fullmatch(r"transpose=([+-]?\d{1,2})", word):
            shift += int(found[1])
    return shift, drums


def signature(sharps):
    """Return {letter: semitones} of a key signature with that many sharps (flats when negative)."""
    if sharps >= 0:
        return {SHARPS[i % 7]: 1 + i // 7 for i in range(sharps)}
    return {SHARPS[::-1][i % 7]: -1 - i // 7 for i in range(-sharps)}


def parse_metre(text):
    """Return a metre as a fraction: 'C' -> '4/4', 'C|' -> '2/2', '2+3/8' -> '5/8', None for none; AbcError."""
    said = text.split()[0] if text.split() else ""
    if said.lower() in ("none", ""):
        return None
    said = {"C": "4/4", "C|": "2/2"}.get(said, said)
    found = re.fullmatch(r"\(?(\d{1,2}(?:\+\d{1,2})*)\)?/([1-9]\d?)", said)
    upper = sum(map(int, found[1].split("+"))) if found else 0
    if not upper:
        raise AbcError(f"M: expected a metre such as 6/8, C| or none, got {text.strip()!r}")
    return f"{upper}/{int(found[2])}"


def bar_quarters(metre):
    """Return the quarter lengths of a bar: '6/8' is 3; of free metre None."""
    if metre is None:
        return None
    upper, lower = map(int, metre.split("/"))
    return Fraction(4 * upper, lower)


def parse_unit(text):
    """Return the quarters of an L: field: '1/8' -> 1/2; AbcError."""
    found = re.fullmatch(r"(\d{1,3})(?:/([1-9]\d{0,2}))?", text.strip())
    unit = 4 * Fraction(int(found[1]), int(found[2] or 1)) if found else Fraction(0)
    if not 0 < unit <= LONGEST:
        raise AbcError(f"L: expected a length such as 1/8, got {text.strip()!r}")
    return unit


def default_unit(metre):
    """Return the unit in quarters where L: says none: a sixteenth in bars under 3/4 (3.1.7)."""
    bar = bar_quarters(metre)
    return Fraction(1, 4) if bar is not None and bar < 3 else Fraction(1, 2)


def parse_tempo(text, unit):
    """Return quarters a minute of a Q: field, or None; unit: quarters of the tune's L:.

    '"Andante" 1/8 3/8=60': one beat is all lengths before the sign; '120': so many units a minute (3.1.8).
    """
    said = re.sub(r'"[^"]*"', " ", text)
    if found := re.search(r"((?:\d+/[1-9]\d*\s+)*\d+/[1-9]\d*)\s*=\s*(\d+(?:\.\d+)?)", said):
        beat = 4 * sum(map(Fraction, found[1].split()))
        number = found[2]
    elif found := re.search(r"C(\d*)\s*=\s*(\d+(?:\.\d+)?)", said):
        beat, number = unit * int(found[1] or 1), found[2]
    elif found := re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*", said):
        beat, number = unit, found[1]
    else:
        return None
    tempo = float(beat * Fraction(number))
    return tempo if 0 < tempo < 10_000 else None


def parse_length(text):
    """Return the factor that a note's length stands for: '' 1, '2' 2, '/' 1/2, '//' 1/4, '3/2' 3/2; AbcError."""
    upper, slashes, lower = re.fullmatch(r"(\d*)(/*)(\d*)", text).groups()
    if len(upper) > 4 or len(slashes) > 8 or len(lower) > 4 or (lower and not int(lower)):
        raise AbcError(f"expected a length such as 3/2, got {text[:12]!r}")
    return Fraction(int(upper or 1), int(lower) if lower else 2 ** len(slashes))
