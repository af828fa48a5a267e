#!/usr/bin/env bash
# IMA ADPCM in AIFF (ima4, what QuickTime wrote): libsndfile 1.2.2 (soundfile 0.14.0 wheel) shifts every block of 64
# samples by a constant of its own, up to 127 steps of 16 bits, FFmpeg 8.1 (PyAV 18.1.0) does not. A block begins with the
# upper 9 bits of its first prediction; FFmpeg keeps the lower 7 where the block before ends next to it, libsndfile sets
# them to 0 each time. What was a smooth line comes back as stairs of 64 samples, 3 dB more error for music at -20 dB,
# whoever wrote the file.
#
# Good guess: the library that wrote a file reads it best. Output seen:
#   written by libsndfile: error libsndfile -32 dB, FFmpeg -35 dB; difference within a block 0, at most 127
#   written by FFmpeg:     error libsndfile -32 dB, FFmpeg -35 dB; difference within a block 0, at most 127
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

RATE = 48000
time = np.arange(2 * RATE) / RATE
noise = np.random.default_rng(0).standard_normal((len(time), 2))[:, 0] * 0.01
swell = np.clip(np.minimum(time, 2 - time) * 8, 0, 1)
music = 0.15 * swell * sum(np.sin(2 * np.pi * 220 * n * time) / n for n in range(1, 9)) + noise


def by_ffmpeg(path):
    with av.open(path) as file:
        blocks = [frame.to_ndarray().ravel() for frame in file.decode(audio=0)]
    return np.concatenate(blocks).astype(int)


def error(read):
    rest = read[:len(music)] / 32768 - music[:len(read)]
    return round(20 * np.log10(np.sqrt(np.square(rest).mean() / np.square(music).mean())))


own, foreign = (f"{sys.argv[1]}/{name}.aiff" for name in ("libsndfile", "ffmpeg"))
soundfile.write(own, music, RATE, "IMA_ADPCM", format="AIFF")
with av.open(foreign, "w") as file:
    stream = file.add_stream("adpcm_ima_qt", rate=RATE, layout="mono")
    frame = av.AudioFrame.from_ndarray((music[None] * 32767).astype(np.int16), format="s16p", layout="mono")
    frame.sample_rate = RATE
    for packet in [*stream.encode(frame), *stream.encode(None)]:
        file.mux(packet)
right = True
for label, path in (("libsndfile:", own), ("FFmpeg:    ", foreign)):
    one, other = soundfile.read(path, dtype="int16")[0].astype(int), by_ffmpeg(path)
    size = min(len(one), len(other)) // 64 * 64
    apart = (one[:size] - other[:size]).reshape(-1, 64)
    within, most = np.ptp(apart, axis=1).max(), np.abs(apart).max()
    print(f"written by {label} error libsndfile {error(one)} dB, FFmpeg {error(other)} dB; difference within a block "
          f"{within}, at most {most}")
    right &= within == 0 and 64 < most < 128 and error(other) < error(one)
sys.exit(not right)
PY
"$folder/env/bin/python" "$folder/show.py" "$folder"
