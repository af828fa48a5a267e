#!/usr/bin/env bash
# FFmpeg (PyAV 18.1.0) reading ALAC in CAF, written by libsndfile 1.2.2 (soundfile 0.14.0): the end of a lossless file is
# missing, up to 2,047 samples of 4,096 in a packet, without a word. The packet table says how many frames of the last
# packet are padding; ALAC's last packet carries its own, shorter length, and the padding is taken off that once more -
# but only where the packet is longer than the padding, so that some lengths come back whole. Files that FFmpeg writes
# itself lose as much. And a file that fills its last packet, as libsndfile writes it, FFmpeg does not read at all
# (an error is raised). libsndfile gives every sample of all of them back.
#
# Good guess: a lossless format with a table of its frames has the same length in every reader.
# Output seen (samples written: what soundfile gives, what PyAV gives):
#   8192: 8192, refused
#   8193: 8193, 8193
#   10000: 10000, 10000
#   12287: 12287, 12286
#   96777: 96777, 95250
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check soundfile==0.14.0 av==18.1.0 numpy==1.26.4
cat > "$folder/show.py" <<'PY'
import sys

import av
import numpy as np
import soundfile as sf

av.logging.set_level(av.logging.PANIC)


def by_av(path):
    try:
        with av.open(path) as container:
            return sum(frame.samples for frame in container.decode(audio=0))
    except av.error.InvalidDataError:
        return "refused"


for samples in (8192, 8193, 10000, 12287, 96777):
    path = f"{sys.argv[1]}/{samples}.caf"
    sound = (9000 * np.sin(np.arange(samples) / 17)).astype(np.int16)
    sf.write(path, sound, 48000, subtype="ALAC_16")
    again = sf.read(path, dtype="int16")[0]
    assert np.array_equal(again, sound)
    print(f"{samples}: {len(again)}, {by_av(path)}")
PY
expected='8192: 8192, refused
8193: 8193, 8193
10000: 10000, 10000
12287: 12287, 12286
96777: 96777, 95250'
seen=$("$folder/env/bin/python" "$folder/show.py" "$folder" 2> /dev/null)
echo "$seen"
[ "$seen" = "$expected" ]
