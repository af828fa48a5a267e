#!/usr/bin/env bash
# music21 10.5.1: in the MIDI that it writes of a score with grace notes each grace ends before it begins, both in the same
# tick: its note-off comes first, and nothing ends what the note-on has begun. It sounds on until that pitch is played and
# let go again, or for ever. Readers differ: pretty_midi 0.2.11 and music21 itself give the next note of that pitch twice,
# once from the grace on; symusic 0.6.0 gives one note from the grace to the end of the next of its pitch, which is lost; a
# grace whose pitch never comes again both leave out, and a synthesizer holds it. Note counts differ by reader, and nobody
# warns. Scores without graces are right, so corpora that were converted this way look sound until a violin part with
# appoggiaturas is heard.
#
# Good guess: a grace note is left out, or played short before its note.
# Output seen (pitch, begin, end in quarters; a grace E before D, then E):
#   messages at the grace: off 76, on 76
#   pretty_midi: 72 0-1, 74 1-2, 76 1-4, 76 2-4
#   symusic: 72 0-1, 74 1-2, 76 1-4
#   music21: 72 0-1, 74 1-2, 76 1-4, 76 2-4
#   a grace F that never comes again, pretty_midi: 72 0-1, 74 1-2, 76 2-4
#   ... symusic: 72 0-1, 74 1-2, 76 2-4
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check music21==10.5.1 pretty_midi==0.2.11 symusic==0.6.0 \
    mido==1.3.3 "setuptools<81"
cat > "$folder/show.py" <<'PY'
import sys
import warnings

warnings.simplefilter("ignore")
import mido  # noqa: E402
import pretty_midi  # noqa: E402
import symusic  # noqa: E402
from music21 import converter  # noqa: E402


def note(step, length=1, grace=False):
    kind = {1: "quarter", 2: "half"}[length]
    return (f"<note>{'<grace/>' * grace}<pitch><step>{step}</step><octave>5</octave></pitch>"
            f"{'' if grace else f'<duration>{length}</duration>'}<voice>1</voice><type>{kind}</type></note>")


def written(grace, path):
    bar = note("C") + note(grace, grace=True) + note("D") + note("E", 2)
    score = ('<score-partwise version="4.0"><part-list><score-part id="P1"><part-name>A</part-name></score-part></part-list>'
             '<part id="P1"><measure number="1"><attributes><divisions>1</divisions><time><beats>4</beats><beat-type>4'
             f'</beat-type></time></attributes>{bar}</measure></part></score-partwise>')
    converter.parseData(score, format="musicxml").write("midi", path)
    return path


def said(notes):
    return ", ".join(f"{pitch} {begin:g}-{end:g}" for begin, pitch, end in sorted(notes))


def by_pretty_midi(path):
    return said((round(2 * n.start, 3), n.pitch, round(2 * n.end, 3))
                for part in pretty_midi.PrettyMIDI(path).instruments for n in part.notes)


def by_symusic(path):
    score = symusic.Score(path)
    unit = score.ticks_per_quarter
    return said((n.time / unit, n.pitch, n.end / unit) for track in score.tracks for n in track.notes)


def by_music21(path):
    return said((float(n.offset), n.pitch.midi, float(n.offset + n.quarterLength))
                for n in converter.parse(path).flatten().notes)


path = written("E", sys.argv[1] + "/e.mid")
at_the_grace, tick = [], 0
for message in mido.MidiFile(path).tracks[-1]:
    tick += message.time
    if message.type in ("note_on", "note_off") and message.note == 76 and len(at_the_grace) < 2:
        at_the_grace.append((tick, "on" if message.type == "note_on" and message.velocity else "off"))
lone = written("F", sys.argv[1] + "/f.mid")
seen = {
    "messages at the grace": ", ".join(f"{kind} 76" for _, kind in at_the_grace)
    if len({tick for tick, _ in at_the_grace}) == 1 else "at two times",
    "pretty_midi": by_pretty_midi(path), "symusic": by_symusic(path), "music21": by_music21(path),
    "a grace F that never comes again, pretty_midi": by_pretty_midi(lone), "... symusic": by_symusic(lone)}
for label, what in seen.items():
    print(f"{label}: {what}")
expected = {
    "messages at the grace": "off 76, on 76",
    "pretty_midi": "72 0-1, 74 1-2, 76 1-4, 76 2-4", "symusic": "72 0-1, 74 1-2, 76 1-4",
    "music21": "72 0-1, 74 1-2, 76 1-4, 76 2-4",
    "a grace F that never comes again, pretty_midi": "72 0-1, 74 1-2, 76 2-4",
    "... symusic": "72 0-1, 74 1-2, 76 2-4"}
sys.exit(seen != expected)
PY
"$folder/env/bin/python" "$folder/show.py" "$folder"
