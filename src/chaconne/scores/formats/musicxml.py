"""MusicXML 3 and 4 (W3C), plain or compressed: one line for each voice of each part, as it sounds.

No library reads what people export right often enough (docs/reading.md); names of elements are those of the standard.
"""

import io
import re
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import Path
from xml.etree import ElementTree

from chaconne.running.archives import zip_members
from chaconne.scores.formats.found import Found, mode_on, with_voices
from chaconne.scores.formats.performing import Bar

LARGEST = 400e6  # bytes of a score, unpacked: more is no music
SOFTWARE = "chaconne"
STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
UNITS = {"breve": 8, "whole": 4, "half": 2, "quarter": 1, "eighth": Fraction(1, 2), "16th": Fraction(1, 4)}
JUMPS = {"dacapo": "da capo", "dalsegno": "dal segno", "fine": "fine", "tocoda": "to coda", "segno": "segno",
         "coda": "coda"}   # attributes of <sound>
SIGNS = {"double-sharp": 2, "sharp-sharp": 2, "sharp": 1, "natural": 0, "flat": -1, "flat-flat": -2}    # <accidental>
# Parts without a program of General MIDI are known by a word of their name.
PROGRAMS = {"violoncello": 42, "cello": 42, "viola": 41, "violin": 40, "contrabass": 43, "double bass": 43, "flute": 73,
            "piccolo": 72, "recorder": 74, "oboe": 68, "english horn": 69, "clarinet": 71, "bassoon": 70, "horn": 60,
            "trumpet": 56, "trombone": 57, "tuba": 58, "harpsichord": 6, "piano": 0, "guitar": 24, "harp": 46}


@dataclass
class Measure:
    """One bar of one part: notes as (onset in it, duration, pitch, voice, fermata, tied), and what stands at it."""

    notes: list = field(default_factory=list)
    length: Fraction = Fraction(0)
    bar: Bar = None
    silent: set = field(default_factory=set)    # voices that rest
    implicit: bool = False
    metre: str | None = None    # where a signature stands
    number: str = ""


@dataclass
class Part:
    """One part; `left_out` counts what is not read, `unsaid` notes whose alteration is printed but not said."""

    name: str = ""
    program: int | None = None
    measures: list = field(default_factory=list)
    key: tuple | None = None    # (fifths as it sounds, mode or '')
    tempi: list = field(default_factory=list)   # (bar, place in it, quarters a minute)
    left_out: Counter = field(default_factory=Counter)
    unsaid: int = 0


def read_musicxml(path, repeats=True):
    """Return the Found of a MusicXML file; repeats: as performed. ValueError where it cannot be read."""
    try:
        return read_document(io.BytesIO(document(Path(path))), repeats)
    except (ElementTree.ParseError, zipfile.BadZipFile, KeyError, IndexError, ZeroDivisionError, ArithmeticError,
            LookupError) as error:
        raise ValueError(f"expected MusicXML, got something else: {error or type(error).__name__}") from None


def document(path):
    """Return the bytes of the score in a file: the first root file of a compressed one (the container says which)."""
    if path.stat().st_size > LARGEST:
        raise ValueError("expected a score of at most 400 MB, got more")
    if not zipfile.is_zipfile(path):
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        zip_members(archive, path.name, LARGEST)
        named = [name for name in archive.namelist() if name.lower().endswith((".xml", ".musicxml"))
                 and not name.startswith("META-INF")]
        if "META-INF/container.xml" in archive.namelist():
            root = ElementTree.fromstring(archive.read("META-INF/container.xml"))
            named = [found.get("full-path") for found in root.iter() if found.tag.endswith("rootfile")] + named
        return archive.read(next(name for name in named if name in archive.namelist()))


def read_document(stream, repeats=True):
    """Return the Found of a document."""
    parts, listed, about, part, state = [], {}, {}, None, None
    for event, element in ElementTree.iterparse(stream, ("start", "end")):
        if event == "start":
            if element.tag == "part":
                part = listed.get(element.get("id"), Part())
                parts.append(part)
                state = Reader(part)
            elif element.tag == "score-timewise":
                raise ValueError("expected a score by parts (score-partwise), got one by bars; export it again")
        elif element.tag == "score-part":
            listed[element.get("id")] = part_of(element)
        elif element.tag in ("work-title", "movement-title", "software", "credit-words"):
            about.setdefault(element.tag, " ".join((element.text or "").split()))
        elif element.tag == "measure" and state is not None:
            state.measure(element)
            element.clear()     # what was read is not kept: an orchestral score would fill the memory
        elif element.tag == "part":
            element.clear()
    if not any(part.measures for part in parts):
        raise ValueError("expected a score with parts and bars, found none; open and export it again as MusicXML")
    return found_in(parts, about, repeats)


def part_of(element):
    """Return the Part of a <score-part>."""
    name = " ".join((element.findtext("part-name") or "").split())
    program = element.findtext(".//midi-program")
    if program and 0 < int(program) <= 128:
        return Part(name, int(program) - 1)
    said = " ".join([name, *(e.text or "" for e in element.iter("instrument-name"))]).lower()
    return Part(name, next((number for word, number in PROGRAMS.items() if re.search(rf"\b{word}", said)), None))


class Reader:
    """Reads the bars of one part, one after another."""

    def __init__(self, part):
        self.part, self.divisions, self.shift, self.endings, self.bar_quarters = part, 1, 0, frozenset(), Fraction(4)
        self.count, self.closing = -1, False
        # Some programs say where a tie starts and not where it stops: {(voice, pitch): where its note ends}.
        self.leading, self.since = {}, Fraction(0)

    def measure(self, element):
        """Append one <measure>."""
        self.time = self.begun = Fraction(0)
        self.now = Measure(bar=Bar(0, 0), implicit=element.get("implicit") == "yes", number=element.get("number", ""))
        if self.now.number.isdigit():
            # Movements of one file count from 1 (or a pick-up's 0) again.
            count = int(self.now.number)
            self.now.bar.movement, self.count = count <= self.count and count < 2, count
        self.part.measures.append(self.now)
        for child in element:
            if read := getattr(self, f"read_{child.tag}", None):
                read(child)
        if self.now.length == 0 and not self.now.notes:
            self.now.length = self.bar_quarters if not self.now.implicit else Fraction(0)
        self.since += self.now.length
        self.now.bar.endings |= self.endings
        if self.closing:
            self.endings = frozenset()

    def read_attributes(self, element):
        """Read divisions, key, metre and transposition."""
        if found := element.findtext("divisions"):
            self.divisions = Fraction(found)
            if self.divisions <= 0:
                raise ValueError(f"divisions: expected a number above 0, got {found}")
        if (found := element.find("transpose")) is not None:
            chromatic, octaves = (Fraction(found.findtext(name) or 0) for name in ("chromatic", "octave-change"))
            self.shift = int(chromatic) + 12 * int(octaves)
        if (found := element.find("key")) is not None and self.part.key is None:
            fifths = found.findtext("fifths")
            sounding = int(fifths or 0) + (7 * self.shift + 5) % 12 - 5
            sounding -= 12 * (sounding > 7) - 12 * (sounding < -7)
            self.part.key = (sounding, (found.findtext("mode") or "").strip().lower() if fifths else "")
        if (found := element.find("time")) is not None and found.findtext("beats"):
            beats = sum(int(n) for text in found.iter("beats") for n in (text.text or "").split("+"))
            unit = int(found.findtext("beat-type"))
            self.now.metre, self.bar_quarters = f"{beats}/{unit}", Fraction(4 * beats, unit)

    def read_note(self, element):
        """Read a note or rest; what has no pitch or no time is counted."""
        if element.find("grace") is not None:
            self.part.left_out["grace notes"] += 1
            return
        length = Fraction(element.findtext("duration") or 0) / self.divisions
        voice = (element.findtext("voice") or "1", element.findtext("staff") or "1")
        if element.find("chord") is None:
            self.begun, self.time = self.time, self.time + length
            self.now.length = max(self.now.length, self.time)
        pitch = element.find("pitch")
        if element.find("cue") is not None:
            self.part.left_out["cue notes"] += 1
        elif pitch is None:
            if element.find("rest") is not None:
                self.now.silent.add(voice)
            else:
                self.part.left_out["unpitched notes"] += 1
        elif length > 0:
            alter, printed = pitch.findtext("alter"), SIGNS.get(element.findtext("accidental"), 0)
            if alter is None and printed:
                # The standard lets <alter> decide what sounds; some files print a sharp and have none.
                self.part.unsaid += 1
            alter = printed if alter is None else round(float(alter or 0))
            height = (12 * (int(pitch.findtext("octave")) + 1) + STEPS[pitch.findtext("step").strip()] + alter
                      + self.shift)
            if not 0 <= height <= 127:
                raise ValueError(f"bar {self.now.number}: expected pitches from C-1 to G9, got MIDI number {height}")
            ties, begin = {tie.get("type") for tie in element.iter("tie")}, self.since + self.begun
            tied = self.leading.pop((voice, height), None) == begin or "stop" in ties
            if "start" in ties:
                self.leading[voice, height] = begin + length
            fermata = int(next(element.iter("fermata"), None) is not None)
            self.now.notes.append((self.begun, length, height, voice, fermata, tied))

    def read_backup(self, element):
        """Go back."""
        self.time = max(Fraction(0), self.time - Fraction(element.findtext("duration")) / self.divisions)

    def read_forward(self, element):
        """Go on without a sound."""
        self.time += Fraction(element.findtext("duration")) / self.divisions
        self.now.length = max(self.now.length, self.time)
        if voice := element.findtext("voice"):
            self.now.silent.add((voice, element.findtext("staff") or "1"))

    def read_direction(self, element):
        """Read tempo and jumps; what <sound> says goes before what is printed."""
        sound, printed = element.find("sound"), next(element.iter("metronome"), None)
        if sound is not None:
            self.read_sound(sound)
        if printed is not None and (sound is None or not sound.get("tempo")):
            self.tempo(metronome(printed))

    def read_sound(self, element):
        """Read tempo and jumps."""
        self.tempo(float(element.get("tempo") or 0))
        self.now.bar.marks |= {mark for name, mark in JUMPS.items() if element.get(name)}

    def tempo(self, number):
        """Remember a tempo."""
        if number and 0 < number < 10_000:
            self.part.tempi.append((len(self.part.measures) - 1, self.time, float(number)))

    def read_barline(self, element):
        """Read repeats and endings."""
        if (ending := element.find("ending")) is not None:
            begins = ending.get("type") == "start"
            if begins:
                self.endings = frozenset(int(n) for n in re.findall(r"\d{1,2}", ending.get("number", "")))
            self.closing = not begins
        if (repeat := element.find("repeat")) is not None:
            if repeat.get("direction") == "forward":
                self.now.bar.forward = True
            else:
                self.now.bar.times = max(2, int(repeat.get("times") or 2))


def metronome(element):
    """Return the quarters a minute of a <metronome>, 0 where it names none (a swing, 'c. 60' is 60)."""
    units = [child.text for child in element if child.tag == "beat-unit"]
    number = re.search(r"\d+(?:\.\d+)?", element.findtext("per-minute") or "")
    if len(units) != 1 or not number or units[0] not in UNITS:
        return 0
    dots = len(element.findall("beat-unit-dot"))
    return float(UNITS[units[0]] * (2 - Fraction(1, 2**dots)) * Fraction(number[0]))


def found_in(parts, about, repeats):
    """Return the Found of Parts."""
    count = max(len(part.measures) for part in parts)
    lengths = [max(p.measures[i].length for p in parts if i < len(p.measures)) for i in range(count)]
    starts = list(accumulate(lengths, initial=Fraction(0)))
    bars, notes, lines, remarks = {}, {}, {}, []
    for number, part in enumerate(parts):
        bars[number] = [Bar(starts[i], lengths[i]) for i in range(count)]
        for mine, measure in zip(bars[number], part.measures, strict=False):
            own = measure.bar
            mine.forward, mine.times, mine.endings, mine.marks = own.forward, own.times, own.endings, own.marks
            mine.movement = own.movement
        sung_together(part)
        for voice in sorted({note[3] for m in part.measures for note in m.notes}):
            line = len(lines)
            lines[line] = (part.name, part.program)
            notes[line] = (number, [(starts[i] + onset, length, pitch, line, fermata, tied)
                                    for i, measure in enumerate(part.measures)
                                    for onset, length, pitch, one, fermata, tied in measure.notes if one == voice])
        for what, how_many in sorted(part.left_out.items()):
            remarks.append(f"{part.name or 'a part'}: {how_many} {what} are left out")
        if part.unsaid:
            remarks.append(f"{part.name or 'a part'}: notes with a printed accidental and without its <alter>: "
                           f"{part.unsaid}; they are read as printed")
    played, quarters, more = with_voices(notes, bars, repeats)
    metre, pickup = metre_of(parts, lengths, remarks)
    sharps, key = key_of(parts, about)
    title = next(filter(None, map(about.get, ("work-title", "movement-title", "credit-words"))), "")
    return Found(played, lines, metre, pickup, sharps, key, "" if title == "Untitled" else title,
                 tempo_of(parts, starts), quarters, remarks=remarks + more)


def sung_together(part):
    """Let two voices of one staff both sing what only one of them has in a bar, where the other does not even rest.

    That is how a choir's two parts are written where they meet. Where two voices are the exception, as a violin's
    second line is, one player has the other bars alone: both must be there in half of the bars at least.
    """
    staves = {}
    for voice in {note[3] for measure in part.measures for note in measure.notes}:
        staves.setdefault(voice[1], set()).add(voice)
    for both in staves.values():
        if len(both) != 2:
            continue
        there = [both & {note[3] for note in measure.notes} for measure in part.measures]
        if 2 * there.count(both) < len(there) - there.count(set()):
            continue
        for measure, some in zip(part.measures, there, strict=True):
            for missing in both - some - measure.silent:
                measure.notes += [(*note[:3], missing, *note[4:]) for note in measure.notes if note[3] in some]


def metre_of(parts, lengths, remarks):
    """Return (metre, pick-up in quarters) of the first bar that says one; a first bar that is short is a pick-up."""
    said = [(i, m.metre) for i, m in enumerate(parts[0].measures) if m.metre]
    said = said or [(i, m.metre) for part in parts for i, m in enumerate(part.measures) if m.metre]
    metre = said[0][1] if said else "4/4"
    if not said:
        remarks.append("no time signature: 4/4 is assumed")
    for number, other in said:
        if other != metre:
            remarks.append(f"the metre changes to {other} in bar {parts[0].measures[number].number}: bars are counted "
                           f"in {metre}")
            break
    upper, lower = map(int, metre.split("/"))
    full, measures = Fraction(4 * upper, lower), parts[0].measures
    parted = len(measures) > 1 and measures[1].implicit and lengths[0] + lengths[1] == full and not measures[0].implicit
    return metre, float(lengths[0]) if lengths[0] < full and not parted else 0.0


def key_of(parts, about):
    """Return (sharps, (pitch class, mode) or None): many programs write 'major' whatever the key is."""
    sharps, mode = next((part.key for part in parts if part.key), (0, ""))
    trusted = mode not in ("", "major", "none") or (mode == "major" and about.get("software") == SOFTWARE)
    return sharps, mode_on(sharps, mode) if trusted else None


def tempo_of(parts, starts):
    """Return the quarters a minute that last longest, None where the score names none."""
    said = sorted({(starts[bar] + place, tempo) for part in parts for bar, place, tempo in part.tempi})
    held = Counter()
    for (place, tempo), (until, _) in pairwise([*said, (starts[-1], 0)]):
        held[tempo] += until - place
    return round(max(held, key=held.get), 3) if held else None
