#!/usr/bin/env bash
# MusicXML says twice how a note is altered: <alter> for what sounds, <accidental> for what is printed. Scores that people
# share have notes where the two differ (one whole quartet prints 72 signs without <alter>). music21 10.5.1, partitura
# 1.9.0 and verovio 6.4.1 (by its MIDI) play them by different rules, none of them without exception that of the
# standard, by which <alter> decides and is 0 where it is absent: music21 and partitura go by the printed sign where
# <alter> is absent and by <alter> where it is there, even 0; verovio always goes by the printed sign, and then lets it
# count for the next note of the bar, too, though that one has no sign and, by <alter>, is another pitch.
#
# Good guess: <alter> is what sounds, everywhere. Output seen (two notes C5 in a bar, the first as said; MIDI pitches):
#   no alter, sharp printed    music21 73 72, partitura 73 72, verovio 73 73
#   alter 0, sharp printed     music21 72 72, partitura 72 72, verovio 73 73
#   alter 1, natural printed   music21 73 72, partitura 73 72, verovio 72 72
#   alter 1, sharp printed     music21 73 72, partitura 73 72, verovio 73 72
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check music21==10.5.1 partitura==1.9.0 verovio==6.4.1 mido==1.3.3
cat > "$folder/show.py" <<'PY'
import base64
import io
import sys
import warnings
from pathlib import Path

warnings.simplefilter("ignore")
import mido  # noqa: E402
import partitura  # noqa: E402
import verovio  # noqa: E402
from music21 import converter  # noqa: E402

verovio.enableLog(verovio.LOG_OFF)
path = Path(sys.argv[1], "score.musicxml")


def note(alter="", sign=""):
    alter = f"<alter>{alter}</alter>" if alter else ""
    return (f"<note><pitch><step>C</step>{alter}<octave>5</octave></pitch><duration>2</duration><voice>1</voice>"
            "<type>half</type>" + (f"<accidental>{sign}</accidental>" if sign else "") + "</note>")


def by_music21():
    return [one.pitch.midi for one in converter.parse(path, forceSource=True).recurse().notes]


def by_partitura():
    return [int(pitch) for pitch in partitura.load_score(str(path))[0].note_array()["pitch"]]


def by_verovio():
    player = verovio.toolkit()
    player.loadFile(str(path))
    file = mido.MidiFile(file=io.BytesIO(base64.b64decode(player.renderToMIDI())))
    return [message.note for track in file.tracks for message in track if message.type == "note_on" and message.velocity]


seen = {}
for label, first in {"no alter, sharp printed": note("", "sharp"), "alter 0, sharp printed": note("0", "sharp"),
                     "alter 1, natural printed": note("1", "natural"),
                     "alter 1, sharp printed": note("1", "sharp")}.items():
    path.write_text(
        '<score-partwise version="4.0"><part-list><score-part id="P1"><part-name>A</part-name></score-part></part-list>'
        '<part id="P1"><measure number="1"><attributes><divisions>1</divisions><time><beats>4</beats><beat-type>4'
        f'</beat-type></time><clef><sign>G</sign><line>2</line></clef></attributes>{first}{note()}</measure></part>'
        '</score-partwise>')
    seen[label] = [by_music21(), by_partitura(), by_verovio()]
    names = zip(("music21", "partitura", "verovio"), seen[label])
    print(f"{label:26s}", ", ".join(f"{name} {a} {b}" for name, (a, b) in names))
sys.exit(list(seen.values()) != [
    [[73, 72], [73, 72], [73, 73]], [[72, 72], [72, 72], [73, 73]], [[73, 72], [73, 72], [72, 72]],
    [[73, 72], [73, 72], [73, 72]]])
PY
"$folder/env/bin/python" "$folder/show.py" "$folder"
