"""ABC: voices out of a file, and whether a tune is whole: it parses and its bars add up."""

import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from chaconne.scores.formats.abc_notation import TEXT, AbcError, Body, parse_tune
from chaconne.scores.formats.lines import ORGAN, Found
from chaconne.scores.pieces.score import TONICS

VIOLIN = 40  # General MIDI program: what a tune of one voice is played on
VOICE = re.compile(r"\[V:\s*(\S+?)(?:\s[^\]]*)?\]|^V:\s*(\S+).*$", re.MULTILINE)
MODES = {"maj": "major", "min": "minor"}


def first_tune(text):
    """Return the text of the first tune of a file: from the first X: line (or the start) to an empty line after K:."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    start = next((i for i, line in enumerate(lines) if line.startswith("X:")), 0)
    key = next((i for i in range(start, len(lines)) if lines[i].startswith("K:")), start)
    ends = (i for i in range(key, len(lines)) if not lines[i].strip() or (i > key and lines[i].startswith("X:")))
    end = next(ends, len(lines))
    return "\n".join(lines[start:end])


def voices(text):
    """Return {voice: text of a tune} of a tune with V: fields; one voice named '' without any."""
    head, _, body = re.match(r"((?:.*\n)*?K:[^\n]*)(\n|$)((?:.|\n)*)", text).groups() if re.search(
        r"^K:", text, re.MULTILINE) else (text, "", "")
    head = "\n".join(line for line in head.split("\n") if not line.startswith("V:"))
    found, now = {}, ""
    for line in body.split("\n"):
        place = 0
        for mark in VOICE.finditer(line):
            found.setdefault(now, []).append(line[place:mark.start()])
            now, place = mark[1] or mark[2], mark.end()
        found.setdefault(now, []).append(line[place:])
    found = {name: "\n".join(lines) for name, lines in found.items() if "".join(lines).strip()}
    return {name: f"{head}\n{lines}" for name, lines in found.items()} or {"": text}


def read_abc(path):
    """Return the Found of the first tune of an ABC file. ValueError when it cannot be read."""
    return read_abc_text(Path(path).read_text(encoding="utf-8", errors="replace"))


def read_abc_text(text):
    """Return the Found of the first tune in a text."""
    tunes = {name: parse_tune(voice) for name, voice in voices(first_tune(text)).items()}
    first, notes, lines = next(iter(tunes.values())), [], {}
    for name, tune in tunes.items():
        for part in sorted({note[3] for note in tune.notes}):
            line = len(lines)
            lines[line] = (name, ORGAN if len(tunes) > 1 else VIOLIN)
            notes += [(*note[:3], line, 0) for note in tune.notes if note[3] == part]
    remarks = ["repeats are read once, of two endings the last"] if re.search(r":\||\|:|::", text) else []
    if len(re.findall(r"^X:", text, re.MULTILINE)) > 1:
        remarks.append("more than one tune: the first is read")
    mode = MODES.get(first.mode, "other")
    return Found(notes, lines, first.metre, first.pickup, first.sharps, (TONICS[first.tonic], mode),
                 first.fields.get("T", ""), tempo(first.fields.get("Q", "")), remarks)


def tempo(text):
    """Return quarter notes a minute of a Q: field such as '1/4=120' or '96'; 80 without."""
    found = re.search(r"(?:(\d+)/(\d+)\s*=\s*)?(\d+)", text)
    if not found or not int(found[3]):
        return 80.0
    unit = Fraction(int(found[1]), int(found[2])) if found[1] and int(found[2]) else Fraction(1, 4)
    return float(4 * unit * int(found[3]))


@dataclass
class Bar:
    """One bar of a tune in quarters: its length, that of a full one, and whether a section begins or ends with it."""

    length: Fraction
    full: Fraction
    begins: bool
    ends: bool = False


class Bars(Body):
    """Reads a tune's notes and remembers how long every bar was."""

    def __init__(self, tune):
        super().__init__(tune)
        self.bars, self.begun, self.section = [], Fraction(0), True

    def barline(self, text, ending):
        """Close a bar; repeats, endings and double bars part sections."""
        parted = ending or re.fullmatch(r"\|", text) is None
        self.close(parted)
        self.section |= parted
        super().barline(text, ending)
        self.begun = self.time

    def close(self, parted):
        """Append the bar that ends here, if anything stands in it."""
        if self.time != self.begun:
            self.bars.append(Bar(self.time - self.begun, self.bar, self.section, parted))
            self.section = False
        elif parted and self.bars:
            self.bars[-1].ends = True


def problems(text):
    """Return what is wrong with an ABC tune, one line each; nothing for a valid one.

    It must parse, have notes, and every bar must be full. A section may begin with a pick-up and end with the
    bar that it completes; the tune may begin with a pick-up.
    """
    try:
        tune = parse_tune(text)
        reader = Bars(tune)
        reader.read(body_of(text))
    except (AbcError, ValueError, ZeroDivisionError) as error:
        return [f"expected ABC notation: {error}"]
    reader.close(True)
    if not reader.events:
        return ["expected notes, got none"]
    return [f"bar {number}: expected {float(bar.full):g} quarters, got {float(bar.length):g}"
            for number, bar in enumerate(reader.bars, 1) if bar.length != bar.full and not completed(bar, reader.bars)]


def completed(bar, bars):
    """Is a short bar a pick-up, or the end of a section that a pick-up completes?"""
    if bar.length > bar.full:
        return False
    pickups = {b.length for b in bars if b.begins and b.length < b.full}
    ends = {b.length for b in bars if b.ends and b.length < b.full}
    rest = bar.full - bar.length
    pickup = bar.begins and (bar is bars[0] or bar.length == bars[0].length or rest in ends)
    return pickup or (bar.ends and rest in pickups)


def body_of(text):
    """Return the notes of a tune as formats.abc_notation reads them: without header, text and comments."""
    lines, head = [], True
    for line in text.splitlines():
        line = TEXT.sub("", line.split("%")[0]).rstrip().rstrip("\\")
        field = re.match(r"([A-Za-z]):(?![|:])\s*(.*)", line)
        if head:
            head = not (field and field[1] == "K")
        elif field:
            lines.append(f"[{field[1]}:{field[2]}]" if field[1] in "KLM" else "")
        else:
            lines.append(line)
    return "\n".join(lines)


def file_problems(path):
    """Return the problems of all tunes of a file, each with its number; None when its first tune has several voices."""
    text = Path(path).read_text(encoding="utf-8", errors="replace") if Path(path).is_file() else ""
    if not text or len(voices(first_tune(text))) > 1:
        return None
    tunes = [tune for tune in re.split(r"(?m)^(?=X:)", text) if re.search(r"^K:", tune, re.MULTILINE)] or [text]
    return [f"tune {tune_number(tune)}: {problem}" for tune in tunes for problem in problems(first_tune(tune))]


def tune_number(text):
    """Return what stands behind X:, or '?'."""
    found = re.search(r"^X:\s*(\S+)", text, re.MULTILINE)
    return found[1] if found else "?"
