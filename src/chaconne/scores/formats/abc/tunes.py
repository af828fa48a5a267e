"""A file of ABC in tunes, a tune in voices, and what they hold."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from chaconne.scores.formats.abc.fields import (
    AbcError,
    Key,
    default_unit,
    parse_key,
    parse_metre,
    parse_tempo,
    parse_unit,
    placed,
)
from chaconne.scores.formats.abc.music import SHARED, Music
from chaconne.scores.formats.found import ORGAN, Found, mode_of, with_voices
from chaconne.scores.formats.performing import MOST_ROUNDS

VIOLIN = 40  # General MIDI program: what a tune of one voice is played on
FIELD = re.compile(r"([A-Za-z+]):(?![|:])\s*(.*)")
VOICE = re.compile(r"\[V:\s*([^\]]*)\]|^V:\s*(.*)$", re.MULTILINE)
KEPT = "KLMPV"  # fields within the music that change how it sounds


@dataclass
class Tune:
    """One tune: the first value of each field of its header, its voices, and what its directives say."""

    fields: dict
    key: Key
    voices: dict    # {name as written: text of notes}
    about: dict     # {name: words of its V: field}
    directives: dict = field(default_factory=dict)  # %%NAME VALUE

    @property
    def metre(self):
        return parse_metre(self.fields.get("M", "C"))

    @property
    def unit(self):
        return parse_unit(self.fields["L"]) if "L" in self.fields else default_unit(self.metre)


def text_of(data):
    """Return the text of a file's bytes: UTF-8 or -16 with their marks, what %%abc-charset names, or Latin-1."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    named = re.search(rb"(?m)^(?:%%|I:)abc-charset\s+(\S{1,20})", data)
    for name in filter(None, (named and named[1].decode("ascii", "replace"), "utf-8-sig")):
        try:
            return data.decode("utf-8-sig" if name.lower() in ("utf-8", "utf8") else name)
        except (LookupError, ValueError):
            continue
    return data.decode("latin-1")


def tunes_of(text):
    """Return the texts of all tunes, each from X: (or the start) to an empty line after K:, with the file's header."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = re.sub(r"(?ms)^%%begin(\w+).*?^%%end\1[^\n]*\n?", "", text)
    head, *tunes = re.split(r"(?m)^(?=X:)", text)
    if not tunes:
        return [one_tune(head)]
    known = "\n".join(line for line in head.split("\n") if FIELD.match(line) or line.startswith("%%"))
    return [f"{first}\n{known}\n{rest}" if known else f"{first}\n{rest}"
            for first, _, rest in (one_tune(tune).partition("\n") for tune in tunes)]


def one_tune(text):
    """Return the lines of a tune up to the first empty one after its K:."""
    lines = text.split("\n")
    key = next((i for i, line in enumerate(lines) if line.startswith("K:")), 0)
    return "\n".join(lines[: next((i for i in range(key, len(lines)) if not lines[i].strip()), len(lines))])


def parse_tune(text):
    """Return the Tune of a text; AbcError without a key. A header's own fields come before those of its file."""
    values, about, directives, body, head, begun = {}, {}, {}, [], True, False
    for line in text.split("\n"):
        if found := re.match(r"(?:%%|I:)\s*([\w-]+)\s+(\S.*)", line):
            directives[found[1]] = found[2].strip()
            continue
        line = re.sub(r"(?<!\\)%.*", "", line).rstrip()
        found = FIELD.match(line)
        if found and head:
            # What stands later is the tune's own: a file's header was put before it.
            values |= {found[1]: found[2].strip()} if found[1] != "T" else {"T": values.get("T") or found[2].strip()}
            if found[1] == "V" and found[2].split():
                about[found[2].split()[0]] = words(found[2])[1:]
            head = found[1] != "K"
        elif found:
            # Before the first note a key or metre is the tune's, also below a second title.
            values |= {found[1]: found[2].strip()} if found[1] in "KLMQ" and not begun else {}
            body.append(f"[{found[1]}:{found[2]}]" if found[1] in KEPT else "")
        elif not head:
            begun |= bool(line)
            body.append(line.rstrip("\\"))
    if "K" not in values:
        raise AbcError("K: expected a key that ends the header, got none")
    return Tune(values, parse_key(values["K"]), voices("\n".join(body), about), about, directives)


def words(text):
    """Return the words of a V: field; what stands in quotes is one with what precedes it."""
    return [word.replace('"', "") for word in re.findall(r'[^\s"]*"[^"]*"|\S+', text)]


def voices(body, about):
    """Return {voice: its notes}; one voice named '' without V: fields. `about` learns what they say."""
    found, now, place = {}, "", 0
    for mark in VOICE.finditer(body):
        found.setdefault(now, []).append(body[place:mark.start()])
        said = words(mark[1] or mark[2] or "")
        now, place = said[0] if said else "", mark.end()
        about.setdefault(now, said[1:])
    found.setdefault(now, []).append(body[place:])
    joined = {name: "\n".join(parts) for name, parts in found.items()}
    return {name: text for name, text in joined.items() if re.search(r"[A-Ga-gzxZ\[]", text)} or {"": body}


def read_tune(text, repeats=True, propagate=None):
    """Return the Found of one tune.

    repeats: as performed, else as written with the last of several endings; propagate: how far accidentals reach
    where the tune does not say (see music.SHARED).
    """
    tune = parse_tune(text)
    reach = tune.directives.get("propagate-accidentals", propagate or SHARED[0])
    if reach not in SHARED:
        raise AbcError(f"%%propagate-accidentals: expected one of {', '.join(SHARED)}, got {reach!r}")
    read, left_out = {}, []
    for name, notes in tune.voices.items():
        shift, drums = placed(tune.about.get(name, []))
        if drums or tune.key.drums:
            left_out.append(name or "the tune")
            continue
        read[name] = Music(tune.key, tune.metre, tune.unit, tune.key.shift + shift, reach).read(notes)
    remarks = [f"{name}: percussion is left out" for name in left_out]
    if not any(music.events for music in read.values()):
        raise AbcError("expected notes, found none")
    order = parts_order(tune.fields.get("P", ""), next(iter(read.values()))) if repeats else None
    lines, notes = {}, {}
    for name, music in read.items():
        said = dict(word.split("=", 1) for word in tune.about.get(name, []) if "=" in word)
        called = said.get("name") or said.get("nm") or (name if not name.isdigit() else "")
        for overlay in sorted({event[4] for event in music.events if event[2]}):
            chords = [(event[0], event[1], sorted(event[2], reverse=True), event[3]) for event in music.events
                      if event[2] and event[4] == overlay]
            for rank in range(max(len(pitches) for _, _, pitches, _ in chords)):
                line = len(lines)
                lines[line] = (" ".join(called.split()), program(tune))
                notes[line] = (name, [(onset, length, pitches[rank][0], line, int(held), pitches[rank][1])
                                      for onset, length, pitches, held in chords if rank < len(pitches)])
    played, quarters, more = with_voices(notes, {name: music.bars for name, music in read.items()}, repeats, order)
    first = next(iter(read.values()))
    return Found(played, lines, tune.metre or "4/4", float(first.pickup or 0), tune.key.sharps, key_of(tune.key),
                 tune.fields.get("T", ""), parse_tempo(tune.fields.get("Q", ""), tune.unit), quarters,
                 ORGAN if len(read) > 1 else VIOLIN,
                 remarks + more + ([] if tune.metre else ["free metre: bars are counted in 4/4"]))


def key_of(key):
    """Return (pitch class, mode) of a Key, None where it names no tonic."""
    if key.tonic is None:
        return None
    return key.tonic, mode_of(key.tonic, key.alter)


def program(tune):
    """Return the General MIDI program of %%MIDI program N, or None."""
    found = re.search(r"program\s+(?:\d+\s+)?(\d{1,3})\s*$", tune.directives.get("MIDI", ""))
    return int(found[1]) if found and int(found[1]) < 128 else None


def parts_order(text, music):
    """Return the order of bars that a P: field such as '(AB)2C' asks for, None without one (3.1.9).

    Each part is played with its own repeats; a letter that the tune does not have is passed over.
    """
    if not text or not music.parts:
        return None
    starts = sorted(music.parts)
    spans = {music.parts[a]: (a, b) for a, b in zip(starts, [*starts[1:], len(music.bars)], strict=True)}
    return [spans[letter] for letter in expanded(text) if letter in spans] or None


def expanded(text):
    """Return the letters of a P: field with groups and numbers multiplied out: '(AB)2C' is A B A B C."""
    text, most = re.sub(r"[\s.]", "", text), 1000
    while found := re.search(r"\(([A-Za-z]*)\)(\d*)|([A-Za-z])(\d+)", text):
        group, count = (found[1], found[2]) if found[1] is not None else (found[3], found[4])
        count = int(count or 1)
        if count > MOST_ROUNDS or len(text) + len(group) * count > most:
            raise AbcError(f"P: expected at most {most} parts, got more")
        text = text[: found.start()] + group * count + text[found.end():]
    return text


def read_abc(path, repeats=True):
    """Return the Found of the first tune of an ABC file; ValueError where it cannot be read."""
    tunes = tunes_of(text_of(Path(path).read_bytes()))
    found = read_tune(tunes[0], repeats)
    if len(tunes) > 1:
        found.remarks.append(f"{len(tunes)} tunes: the first is read")
    return found
