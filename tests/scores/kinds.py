"""Kinds of files that people have and that readers of music get wrong, each with what it should sound like.

Written for these tests. Notes are (onset, duration in quarters, MIDI pitch), as performed; what else is asked of a
Kind stands in `about`: metre, tempo_qpm, key (pitch class, mode), sharps, voices, names, program, title, pickup.
"""

import io
from dataclasses import dataclass, field

import mido

SCALE = dict(zip("CDEFGAB", (0, 2, 4, 5, 7, 9, 11), strict=True))


@dataclass
class Kind:
    """One file: its name with ending, its bytes, and what is right."""

    name: str
    data: bytes
    notes: list
    about: dict = field(default_factory=dict)


def line(text, start=0.0):
    """Return notes of 'G4 A4:2 -:1 C#5': names with octaves, quarters behind a colon (1 without), '-' a rest."""
    notes, time = [], start
    for word in text.split():
        name, _, length = word.partition(":")
        quarters = float(length or 1)
        for one in name.split("+"):
            if one != "-":
                pitch = 12 * (int(one[-1]) + 1) + SCALE[one[0]] + one.count("#") - one.count("b")
                notes.append((time, quarters, pitch))
        time += quarters
    return notes


# ---------------------------------------------------------------- ABC

def abc(name, text, notes, **about):
    """Return a Kind of ABC; the text begins without X: and T: where it has none."""
    text = text if isinstance(text, bytes) else text.encode()
    return Kind(f"{name}.abc", text, sorted(notes), about)


def tune(body, key="G", metre="4/4", unit="1/4", more=""):
    """Return the text of a tune."""
    return f"X:1\nT:A tune\nM:{metre}\nL:{unit}\n{more}K:{key}\n{body}\n"


PLAIN = "G4 A4 B4 C5 D5:2 B4:2"
ABC = [
    abc("plain", tune("GABc|d2B2|]"), line(PLAIN), key=(7, "major"), metre="4/4", sharps=1),
    abc("dorian", tune("EFGA|B2d2|]", "Edor"), line("E4 F#4 G4 A4 B4:2 D5:2"), key=(4, "dorian"), sharps=2),
    abc("mixolydian_word", tune("DEFG|A2c2|]", "D Mixolydian"), line("D4 E4 F#4 G4 A4:2 C5:2"), key=(2, "mixolydian")),
    abc("freygish", tune("EFGA|B2d2|]", "Ephr ^g"), line("E4 F4 G#4 A4 B4:2 D5:2"), key=(4, "freygish")),
    abc("explicit_key", tune("EFGA|B2d2|]", "E exp ^g"), line("E4 F4 G#4 A4 B4:2 D5:2"), key=(4, "freygish")),
    abc("key_changed_by_a_natural", tune("DEFc|]", "D =c"), line("D4 E4 F#4 C5"), key=(2, "mixolydian")),
    abc("bagpipe", tune("Acef|]", "HP"), line("A4 C#5 E5 F#5"), key=(9, "mixolydian"), sharps=2),
    abc("no_key", tune("CDEF|]", "none"), line("C4 D4 E4 F4"), key=None),
    abc("key_with_clef", tune("GABc|]", "G clef=treble"), line("G4 A4 B4 C5"), key=(7, "major")),
    abc("key_with_bare_clef", tune("G,A,B,C|]", "G bass"), line("G3 A3 B3 C4"), key=(7, "major")),
    abc("clef_an_octave_down", tune("GABc|]", "G clef=treble-8"), line("G3 A3 B3 C4")),
    abc("free_metre", tune("G2 A B c d3|]", metre="none"), line("G4:2 A4 B4 C5 D5:3")),
    abc("sum_of_metres", tune("GABcd|]", metre="2+3/8", unit="1/8"), line("G4:.5 A4:.5 B4:.5 C5:.5 D5:.5"),
        metre="5/8"),
    abc("cut_time", tune("GABc|]", metre="C|"), line("G4 A4 B4 C5"), metre="2/2"),
    abc("accidental_in_every_octave", tune("^fF ^c2|f4|]", "C"), line("F#5 F#4 C#5:2 F5:4")),
    abc("accidental_in_its_octave", tune("^fF c2|]", "C", more="%%propagate-accidentals octave\n"),
        line("F#5 F4 C5:2")),
    abc("inline_key_and_metre", tune("GABc|[K:D][M:3/4]dcA|]"), line("G4 A4 B4 C5 D5 C#5 A4")),
    abc("inline_length", tune("GABc|[L:1/8]dcBA G4|]"), line("G4 A4 B4 C5 D5:.5 C5:.5 B4:.5 A4:.5 G4:2")),
    abc("voices_with_octave", tune("[V:1]GABc|]\n[V:2]GFGE|]", more="V:1\nV:2 clef=bass octave=-1\n"),
        line("G4 A4 B4 C5") + line("G3 F#3 G3 E3")),
    abc("voices_line_by_line", tune("V:1\nGABc|d4|]\nV:2\nG,A,B,C|D4|]"), line("G4 A4 B4 C5 D5:4")
        + line("G3 A3 B3 C4 D4:4")),
    abc("overlay", tune("cdef & C4|g2e2 & E2C2|]", "C"), line("C5 D5 E5 F5 G5:2 E5:2") + line("C4:4 E4:2 C4:2")),
    abc("line_break_sign", tune("GABc |$ d2B2 |]", more="I:linebreak $\n"), line(PLAIN)),
    abc("two_endings", tune("|:GABc|1 d4:|2 B4|]"), line("G4 A4 B4 C5 D5:4 G4 A4 B4 C5 B4:4")),
    abc("three_endings", tune("|:GABc|1 d4:|2 e4:|3 B4|]"),
        line("G4 A4 B4 C5 D5:4 G4 A4 B4 C5 E5:4 G4 A4 B4 C5 B4:4")),
    abc("shared_ending", tune("|:GABc|[1,3 d4:|[2 e4:|[4 B4|]"),
        line("G4 A4 B4 C5 D5:4 G4 A4 B4 C5 E5:4 G4 A4 B4 C5 D5:4 G4 A4 B4 C5 B4:4")),
    abc("repeat_from_the_start", tune("GABc:|d4|]"), line("G4 A4 B4 C5 G4 A4 B4 C5 D5:4")),
    abc("repeats_back_to_back", tune("|:GABc::d4:|"), line("G4 A4 B4 C5 G4 A4 B4 C5 D5:4 D5:4")),
    abc("da_capo_al_fine", tune("GABc!fine!|d4|e4!D.C.!|]"), line("G4 A4 B4 C5 D5:4 E5:4 G4 A4 B4 C5")),
    abc("parts", tune("P:A\nGABc|\nP:B\nd4|]", more="P:AABA\n"),
        line("G4 A4 B4 C5 G4 A4 B4 C5 D5:4 G4 A4 B4 C5")),
    abc("ties_in_a_chord", tune("[C-E-G-]4|[CEG]2[DFA]2|]", "C"), line("C4+E4+G4:6 D4+F4+A4:2")),
    abc("tie_behind_a_chord", tune("[CEG]4-|[CEG]2[DFA]2|]", "C"), line("C4+E4+G4:6 D4+F4+A4:2")),
    abc("tie_of_one_note", tune("[C-EG]4|[CFA]4|]", "C"), [(0, 8, 60), (0, 4, 64), (0, 4, 67), (4, 4, 65), (4, 4, 69)]),
    abc("tie_that_keeps_its_sharp", tune("^c4-|c2c2|]", "C"), line("C#5:6 C5:2")),
    abc("broken_triplet", tune("(3G2>A2B2 c2|]", unit="1/8"),
        [(0, 1.0, 67), (1.0, 1 / 3, 69), (4 / 3, 2 / 3, 71), (2, 1, 72)]),
    abc("grace_notes", tune("{a}G{gag}A B c|]"), line("G4 A4 B4 C5")),
    abc("chord_names", tune('"G"GA"Am7"Bc|"D"d2"^slow"B2|]'), line(PLAIN)),
    abc("decorations", tune("!trill!G.A~BHc|Td2 vB2|]"), line(PLAIN)),
    abc("words", tune("GABc|\nw:one two three four\n+:and more\nd2B2|]\nW:below"), line(PLAIN)),
    abc("text_block", tune("GABc|\n%%begintext\nABC K:D [V:2] abc\n%%endtext\nd2B2|]"), line(PLAIN)),
    abc("rests_of_whole_bars", tune("GABc|Z2|d2B2|]"), line("G4 A4 B4 C5 -:8 D5:2 B4:2")),
    abc("percussion", tune("[V:1]GABc|]\n[V:2]CCCC|]", more="V:1\nV:2 clef=perc\n"), line("G4 A4 B4 C5")),
    abc("mark_of_utf8", b"\xef\xbb\xbfX:1\nT:First\nL:1/4\nK:G\nGABc|\n\nX:2\nK:D\nDEF|\n", line("G4 A4 B4 C5"),
        title="First"),
    abc("header_of_the_file", "M:3/4\nL:1/4\n\nX:1\nT:First\nK:G\nGAB|]\n", line("G4 A4 B4"), metre="3/4"),
    abc("latin_1", "%%abc-charset iso-8859-1\nX:1\nT:Bourrée\nL:1/4\nK:G\nGABc|]\n".encode("latin-1"),
        line("G4 A4 B4 C5"), title="Bourrée"),
    abc("latin_1_unsaid", "X:1\nT:Bourrée\nL:1/4\nK:G\nGABc|]\n".encode("latin-1"), line("G4 A4 B4 C5"),
        title="Bourrée"),
    abc("second_title", "X:1\nT:Set\nT:The other\nL:1/4\nK:D\nDEFG|]\n", line("D4 E4 F#4 G4"), title="Set"),
    abc("tempo_of_two_beats", tune("GABc|]", more="Q:1/8 3/8=60\n"), line("G4 A4 B4 C5"), tempo_qpm=120),
    abc("tempo_with_a_word", tune("GABc|]", more='Q:"Andante" 1/2=36\n'), line("G4 A4 B4 C5"), tempo_qpm=72),
    abc("tempo_in_units", tune("GABcdefg|]", unit="1/8", more="Q:120\n"),
        line("G4:.5 A4:.5 B4:.5 C5:.5 D5:.5 E5:.5 F#5:.5 G5:.5"), tempo_qpm=60),
]


# ---------------------------------------------------------------- MIDI

def midi(name, tracks, notes, resolution=480, kind=1, **about):
    """Return a Kind of MIDI. tracks: lists of (tick, mido message)."""
    file = mido.MidiFile(type=kind, ticks_per_beat=resolution)
    for events in tracks:
        track, now = mido.MidiTrack(), 0
        for tick, message in sorted(events, key=lambda event: event[0]):
            track.append(message.copy(time=round(tick) - now))
            now = round(tick)
        file.tracks.append(track)
    data = io.BytesIO()
    file.save(file=data)
    return Kind(f"{name}.mid", data.getvalue(), sorted(notes), about)


def struck(tick, *pitches):
    """Return the events of pitches that begin at a tick."""
    return [(tick, mido.Message("note_on", note=pitch)) for pitch in pitches]


def ended(tick, *pitches):
    """Return the events of pitches that end at a tick, sounding or not."""
    return [(tick, mido.Message("note_off", note=pitch)) for pitch in pitches]


def played(notes, channel=0, resolution=480, gate=1.0):
    """Return the events of notes, in the order of a keyboard: each begins before the one before it is let go."""
    events = []
    for onset, length, pitch in notes:
        events.append((onset * resolution, mido.Message("note_on", channel=channel, note=pitch, velocity=80)))
        events.append(((onset + length * gate) * resolution,
                       mido.Message("note_off", channel=channel, note=pitch, velocity=0)))
    return events


def metre(upper, lower, tick=0):
    """Return a time signature."""
    return tick, mido.MetaMessage("time_signature", numerator=upper, denominator=lower)


def tempo(qpm, tick=0):
    """Return a tempo."""
    return tick, mido.MetaMessage("set_tempo", tempo=round(60e6 / qpm))


REPEATED = line("G4 G4 G4:2 A4 A4 B4:2")
SOPRANO, ALTO = line("C5 B4 C5:2"), line("C5 G4 G4:2")
LONG = line("C4:600 D4:600")


def legato():
    """Return events in which a repeated note begins two ticks before the one before ends."""
    return sorted((tick + (2 if message.type == "note_off" else 0), message) for tick, message in played(REPEATED))


def broken_key():
    """Return a Kind whose key signature names no mode that there is."""
    good = midi("key_that_is_none", [[(0, mido.MetaMessage("key_signature", key="G")), *played(line(PLAIN))]],
                line(PLAIN))
    good.data = good.data.replace(b"\xff\x59\x02\x01\x00", b"\xff\x59\x02\x01\xff")
    return good


MIDI = [
    midi("plain", [[metre(4, 4), tempo(100), *played(line(PLAIN))]], line(PLAIN), metre="4/4", tempo_qpm=100),
    midi("repeats_that_overlap", [sorted(legato(), key=lambda event: event[0])], [
        (onset, length + 2 / 480, pitch) for onset, length, pitch in REPEATED]),
    midi("program_changes_within", [[*played(line(PLAIN)), (0, mido.Message("program_change", program=40)),
                                     (4 * 480, mido.Message("program_change", program=45))]], line(PLAIN), lines=1),
    midi("unison_of_two_tracks", [played(SOPRANO), played(ALTO)], SOPRANO + ALTO),
    midi("unison_of_two_channels", [played(SOPRANO) + played(ALTO, 1)], SOPRANO + ALTO, kind=0),
    broken_key(),
    midi("two_metres_at_the_start", [[metre(4, 4), metre(3, 4), *played(line("C4 D4 E4"))]], line("C4 D4 E4"),
         metre="3/4"),
    midi("metre_in_a_later_track", [played(line("C4 D4 E4")), [metre(3, 4), tempo(72)]], line("C4 D4 E4"), metre="3/4",
         tempo_qpm=72),
    midi("notes_without_length", [[*played(line(PLAIN)), *played([(1, 0, 72)])]], line(PLAIN)),
    midi("note_that_nothing_ends", [[*played(line("C4 E4:2"))[:-1], (3 * 480, mido.MetaMessage("end_of_track"))]],
         line("C4 E4:2"), remark="notes that nothing ends: 1; they last to the end of their track"),
    midi("percussion", [played(line(PLAIN)), played(line("C2 C2 C2 C2"), 9)], line(PLAIN)),
    midi("pickup", [[metre(1, 4), metre(4, 4, 480), *played(line("D4 G4 A4 B4 C5"))]], line("D4 G4 A4 B4 C5"),
         metre="4/4", pickup=1.0),
    midi("long_and_fine", [[tempo(60), *played(LONG, resolution=10080)]], LONG, resolution=10080),
    midi("off_by_velocity_0", [[(tick, mido.Message("note_on", note=m.note, velocity=80 * (m.type == "note_on")))
                                for tick, m in played(line(PLAIN), gate=.9)]],
         [(onset, length * .9, pitch) for onset, length, pitch in line(PLAIN)]),
    # music21 ends a grace note before it begins, others end every pitch first: findings/music21_grace_notes_hang.sh.
    midi("graces_that_end_before_they_begin", [[
        *struck(0, 72), *ended(480, 72, 76), *struck(480, 76, 74), *ended(960, 74), *struck(960, 76),
        *ended(1440, 76, 77), *struck(1440, 77, 79), *ended(1920, 79)]], line("C5 D5 E5 G5"),
        remark="grace notes are left out: 2"),
    midi("ends_before_every_beginning", [[
        *ended(0, 72), *struck(0, 72), *ended(480, 72, 72), *struck(480, 72), *ended(960, 72, 74), *struck(960, 74),
        *ended(1920, 74)]], line("C5 C5 D5:2")),
    midi("tempo_that_lasts", [[tempo(60), tempo(90, 480), *played(line(PLAIN))]], line(PLAIN), tempo_qpm=90),
]


# ---------------------------------------------------------------- MusicXML

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<score-partwise version="4.0">'
TYPES = {4: "whole", 2: "half", 1: "quarter", .5: "eighth", .25: "16th"}


def note(word, voice=1, staff=0, more="", chord=False, ties=""):
    """Return a <note> of 'G4:2', '-:1' (a rest); ties: 'start', 'stop' or both, apart by a space."""
    name, _, length = word.partition(":")
    quarters = float(length or 1)
    if name == "-":
        what = "<rest/>"
    else:
        alter = name.count("#") - name[1:].count("b")
        what = (f"<pitch><step>{name[0]}</step>" + (f"<alter>{alter}</alter>" if alter else "")
                + f"<octave>{name[-1]}</octave></pitch>")
    tie = "".join(f'<tie type="{kind}"/>' for kind in ties.split())
    more += "<notations>" + tie.replace("tie ", "tied ") + "</notations>" if tie else ""
    kind = TYPES.get(quarters)
    return ("<note>" + "<chord/>" * chord + what + f"<duration>{round(quarters * 12)}</duration>{tie}"
            + f"<voice>{voice}</voice>" + (f"<type>{kind}</type>" if kind else "")
            + (f"<staff>{staff}</staff>" if staff else "") + more + "</note>")


def notes(text, **options):
    """Return the notes of a line such as 'G4 A4:2'; 'C4+E4:2' is a chord."""
    found = ""
    for word in text.split():
        names, _, length = word.partition(":")
        found += "".join(note(f"{name}:{length or 1}", chord=i > 0, **options)
                         for i, name in enumerate(names.split("+")))
    return found


def attributes(fifths=0, beats=4, unit=4, mode="", more=""):
    """Return the <attributes> of a first bar."""
    mode = f"<mode>{mode}</mode>" if mode else ""
    return (f"<attributes><divisions>12</divisions><key><fifths>{fifths}</fifths>{mode}</key>"
            f"<time><beats>{beats}</beats><beat-type>{unit}</beat-type></time>{more}</attributes>")


def xml(name, parts, right, **about):
    """Return a Kind of MusicXML. parts: {part name: [text of each bar]}."""
    listed = "".join(f'<score-part id="P{i}"><part-name>{part.split("|")[0]}</part-name>{part.partition("|")[2]}'
                     "</score-part>" for i, part in enumerate(parts, 1))
    body = "".join(f'<part id="P{i}">' + "".join(
        bar if bar.startswith("<measure") else f'<measure number="{n}">{bar}</measure>'
        for n, bar in enumerate(bars, 1)) + "</part>" for i, bars in enumerate(parts.values(), 1))
    text = f"{HEAD}<part-list>{listed}</part-list>{body}</score-partwise>"
    return Kind(f"{name}.musicxml", text.encode(), sorted(right), about)


def left(inner):
    """Return a barline at the left."""
    return f'<barline location="left">{inner}</barline>'


def right(inner):
    """Return a barline at the right."""
    return f'<barline location="right">{inner}</barline>'


BACK = "<backup><duration>48</duration></backup>"
FORWARD, BACKWARD = '<repeat direction="forward"/>', '<repeat direction="backward"/>'
TWO_BARS = [attributes(1) + notes("G4 A4 B4 C5"), notes("D5:2 B4:2")]


def endings(*kinds):
    """Return bars: a repeated one, then one for each ending; the last is not repeated."""
    bars = [left(FORWARD) + attributes(1) + notes("G4 A4 B4 C5")]
    for i, (number, pitch) in enumerate(kinds):
        last = i == len(kinds) - 1
        stop = f'<ending number="{number}" type="{"discontinue" if last else "stop"}"/>'
        bars.append(left(f'<ending number="{number}" type="start"/>') + notes(f"{pitch}:4")
                    + right(stop + ("" if last else BACKWARD)))
    return bars


SATB = {"Soprano": ("C5 D5:2 E5", "E5:4"), "Alto": ("G4 G4:2 G4", "G4:4"), "Tenor": ("E4 D4:2 C4", "C4:4"),
        "Bass": ("C3 B2:2 C3", "C3:4")}


def satb(**more):
    """Return the parts of four voices; more: {part: its first bars' text} instead of, or besides, them."""
    return {name: [attributes() + notes(a), notes(b)] for name, (a, b) in SATB.items()} | more


VOICES = [n for bars in SATB.values() for n in line(" ".join(bars))]
DIVISI = [attributes() + notes("G4 G4:2 G4"), notes("G4+E4:4")]
CLOSED = {"Choir 1": [attributes(more="<staves>1</staves>") + notes("C5 D5:2 E5", voice=1)
                      + BACK + notes("G4 G4:2 G4", voice=2)],
          "Choir 2": [attributes() + notes("E4 D4:2 C4", voice=1) + BACK
                      + notes("C3 B2:2 C3", voice=2)]}
CHORD = "<harmony><root><root-step>G</root-step></root><kind>major</kind></harmony>"
DOWN_A_TONE = "<transpose><diatonic>-1</diatonic><chromatic>-2</chromatic></transpose>"
DOWN_A_FIFTH = "<transpose><diatonic>-4</diatonic><chromatic>-7</chromatic></transpose>"
DOWN_AN_OCTAVE = ("<transpose><diatonic>0</diatonic><chromatic>0</chromatic><octave-change>-1</octave-change>"
                  "</transpose>")
TENOR_CLEF = "<clef><sign>G</sign><line>2</line><clef-octave-change>-1</clef-octave-change></clef>"
FLUTE = ("|<score-instrument id='P1-I1'><instrument-name>Flute</instrument-name></score-instrument>"
         "<midi-instrument id='P1-I1'><midi-program>74</midi-program></midi-instrument>")


def metronome(unit, number):
    """Return a metronome mark."""
    return (f"<direction><direction-type><metronome><beat-unit>{unit}</beat-unit><per-minute>{number}</per-minute>"
            "</metronome></direction-type></direction>")


def said(words, sound):
    """Return words above a staff with what they mean to a player."""
    return (f"<direction><direction-type><words>{words}</words></direction-type><sound {sound}=\"yes\"/></direction>")


XML = [
    xml("plain", {"Voice": TWO_BARS}, line(PLAIN), metre="4/4", sharps=1),
    xml("chord_symbols", {"Voice": [attributes(1) + CHORD + notes("G4 A4") + CHORD + notes("B4 C5"),
                                    CHORD + notes("D5:2 B4:2")]}, line(PLAIN)),
    xml("chord_symbols_over_voices", satb(Soprano=[attributes() + CHORD + notes("C5 D5:2 E5"), notes("E5:4")]), VOICES,
        voices=4),
    xml("clarinet", {"Clarinet": [attributes(1, more=DOWN_A_TONE) + notes("G4 A4 B4 C5")]}, line("F4 G4 A4 Bb4"),
        sharps=-1),
    xml("clarinet_in_minor", {"Clarinet": [attributes(1, mode="minor", more=DOWN_A_TONE) + notes("E4 F#4 G4 A4")]},
        line("D4 E4 F4 G4"), key=(2, "minor"), sharps=-1),
    xml("horn", {"Horn in F": [attributes(0, more=DOWN_A_FIFTH) + notes("C5 D5 E5 G5")]}, line("F4 G4 A4 C5"),
        sharps=-1),
    xml("double_bass", {"Double bass": [attributes(0, more=DOWN_AN_OCTAVE) + notes("C4 D4 E4 G4")]},
        line("C3 D3 E3 G3")),
    xml("tenor_clef_with_octave", {"Tenor": [attributes(0, more=TENOR_CLEF) + notes("C4 D4 E4 G4")]},
        line("C4 D4 E4 G4")),
    xml("two_endings", {"Voice": endings((1, "D5"), (2, "B4"))}, line("G4 A4 B4 C5 D5:4 G4 A4 B4 C5 B4:4"), sharps=1),
    xml("three_endings", {"Voice": endings((1, "D5"), (2, "E5"), (3, "B4"))},
        line("G4 A4 B4 C5 D5:4 G4 A4 B4 C5 E5:4 G4 A4 B4 C5 B4:4")),
    xml("shared_ending", {"Voice": endings(("1, 3", "D5"), (2, "E5"), (4, "B4"))},
        line("G4 A4 B4 C5 D5:4 G4 A4 B4 C5 E5:4 G4 A4 B4 C5 D5:4 G4 A4 B4 C5 B4:4")),
    xml("da_capo", {"Voice": [attributes() + notes("C4 D4 E4 F4") + said("Fine", "fine"),
                              notes("G4:4") + said("D.C. al Fine", "dacapo")]}, line("C4 D4 E4 F4 G4:4 C4 D4 E4 F4")),
    xml("da_capo_of_a_second_movement", {"Voice": [
        attributes() + notes("C4:4"), notes("D4:4"), '<measure number="1">' + notes("E4:4") + said("Fine", "fine")
        + "</measure>", '<measure number="2">' + notes("F4:4") + said("D.C. al Fine", "dacapo") + "</measure>"]},
        line("C4:4 D4:4 E4:4 F4:4 E4:4")),
    xml("repeat_three_times", {"Voice": [attributes() + notes("C4 D4 E4 F4")
                                         + right('<repeat direction="backward" times="3"/>'), notes("G4:4")]},
        line("C4 D4 E4 F4 C4 D4 E4 F4 C4 D4 E4 F4 G4:4")),
    xml("ties_in_a_chord", {"Voice": [
        attributes() + note("C4:4", ties="start") + note("E4:4", chord=True, ties="start"),
        note("C4:2", ties="stop") + note("E4:2", chord=True, ties="stop") + notes("D4+F4:2")]},
        line("C4+E4:6 D4+F4:2")),
    # A tie belongs to a note, not to its chord: findings/music21_ties_in_chords.sh.
    xml("tie_of_a_double_stop", {"Violin": [
        attributes() + note("C4:4", ties="start") + note("E4:4", chord=True), note("C4:4", ties="stop")]},
        [(0, 8, 60), (0, 4, 64)]),
    xml("tie_into_a_chord", {"Violin": [
        attributes() + note("C4:4", ties="start"), note("C4:4", ties="stop") + note("E4:4", chord=True)]},
        [(0, 8, 60), (4, 4, 64)]),
    xml("tie_into_another_voice", {"Violin": [
        attributes() + notes("C5:2") + note("G4:2", ties="start") + BACK + notes("-:2 E4:2", voice=2),
        note("G4:2", voice=2, ties="stop") + notes("F4:2", voice=2) + BACK + notes("B4:4")]},
        line("C5:2 G4:4 F4:2") + line("-:4 B4:4") + line("-:2 E4:2")),
    xml("tie_without_its_stop", {"Voice": [
        attributes() + notes("C5:2") + note("G4:2", ties="start"), notes("G4 G4:3")]}, line("C5:2 G4:3 G4:3")),
    xml("second_line_in_a_bar", {"Violin": [
        attributes() + notes("C5:4"), notes("D5:2 E5:2", voice=1) + BACK + notes("G4:4", voice=2), notes("F5:4"),
        notes("E5:4")]}, line("C5:4 D5:2 E5:2 F5:4 E5:4") + line("-:4 G4:4")),
    # Three readers go by three rules: findings/printed_sign_or_alter.sh.
    xml("printed_sharp_without_alter", {"Violin": [attributes() + notes("C5") + note(
        "C5", more="<accidental>sharp</accidental>") + notes("D5:2")]}, line("C5 C#5 D5:2"),
        remark="Violin: notes with a printed accidental and without its <alter>: 1; they are read as printed"),
    xml("tempo_sounds_only", {"Voice": [attributes(1) + '<sound tempo="66"/>' + notes("G4 A4 B4 C5")]},
        line("G4 A4 B4 C5"), tempo_qpm=66),
    xml("tempo_of_a_word", {"Voice": [attributes(1) + "<direction><direction-type><words>Lento</words></direction-type>"
                                      '<sound tempo="54"/></direction>' + notes("G4 A4 B4 C5")]},
        line("G4 A4 B4 C5"), tempo_qpm=54),
    xml("tempo_of_halves", {"Voice": [attributes(1) + metronome("half", 33) + notes("G4 A4 B4 C5")]},
        line("G4 A4 B4 C5"), tempo_qpm=66),
    xml("tempo_of_dotted_quarters", {"Voice": [attributes(1, 6, 8) + metronome("quarter</beat-unit><beat-unit-dot/>"
                                                                              "<beat-unit>", 40).replace(
        "<beat-unit></beat-unit>", "") + notes("G4:.5 A4:.5 B4:.5 C5:1.5")]}, line("G4:.5 A4:.5 B4:.5 C5:1.5"),
        tempo_qpm=60, metre="6/8"),
    xml("sum_of_metres", {"Voice": [attributes(0, "2+3", 8) + notes("C4:1 D4:1.5")]}, line("C4 D4:1.5"), metre="5/8"),
    xml("flute", {"Flute" + FLUTE: TWO_BARS}, line(PLAIN), program=73),
    xml("dorian", {"Voice": [attributes(0, mode="dorian") + notes("D4 E4 F4 G4")]}, line("D4 E4 F4 G4"),
        key=(2, "dorian")),
    xml("grace_notes", {"Voice": [attributes() + "<note><grace/><pitch><step>B</step><octave>4</octave></pitch>"
                                  "<voice>1</voice></note>" + notes("C5 D5:2 E5")]}, line("C5 D5:2 E5")),
    xml("cue_notes", {"Voice": [attributes() + note("C5", more="").replace("<note>", "<note><cue/>") + notes("D5:3")]},
        line("-:1 D5:3")),
    xml("percussion", {"Voice": TWO_BARS, "Drum": [attributes() + "<note><unpitched><display-step>E</display-step>"
                                                   "<display-octave>4</display-octave></unpitched><duration>48"
                                                   "</duration><voice>1</voice></note>", "<note><rest/><duration>48"
                                                   "</duration></note>"]}, line(PLAIN)),
    xml("divisi_in_one_chord", satb(Alto=DIVISI), VOICES + [(4.0, 4.0, 64)], names=("Soprano", "Alto", "Tenor", "Bass"),
        voices=4),
    xml("closed_score", CLOSED, [n for n in VOICES if n[0] < 4], names=("soprano", "alto", "tenor", "bass"), voices=4),
    xml("unison_in_a_bar", {
        "Choir": [attributes() + notes("C5:2 E5:2", voice=1) + BACK + notes("C5:2 G4:2", voice=2),
                  notes("D5:4", voice=1)]}, line("C5:2 E5:2 D5:4") + line("C5:2 G4:2 D5:4"), voices=2),
    xml("voice_that_begins_late", {
        "Choir": [attributes() + notes("C5:2 E5:2", voice=1) + BACK + "<forward><duration>24</duration></forward>"
                  + notes("G4:2", voice=2)]}, line("C5:2 E5:2") + line("-:2 G4:2"), voices=2),
    xml("staves_of_a_piano", {"Piano": [attributes(more="<staves>2</staves>") + notes("C5 D5:2 E5", voice=1, staff=1)
                                        + BACK
                                        + notes("C3:4", voice=5, staff=2)]}, line("C5 D5:2 E5") + line("C3:4")),
    xml("pickup", {"Voice": ['<measure number="0" implicit="yes">' + attributes(1) + notes("D4") + "</measure>",
                             notes("G4 A4 B4 C5"), notes("D5:3")]}, line("D4 G4 A4 B4 C5 D5:3"), pickup=1.0),
    xml("split_bar", {"Voice": [attributes(1) + notes("G4 A4"), '<measure number="X1" implicit="yes">'
                                + notes("B4 C5") + "</measure>", notes("D5:4")]}, line("G4 A4 B4 C5 D5:4"), pickup=0.0),
    xml("lyrics", {"Voice": [attributes() + notes("C4:4", more="<lyric><text>la</text></lyric>")]}, line("C4:4")),
]
XML.append(Kind("utf_16.musicxml", XML[0].data.decode().replace('"UTF-8"', '"UTF-16"').encode("utf-16"), XML[0].notes))


# ---------------------------------------------------------------- kern

KERN = [
    Kind("plain.krn", b"**kern\n*M4/4\n*k[f#]\n4g\n4a\n4b\n4cc\n=2\n2dd\n2b\n==\n*-\n", sorted(line(PLAIN)),
         {"metre": "4/4", "sharps": 1}),
    Kind("two_spines.krn", b"**kern\t**kern\n*M3/4\t*M3/4\n*k[]\t*k[]\n2C\t4c\n.\t4d\n4D\t4f#\n=2\t=2\n[2.E\t[2.e\n"
         b"=3\t=3\n2.E]\t2.e]\n==\t==\n*-\t*-\n", sorted(line("C3:2 D3 E3:6") + line("C4 D4 F#4 E4:6")),
         {"metre": "3/4"}),
    Kind("triplets_and_dots.krn", b"**kern\n*M2/4\n6c\n6d\n6e\n8.f\n16g\n==\n*-\n",
         [(0, 2 / 3, 60), (2 / 3, 2 / 3, 62), (4 / 3, 2 / 3, 64), (2, .75, 65), (2.75, .25, 67)]),
    Kind("tie_of_one_note.krn", b"**kern\n*M4/4\n=1-\n[1c 1e\n=2\n1c] 1e\n==\n*-\n",
         sorted([(0, 8, 60), (0, 4, 64), (4, 4, 64)])),
    Kind("split_spine.krn", b"**kern\n*M4/4\n=1-\n1c\n=2\n*^\n2e\t1c\n2d\t.\n=3\t=3\n*v\t*v\n1c\n==\n*-\n",
         sorted(line("C4:4 E4:2 D4:2 C4:4") + line("-:4 C4:4"))),
    Kind("repeat.krn", b"**kern\n*M2/4\n=1!|:\n4c\n4d\n=2\n4e\n4f\n=:|!\n2g\n==\n*-\n",
         sorted(line("C4 D4 E4 F4 C4 D4 E4 F4 G4:2"))),
    Kind("grace_notes.krn", b"**kern\n*M2/4\n8qb\n4cc\n4d\n==\n*-\n", sorted(line("C5 D4"))),
]
EVERY = ABC + MIDI + XML + KERN
