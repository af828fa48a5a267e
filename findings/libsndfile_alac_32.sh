#!/usr/bin/env bash
# libsndfile 1.2.2 (soundfile 0.14.0 wheel): a CAF file of ALAC with 32 bits that libsndfile itself has written comes
# back from libsndfile as other sound, at full scale and without an error; FFmpeg (PyAV 18.1.0) reads the very samples
# that were written, so the file is right and the reading is wrong. 16, 20 and 24 bits come back as they were.
#
# Good guess: a lossless format that a library writes and reads itself is lossless. Output seen (largest difference to
# what was written, full scale is 1):
#   ALAC_16 soundfile 3.1e-05  PyAV 3.1e-05
#   ALAC_20 soundfile 1.9e-06  PyAV 1.9e-06
#   ALAC_24 soundfile 1.2e-07  PyAV 1.2e-07
#   ALAC_32 soundfile 1.8      PyAV 3.0e-08
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check soundfile==0.14.0 av==18.1.0 numpy==1.26.4
cat > "$folder/show.py" <<'PY'
import sys

import av
import numpy as np
import soundfile

written = (0.5 * np.random.default_rng(0).standard_normal(5000)).clip(-0.9, 0.9)
worst = {}
for subtype in ("ALAC_16", "ALAC_20", "ALAC_24", "ALAC_32"):
    path = f"{sys.argv[1]}/{subtype}.caf"
    soundfile.write(path, written, 44100, subtype=subtype, format="CAF")
    own = np.abs(soundfile.read(path)[0][:5000] - written).max()
    with av.open(path) as container:
        plain = av.AudioResampler(format="flt")
        read = np.concatenate([part.to_ndarray().ravel() for frame in container.decode(audio=0)
                               for part in plain.resample(frame)])
    other = np.abs(read[:5000] - written).max()
    worst[subtype] = own, other
    print(f"{subtype} soundfile {own:<8.2g} PyAV {other:.2g}")
right = all(own < 1e-4 for name, (own, _) in worst.items() if name != "ALAC_32")
sys.exit(not (right and worst["ALAC_32"][0] > 0.5 and max(other for _, other in worst.values()) < 1e-4))
PY
"$folder/env/bin/python" "$folder/show.py" "$folder"
