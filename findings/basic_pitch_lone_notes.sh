#!/usr/bin/env bash
# basic-pitch 0.4.0: a lone note, sounding alone and with an onset the network is sure of, is not decoded when its energy
# rises most a frame after its onset - because of the step that is to find more onsets. It adds the rises of all notes to
# the onsets, scaled so that the largest rise equals the largest onset; for a lone note the two are neighbours and exactly
# equal, a plateau is no peak, and nothing begins. Without that step, or with a second note in the excerpt whose rise is
# larger, the note is there. It depends on the rest of the excerpt, so the same note comes and goes with its surroundings.
#
# Good guess: inferring onsets from energy can only add notes.
# Output seen (first frame and MIDI pitch of what is decoded):
#   rising with its onset: 20/60
#   rising a frame later: nothing
#   ... without inferred onsets: 20/60
#   ... beside a note that rises more: 20/60 100/71
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check --no-deps basic-pitch==0.4.0
"$folder/env/bin/pip" install --quiet --disable-pip-version-check \
    numpy==1.26.4 scipy==1.14.1 pretty_midi==0.2.11 mir_eval==0.8.2 librosa==0.11.0 resampy==0.4.2 onnxruntime==1.20.1 \
    'setuptools<80'
cat > "$folder/show.py" <<'PY'
import numpy as np
from basic_pitch.note_creation import output_to_notes_polyphonic


def heard(rise, infer=True, beside=False):
    """Decode a note of pitch 60 whose onset is at frame 20 and whose posterior is `rise` from frame 19 on, then 0.9."""
    frames, onsets = np.zeros((2, 172, 88), np.float32) + 0.01
    frames[20:80, 39] = 0.9
    frames[19 : 19 + len(rise), 39] = rise
    onsets[19:22, 39] = 0.3, 0.9, 0.3
    if beside:
        frames[100:160, 50], onsets[100, 50] = 0.95, 0.9
    found = output_to_notes_polyphonic(frames, onsets, onset_thresh=0.5, frame_thresh=0.3, min_note_len=11,
                                       infer_onsets=infer, max_freq=None, min_freq=None, melodia_trick=False)
    return " ".join(f"{first}/{pitch}" for first, pitch in sorted((int(n[0]), int(n[2])) for n in found)) or "nothing"


print("rising with its onset:", heard([0.1, 0.9]))
print("rising a frame later:", heard([0.1, 0.2, 0.9]))
print("... without inferred onsets:", heard([0.1, 0.2, 0.9], infer=False))
print("... beside a note that rises more:", heard([0.1, 0.2, 0.9], beside=True))
PY
expected='rising with its onset: 20/60
rising a frame later: nothing
... without inferred onsets: 20/60
... beside a note that rises more: 20/60 100/71'
seen=$("$folder/env/bin/python" "$folder/show.py" 2> /dev/null | grep -E '^(rising|\.\.\.)')
echo "$seen"
[ "$seen" = "$expected" ]
