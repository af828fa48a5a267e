#!/usr/bin/env bash
# FFmpeg 8 (PyAV 18.1.0): how much silence an encoder puts before the music is taken away again where the container can
# say so, and only there, so that one and the same encoding begins at another sample in another container: AAC 1,024
# samples later in ADTS, MPEG-TS, FLV and AVI than in MP4 and Matroska, MP3 1,105 later in WAV, AVI and MPEG-TS, layer II
# 481 later everywhere but in Matroska, AC-3 256 later everywhere but in MP4 and Matroska, Opus 312 later in MPEG-TS. WMA 2
# is the other way round: its first 2,048 samples are gone, in ASF and in AVI, and what follows begins that much too early.
# Nothing in timestamps tells: the first is 0 in nearly all. Stems of one piece in two kinds of files are out of step.
#
# Good guess: what an encoder puts before the music its decoder removes, whatever the container.
# Output seen (samples that the music begins too late at 48 kHz, found by correlation):
#   aac: mp4 0, matroska 0, adts 1024, mpegts 1024, flv 1024, avi 1024
#   libmp3lame: mp3 0, mp4 0, matroska 0, wav 1105, avi 1105, mpegts 1105
#   mp2: matroska 0, mp2 481, mpegts 481, wav 481
#   ac3: mp4 0, matroska 0, ac3 256, mpegts 256, avi 256
#   libopus: ogg 0, webm 0, mp4 0, mpegts 312
#   wmav2: asf -2048, avi -2048
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check av==18.1.0 numpy==1.26.4
cat > "$folder/show.py" <<'PY'
import io
from fractions import Fraction

import av
import numpy as np

RATE, SAMPLES, FRAME = 48000, 96777, 1024
WAYS = {
    "aac": ("mp4", "matroska", "adts", "mpegts", "flv", "avi"),
    "libmp3lame": ("mp3", "mp4", "matroska", "wav", "avi", "mpegts"),
    "mp2": ("matroska", "mp2", "mpegts", "wav"),
    "ac3": ("mp4", "matroska", "ac3", "mpegts", "avi"),
    "libopus": ("ogg", "webm", "mp4", "mpegts"),
    "wmav2": ("asf", "avi"),
}
av.logging.set_level(av.logging.PANIC)
time = np.arange(SAMPLES) / RATE
music = (0.3 * np.sin(2 * np.pi * (200 * time + 400 * time**2))).astype(np.float32)
music[:4800] = music[30000:34000] = 0


def written(codec, container):
    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        stream = out.add_stream(codec, rate=RATE, layout="mono")
        stream.bit_rate = 128000
        for start in range(0, SAMPLES, FRAME):
            frame = av.AudioFrame.from_ndarray(music[None, start : start + FRAME].copy(), "fltp", "mono")
            frame.sample_rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return file.getvalue()


def begins_late(data):
    with av.open(io.BytesIO(data)) as source:
        to_float = av.AudioResampler("fltp", "mono", RATE)
        frames = [one for frame in source.decode(audio=0) for one in to_float.resample(frame)] + to_float.resample(None)
    heard = np.concatenate([frame.to_ndarray()[0] for frame in frames])
    size = 2**18
    agreement = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(music, size)))
    late = int(agreement.argmax())
    return late - size if late > size // 2 else late


for codec, containers in WAYS.items():
    print(f"{codec}:", ", ".join(f"{name} {begins_late(written(codec, name))}" for name in containers))
PY
expected='aac: mp4 0, matroska 0, adts 1024, mpegts 1024, flv 1024, avi 1024
libmp3lame: mp3 0, mp4 0, matroska 0, wav 1105, avi 1105, mpegts 1105
mp2: matroska 0, mp2 481, mpegts 481, wav 481
ac3: mp4 0, matroska 0, ac3 256, mpegts 256, avi 256
libopus: ogg 0, webm 0, mp4 0, mpegts 312
wmav2: asf -2048, avi -2048'
seen=$("$folder/env/bin/python" "$folder/show.py" 2> "$folder/errors") || tail -1 "$folder/errors"
echo "$seen"
[ "$seen" = "$expected" ]
