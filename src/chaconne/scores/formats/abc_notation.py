"""A small reader of ABC notation: one voice, with what fiddle tunes use.

Follows the ABC standard 2.1 (abcnotation.com/wiki/abc:standard:v2.1). Repeats are not expanded,
of a first and a second ending the last is kept; grace notes, ornaments and fingerings are dropped.
"""

import re
from dataclasses import dataclass, field
from fractions import Fraction

STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
SHARPS = "FCGDAEB"  # the order in which a key signature sharpens
ALTER = {"^^": 2, "^": 1, "=": 0, "_": -1, "__": -2}
MODES = {"lyd": 1, "maj": 0, "ion": 0, "mix": -1, "dor": -2, "min": -3, "aeo": -3, "m": -3,
         "phr": -4, "loc": -5}  # fifths above major on the same tonic
TEXT = re.compile(r""" "[^"]*" | ![^!\s]*! | \+[^+\s]*\+ """, re.VERBOSE)  # chord names, fingering, !trill!
TOKEN = re.compile(
    r"""(?P<inline>\[[A-Za-z]:[^\]]*\]) | (?P<grace>\{[^}]*\})
    | \((?P<tuplet>\d(?::\d?){0,2}) | (?P<ending>(?:\||:)*\s*\[\d[\d,-]*|\|+:?\d[\d,-]*|:+\|?\d[\d,-]*)
    | (?P<bar>:*\|+[\]:|]*|\[\||::+|\|?\]) | \[(?P<chord>[^\]|:"]+)\](?P<stretch>\d*/*\d*)
    | (?P<note>(?:\^\^|\^|__|_|=)?[A-Ga-gzxZ][,']*)(?P<length>\d*/*\d*) | (?P<tie>-) | (?P<broken><+|>+)
    | (?P<skip>[\s)~.H-Wh-wy`\\*]+|[(:])""",
    re.VERBOSE,
)


class AbcError(ValueError):
    """The text is not ABC that this reader knows; the message names the line."""


@dataclass
class Tune:
    """What was read; times in quarter lengths."""

    fields: dict  # header letter -> first value
    tonic: int  # pitch class, 0 = C
    mode: str  # first three letters of the mode's name: maj, min, dor, mix, ...
    sharps: int  # of the key signature, negative for flats
    metre: str
    pickup: float = 0.0
    quarters: float = 0.0
    notes: list = field(default_factory=list)  # (onset, duration, pitch, voice): voice 0 on top


def parse_key(text):
    """Return (pitch class, mode, sharps) of a K: field: 'Edor' -> (4, 'dor', 2); or AbcError."""
    found = re.match(r"\s*([A-G])([#b]?)\s*([A-Za-z]*)", text)
    if not found:
        raise AbcError(f"K: expected a key such as G or Ador, got {text.strip()!r}")
    letter, accidental, word = found.groups()
    word = word.lower()[:3] or "maj"
    if word not in MODES:
        raise AbcError(f"K: expected a mode such as dor or mix, got {word!r}")
    raised = {"#": 1, "b": -1, "": 0}[accidental]
    sharps = SHARPS.index(letter) - 1 + 7 * raised + MODES[word]
    mode = {"m": "min", "aeo": "min", "ion": "maj"}.get(word, word)
    return (STEPS[letter] + raised) % 12, mode, sharps


def key_alterations(sharps):
    """Return {letter: semitones} of a key signature with that many sharps (flats when negative)."""
    if sharps >= 0:
        return {SHARPS[i % 7]: 1 + i // 7 for i in range(sharps)}
    return {SHARPS[::-1][i % 7]: -1 - i // 7 for i in range(-sharps)}


def parse_length(text):
    """Return the factor that a note's length stands for: '' 1, '2' 2, '/' 1/2, '//' 1/4, '3/2' 3/2."""
    numbers = re.fullmatch(r"(\d*)(/*)(\d*)", text)
    upper, slashes, lower = numbers.groups()
    divisor = int(lower) if lower else 2 ** len(slashes)
    return Fraction(int(upper or 1), divisor)


def bar_quarters(metre):
    """Return the quarter lengths of a bar: 'C' and 'C|' are 4, '6/8' is 3."""
    upper, lower = normal_metre(metre).split("/")
    return Fraction(4 * int(upper), int(lower))


def normal_metre(metre):
    """Return a metre as a fraction: 'C' -> '4/4', 'C|' -> '2/2'; AbcError when it is none."""
    metre = {"C": "4/4", "C|": "2/2"}.get(metre.strip(), metre.strip())
    if not re.fullmatch(r"[1-9]\d*/[1-9]\d*", metre):
        raise AbcError(f"M: expected a metre such as 6/8 or C|, got {metre!r}")
    return metre


def parse_tune(text):
    """Read one tune, header and body, into a Tune."""
    fields, lines, head = {}, [], True
    for line in text.splitlines():
        line = TEXT.sub("", line.split("%")[0]).rstrip().rstrip("\\")
        found = re.match(r"([A-Za-z]):(?![|:])\s*(.*)", line)
        if head and found:
            fields.setdefault(found[1], found[2].strip())
            head = found[1] != "K"
        elif found:
            lines.append(f"[{found[1]}:{found[2]}]" if found[1] in "KLM" else "")
        elif not head:
            lines.append(line)
    if "K" not in fields:
        raise AbcError("K: expected a key that ends the header, got none")
    tonic, mode, sharps = parse_key(fields["K"])
    tune = Tune(fields, tonic, mode, sharps, normal_metre(fields.get("M", "C")))
    Body(tune).read("\n".join(lines))
    return tune


class Body:
    """The state while reading a tune's notes from left to right."""

    def __init__(self, tune):
        self.tune = tune
        self.bar = bar_quarters(tune.metre)
        default = "1/16" if self.bar < 3 else "1/8"  # standard 3.1.7
        self.unit = 4 * Fraction(tune.fields.get("L", default))
        self.signature = key_alterations(tune.sharps)
        self.accidentals = {}  # (letter, octave) -> semitones, until the next barline
        self.time = Fraction(0)
        self.events = []  # [onset, duration, pitches]; a rest has no pitches
        self.tuplet = (Fraction(1), 0)  # factor, notes left
        self.broken = None  # factor of the next note after < or >
        self.tied = False
        self.opening = True  # before the first barline that ends something
        self.first_ending = None  # (number of events, time) where the first ending began

    def read(self, text):
        """Read the whole body and fill the tune."""
        position = 0
        while position < len(text):
            found = TOKEN.match(text, position)
            if not found:
                raise AbcError(f"expected notes, got {text[position : position + 12]!r}")
            self.token(found)
            position = found.end()
        tune = self.tune
        for onset, duration, pitches in self.events:
            chord = sorted(pitches, reverse=True)
            tune.notes += [(float(onset), float(duration), pitch, i) for i, pitch in enumerate(chord)]
        tune.quarters = float(self.time)

    def token(self, found):
        """Act on one token."""
        kind = next(name for name, value in found.groupdict().items() if value is not None)
        value = found[kind]
        if kind == "inline":
            self.change(value[1], value[3:-1])
        elif kind == "tuplet":
            self.start_tuplet([int(n) if n else 0 for n in value.split(":")])
        elif kind in ("bar", "ending"):
            self.barline(value, kind == "ending")
        elif kind == "chord":
            self.chord(value, parse_length(found["stretch"]))
        elif kind == "note":
            pitches = [] if value[-1] in "zxZ" else [self.pitch(value)]
            factor = self.bar / self.unit if value == "Z" else 1
            self.add(pitches, parse_length(found["length"]) * factor)
        elif kind == "tie":
            self.tied = True
        elif kind == "broken":
            self.break_rhythm(value)

    def change(self, letter, value):
        """Change key, metre or unit length within the tune."""
        if letter == "K":
            self.signature = key_alterations(parse_key(value)[2])
        elif letter == "M":
            self.bar = bar_quarters(value)
        elif letter == "L":
            self.unit = 4 * Fraction(value.strip())

    def start_tuplet(self, numbers):
        """(p:q:r puts p notes into the time of q for the next r notes (standard 4.13)."""
        p, q, r = (numbers + [0, 0])[:3]
        compound = self.bar % Fraction(3, 2) == 0
        q = q or {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}.get(p, 3 if compound else 2)
        self.tuplet = (Fraction(q, p), r or p)

    def barline(self, text, ending):
        """End a bar: accidentals lapse, the pickup is known, a first ending gives way to the second."""
        self.accidentals = {}
        if self.opening and self.events:
            self.opening = False
            self.tune.pickup = float(self.time) if self.time < self.bar else 0.0
        number = re.search(r"\d", text)
        if ending and number[0] == "1":
            self.first_ending = (len(self.events), self.time)
        elif ending and self.first_ending:
            events, self.time = self.first_ending
            del self.events[events:]
            self.first_ending = None

    def pitch(self, text):
        """Return the MIDI pitch of '^F,' and remember its accidental until the barline."""
        found = re.fullmatch(r"(\^\^|\^|__|_|=)?([A-Ga-g])([,']*)", text.strip())
        if not found:
            raise AbcError(f"expected a note such as ^F, got {text!r}")
        sign, letter, marks = found.groups()
        octave = 5 + letter.islower() + marks.count("'") - marks.count(",")
        letter = letter.upper()
        if sign:
            self.accidentals[letter, octave] = ALTER[sign]
        alter = self.accidentals.get((letter, octave), self.signature.get(letter, 0))
        return 12 * octave + STEPS[letter] + alter

    def chord(self, text, stretch):
        """Add [ace]2: all notes at once, as long as the first."""
        found = re.findall(r"((?:\^\^|\^|__|_|=)?[A-Ga-g][,']*)(\d*/*\d*)", text)
        if not found:
            raise AbcError(f"expected notes in a chord, got [{text}]")
        self.add([self.pitch(note) for note, _ in found], parse_length(found[0][1]) * stretch)

    def add(self, pitches, length):
        """Add a note, chord or rest of `length` units; a tie prolongs the note before."""
        factor, left = self.tuplet
        length = length * self.unit * (factor if left else 1) * (self.broken or 1)
        self.tuplet, self.broken = (factor, max(left - 1, 0)), None
        if self.tied and self.events and pitches and self.joins(pitches):
            self.events[-1][1] += length
        else:
            self.events.append([self.time, length, pitches])
        self.time, self.tied = self.time + length, False

    def joins(self, pitches):
        """Is the tied note the one before? Across a barline it may have lost its accidental sign."""
        return len(pitches) == len(self.events[-1][2]) and all(
            abs(a - b) <= 1 for a, b in zip(pitches, self.events[-1][2], strict=True)
        )

    def break_rhythm(self, text):
        """a>b: the first note half as long again, the second half as long (standard 4.4)."""
        if not self.events:
            raise AbcError(f"expected a note before {text}, got none")
        short = Fraction(1, 2 ** len(text))
        before, self.broken = (2 - short, short) if text[0] == ">" else (short, 2 - short)
        self.time += self.events[-1][1] * (before - 1)
        self.events[-1][1] *= before
