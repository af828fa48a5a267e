#!/usr/bin/env bash
# Verovio 6.4.1 (wheel, Python 3.11, x86-64 Linux): a toolkit that is made in another thread than the one that imported
# the module finds no fonts. `loadData` answers False for a valid score and nothing is raised; the toolkit still names
# the right resource path. A server that draws each score in a thread of its own gets nothing from the second thread on.
# Said explicitly in every thread (toolkit(False), then setResourcePath), the same score is drawn.
#
# Good guess: a module's default resources serve all threads. Output seen:
#   imported in this thread: loaded True
#   another thread:          loaded False
#   another, path said:      loaded True
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check verovio==6.4.1
cat > "$folder/show.py" <<'PY'
import sys
import threading
from pathlib import Path

import verovio

verovio.enableLog(verovio.LOG_OFF)
NOTE = "<note><pitch><step>C</step><octave>5</octave></pitch><duration>4</duration><type>whole</type></note>"
SCORE = ("<score-partwise version='4.0'><part-list><score-part id='P1'><part-name>A</part-name></score-part></part-list>"
         "<part id='P1'><measure number='1'><attributes><divisions>1</divisions><time><beats>4</beats><beat-type>4"
         f"</beat-type></time><clef><sign>G</sign><line>2</line></clef></attributes>{NOTE}</measure></part>"
         "</score-partwise>")
seen = []


def draw(said):
    if said:
        toolkit = verovio.toolkit(False)
        toolkit.setResourcePath(str(Path(verovio.__file__).parent / "data"))
    else:
        toolkit = verovio.toolkit()
    seen.append(toolkit.loadData(SCORE))


draw(False)
for said in (False, True):
    thread = threading.Thread(target=draw, args=(said,))
    thread.start()
    thread.join()
for label, loaded in zip(("imported in this thread:", "another thread:         ", "another, path said:     "), seen):
    print(label, "loaded", loaded)
sys.exit(seen != [True, False, True])
PY
"$folder/env/bin/python" "$folder/show.py"
