#!/usr/bin/env bash
# MS ADPCM in WAV, written by libsndfile 1.2.2 (soundfile 0.14.0 wheel): libsndfile and FFmpeg 8.1 (PyAV 18.1.0) decode
# the same file to other samples, more than a thousand steps of 16 bits apart at the end of a block. The predictor of
# the format is a sum of two products over 256: libsndfile rounds it down, FFmpeg towards zero. Where the sum is negative
# the two differ by one step, the error is fed back, and within a block (4,084 samples) they drift apart. A decoder of
# twenty lines with either rounding gives the very samples of either library. What FFmpeg writes itself uses the one
# predictor (of seven) that needs no rounding, so its files decode alike in both, and a round trip through one program
# shows nothing.
#
# Good guess: two decoders of an integer format of 1992 agree bit for bit. Output seen:
#   block 0: predictor 2, largest difference 0, rounded down = libsndfile True, towards zero = FFmpeg True
#   block 1: predictor 3, largest difference 1091, rounded down = libsndfile True, towards zero = FFmpeg True
#   written by FFmpeg: largest difference 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check soundfile==0.14.0 av==18.1.0 numpy==1.26.4
cat > "$folder/show.py" <<'PY'
import struct
import sys

import av
import numpy as np
import soundfile

RATE, BLOCK = 48000, 2048
FIRST = (256, 512, 0, 192, 240, 460, 392)       # the seven predictors of the format
SECOND = (0, -256, 0, 64, 0, -208, -232)
STEPS = (230, 230, 230, 230, 307, 409, 512, 614, 768, 614, 512, 409, 307, 230, 230, 230)


def music():
    time = np.arange(2 * RATE) / RATE
    noise = np.random.default_rng(0).standard_normal((len(time), 2))[:, 0] * 0.01
    swell = np.clip(np.minimum(time, 2 - time) * 8, 0, 1)
    return 0.15 * swell * sum(np.sin(2 * np.pi * 220 * n * time) / n for n in range(1, 9)) + noise


def by_ffmpeg(path):
    with av.open(path) as file:
        return np.concatenate([frame.to_ndarray().ravel() for frame in file.decode(audio=0)]).astype(int)


def by_libsndfile(path):
    return soundfile.read(path, dtype="int16")[0].astype(int)


def decoded(block, down):
    """One block by the book, with the predictor rounded down or towards zero."""
    step, after, before = struct.unpack("<hhh", block[1:7])
    samples = [before, after]
    for byte in block[7:]:
        for nibble in (byte >> 4, byte & 15):
            total = after * FIRST[block[0]] + before * SECOND[block[0]]
            predicted = total >> 8 if down else int(total / 256)
            value = max(-32768, min(32767, predicted + (nibble - 16 if nibble > 7 else nibble) * step))
            samples.append(value)
            before, after, step = after, value, max(16, STEPS[nibble] * step >> 8)
    return np.array(samples)


path = f"{sys.argv[1]}/libsndfile.wav"
soundfile.write(path, music(), RATE, "MS_ADPCM")
one, other = by_libsndfile(path), by_ffmpeg(path)
data = open(path, "rb").read()
data = data[data.index(b"data") + 8:]
size, right = 2 * (BLOCK - 7) + 2, []
for number in range(2):
    block, part = data[number * BLOCK:(number + 1) * BLOCK], slice(number * size, (number + 1) * size)
    down, zero = (decoded(block, way) for way in (True, False))
    same = bool((down == one[part]).all()), bool((zero == other[part]).all())
    apart = np.abs(one[part] - other[part]).max()
    right.append(same == (True, True) and (apart > 500) == bool(number))
    print(f"block {number}: predictor {block[0]}, largest difference {apart}, rounded down = libsndfile {same[0]}, "
          f"towards zero = FFmpeg {same[1]}")
path = f"{sys.argv[1]}/ffmpeg.wav"
with av.open(path, "w") as file:
    stream = file.add_stream("adpcm_ms", rate=RATE, layout="mono")
    frame = av.AudioFrame.from_ndarray((music()[None] * 32767).astype(np.int16), format="s16", layout="mono")
    frame.sample_rate = RATE
    for packet in [*stream.encode(frame), *stream.encode(None)]:
        file.mux(packet)
apart = np.abs(by_libsndfile(path) - by_ffmpeg(path)).max()
print(f"written by FFmpeg: largest difference {apart}")
sys.exit(not (all(right) and apart == 0))
PY
"$folder/env/bin/python" "$folder/show.py" "$folder"
