"""The notes of one voice of ABC, from left to right: bars, tuplets, ties, broken rhythm, accidentals, endings."""

import re
from fractions import Fraction

from chaconne.scores.formats.abc.fields import (
    ALTER,
    STEPS,
    AbcError,
    bar_quarters,
    parse_key,
    parse_length,
    parse_metre,
    parse_unit,
    placed,
)
from chaconne.scores.formats.performing import Bar

TOKEN = re.compile(
    r"""(?P<inline>\[[A-Za-z]:[^\]]*\]) | (?P<text>"[^"]*") | (?P<mark>![^!\s|]*! | \+[^+\s|]*\+) | (?P<grace>\{[^}]*\})
    | \((?P<tuplet>\d(?::\d?){0,2}) | (?P<overlay>\(?&\)?)
    | (?P<bar>\.?(?::*\|*\[\d[\d,-]* | :*\|+:?\d[\d,-]* | :+\d[\d,-]* | :*\|+[\]:|]* | \[\|\]? | ::+ | :*\|?\]))
    | \[(?P<chord>[^\]|:"]+)\](?P<stretch>\d*/*\d*)
    | (?P<note>(?:\^\^|\^|__|_|=)?[A-Ga-gzxZX][,']*)(?P<length>\d*/*\d*) | (?P<tie>\.?-) | (?P<broken><+|>+)
    | (?P<hold>H) | (?P<skip>[\s)~.I-WYh-wy`\\*$;?@]+|[(:!])""",
    re.VERBOSE,
)
IN_CHORD = re.compile(r"((?:\^\^|\^|__|_|=)?[A-Ga-g][,']*)(\d*/*\d*)(-?)")
SIGNED = re.compile(r"(\^\^|\^|__|_|=)?([A-Ga-g])([,']*)")
# Decorations that say where the music goes on (standard 4.14).
MARKS = {"segno": "segno", "coda": "coda", "fine": "fine", "D.C.": "da capo", "D.S.": "dal segno", "dacapo": "da capo",
         "dacoda": "to coda", "D.C.alfine": "da capo", "D.C.alcoda": "da capo", "D.S.alfine": "dal segno",
         "D.S.alcoda": "dal segno"}
MOST_BARS = 100_000
SHARED = ("pitch", "octave", "not")     # %%propagate-accidentals (11.3): the first is the default


class Music:
    """Reads one voice. `events` are [onset, duration, ((pitch, tied), ...), fermata, overlay]; `bars` are Bars.

    key: Key; metre: '6/8' or None; unit: quarters of the length 1; shift: semitones that all notes are moved;
    propagate: of SHARED, how far an accidental reaches within its bar.
    """

    def __init__(self, key, metre, unit, shift=0, propagate="pitch"):
        self.alter, self.unit, self.full, self.shift = key.alter, unit, bar_quarters(metre), shift
        self.propagate, self.events, self.bars, self.parts = propagate, [], [], {}
        self.time = self.begun = self.longest = Fraction(0)
        self.accidentals, self.ties, self.tuplet, self.broken = {}, {}, (Fraction(1), 0), None
        self.overlay, self.marks, self.forward, self.endings, self.held = 0, set(), False, frozenset(), False
        self.fulls, self.parted = [], []    # of each bar: the quarters of a full one; whether a section ends with it
        self.pickup = None

    def read(self, text):
        """Read a text to its end; AbcError names what is no music."""
        position = 0
        while position < len(text):
            found = TOKEN.match(text, position)
            if not found:
                raise AbcError(f"expected notes, got {text[position : position + 12]!r}")
            self.token(found)
            position = found.end()
        self.close()
        return self

    def token(self, found):
        """Act on one token."""
        kind = next(name for name, value in found.groupdict().items() if value is not None)
        value = found[kind]
        if kind == "inline":
            self.change(value[1], value[3:-1])
        elif kind == "mark":
            self.decorate(value[1:-1])
        elif kind == "tuplet":
            self.start_tuplet([int(n) if n else 0 for n in value.split(":")])
        elif kind == "bar":
            self.barline(value)
        elif kind == "overlay":
            self.lay_over(value)
        elif kind == "chord":
            self.chord(value, parse_length(found["stretch"]))
        elif kind == "note":
            self.note(value, parse_length(found["length"]))
        elif kind == "tie" and self.events:
            self.ties = {place: pitch for place, pitch, _ in self.places}
        elif kind == "broken":
            self.break_rhythm(value)
        elif kind == "hold":
            self.held = True

    def change(self, letter, value):
        """Change key, metre, unit length, part or octave within the tune."""
        if letter == "K":
            key = parse_key(value)
            # A key field may hold a clef alone; then the key stays.
            self.alter = key.alter if key.tonic is not None or key.alter or "none" in value else self.alter
        elif letter == "M":
            self.full = bar_quarters(parse_metre(value))
        elif letter == "L":
            self.unit = parse_unit(value)
        elif letter == "P":
            self.parts.setdefault(len(self.bars) + (self.time != self.begun), value.strip())
        elif letter == "V":
            self.shift += placed(value.split()[1:])[0]

    def decorate(self, name):
        """Remember a decoration: a fermata, or where the music goes on."""
        self.held |= name in ("fermata", "invertedfermata")
        if name in MARKS:
            self.marks.add(MARKS[name])

    def start_tuplet(self, numbers):
        """(p:q:r puts p notes into the time of q for the next r notes (4.13)."""
        p, q, r = (numbers + [0, 0])[:3]
        compound = self.full is not None and self.full % Fraction(3, 2) == 0
        q = q or {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}.get(p, 3 if compound else 2)
        if not p:
            raise AbcError("expected a tuplet such as (3, got (0")
        self.tuplet = (Fraction(q, p), r or p)

    def barline(self, text):
        """End a bar: accidentals lapse; repeats and endings are noted."""
        ending = re.search(r"\d[\d,-]*$", text)
        line = text[: ending.start()] if ending else text
        self.close(parted=bool(ending) or line.strip(".") != "|")
        colons = line.strip(".")
        before, after = (len(colons) - len(end) for end in (colons.lstrip(":"), colons.rstrip(":")))
        if colons and not colons.strip(":"):
            # '::' ends one repeat and begins another; ':2' ends one.
            before = max(1, len(colons) // 2)
            after = 0 if ending else before
        if before and self.bars:
            self.bars[-1].times = max(self.bars[-1].times, min(before, 9) + 1)
        if ending:
            self.endings = rounds(ending[0])
        elif before or after or "||" in line or "]" in line or "[" in line:
            # An ending reaches to a repeat, a double bar or the end.
            self.endings = frozenset()
        self.forward |= bool(after)
        self.accidentals = {}

    def close(self, parted=True):
        """Append the bar that ends here, if time has passed in it; what follows is another."""
        self.time = max(self.time, self.longest)
        if self.time != self.begun:
            if len(self.bars) >= MOST_BARS:
                raise AbcError(f"expected at most {MOST_BARS} bars, got more")
            self.bars.append(Bar(self.begun, self.time - self.begun, self.forward, 0, self.endings, self.marks))
            self.fulls.append(self.full)
            self.parted.append(parted)
            self.forward, self.marks = False, set()
            if self.pickup is None:
                whole = self.full is None or self.time - self.begun >= self.full
                self.pickup = Fraction(0) if whole else self.time - self.begun
        elif self.bars:
            self.parted[-1] |= parted
            self.bars[-1].marks |= self.marks - {"segno", "coda"}
            self.marks &= {"segno", "coda"}
        self.begun = self.longest = self.time
        self.overlay = 0

    def lay_over(self, text):
        """Begin another line of the same bar (7.4)."""
        if text != "&":
            raise AbcError("expected an overlay of one bar (&), got one of several; give the line a voice of its own")
        self.longest, self.time, self.overlay = max(self.longest, self.time), self.begun, self.overlay + 1
        self.ties, self.accidentals = {}, {}

    def pitch(self, text):
        """Return ((letter, octave), MIDI pitch, signed) of '^F,' and remember its accidental until the barline."""
        sign, letter, marks = SIGNED.fullmatch(text).groups()
        octave = 5 + letter.islower() + marks.count("'") - marks.count(",")
        letter = letter.upper()
        reach = letter if self.propagate == "pitch" else (letter, octave)
        if sign and self.propagate != "not":
            self.accidentals[reach] = ALTER[sign]
        alter = ALTER[sign] if sign else self.accidentals.get(reach, self.alter.get(letter, 0))
        return (letter, octave), 12 * octave + STEPS[letter] + alter + self.shift, bool(sign)

    def note(self, text, length):
        """Add a note, a rest (z, x), or rests of whole bars (Z, X)."""
        if text[-1] in "ZX":
            if self.full is None:
                raise AbcError(f"expected a metre before {text}, got none")
            self.add([], length * self.full / self.unit)
        else:
            self.add([] if text[-1] in "zx" else [(*self.pitch(text), False)], length)

    def chord(self, text, stretch):
        """Add [ace]2: all notes at once, as long as the first."""
        found = IN_CHORD.findall(text)
        if not found:
            raise AbcError(f"expected notes in a chord, got [{text}]")
        self.add([(*self.pitch(note), bool(tie)) for note, _, tie in found], parse_length(found[0][1]) * stretch)

    def add(self, notes, length):
        """Add notes or a rest of `length` units; those that the note before is tied to only prolong it."""
        factor, left = self.tuplet
        length = length * self.unit * (factor if left else 1) * (self.broken or 1)
        self.tuplet, self.broken = (factor, max(left - 1, 0)), None
        self.places, sounding = [], []
        for place, pitch, signed, tied_on in notes:
            # Over a barline a tied note may have lost its sign.
            before = self.ties.get(place)
            tied = before is not None and (before == pitch or not signed)
            pitch = before if tied else pitch
            if not 0 <= pitch <= 127:
                raise AbcError(f"expected notes from C,,,,, to g'''', got {place[0]} in octave {place[1] - 1}")
            sounding.append((pitch, tied))
            self.places.append((place, pitch, tied_on))
        self.ties = {place: pitch for place, pitch, tied_on in self.places if tied_on}
        self.events.append([self.time, length, tuple(sounding), self.held, self.overlay])
        self.time, self.held = self.time + length, False

    def break_rhythm(self, text):
        """a>b: the first note half as long again, the second half as long (4.4)."""
        if not self.events or len(text) > 4:
            raise AbcError(f"expected a note before {text[:8]}, got none")
        short = Fraction(1, 2 ** len(text))
        before, self.broken = (2 - short, short) if text[0] == ">" else (short, 2 - short)
        self.time += self.events[-1][1] * (before - 1)
        self.events[-1][1] *= before


def rounds(text):
    """Return the times round of an ending: '1,3' or '1-3'; AbcError above 99."""
    found = set()
    for part in filter(None, text.strip(",-").split(",")):
        numbers = [int(n) for n in part.split("-") if n]
        if not numbers or not 0 < max(numbers) < 100:
            raise AbcError(f"expected an ending such as 1 or 1,3, got {text[:12]}")
        found |= set(range(numbers[0], numbers[-1] + 1))
    return frozenset(found)
