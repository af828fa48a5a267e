"""Which reader decodes recordings right? python benchmarks/decoding.py: every kind of file that this project takes.

Two seconds of two sides are written with libsndfile in each container and subtype, then decoded by libsndfile and by
FFmpeg (PyAV). Printed is where the two differ by more than half a step of 16 bits: frames too many, the shift against
what was written, and the error as decibels below it (lossless kinds have 90 and more).
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from chaconne.corpora.rendering.decoding import SUFFIXES

CONTAINERS = {".wav": ("WAV", "WAVEX"), ".flac": ("FLAC",), ".mp3": ("MP3",), ".ogg": ("OGG",), ".aiff": ("AIFF",),
              ".au": ("AU",), ".caf": ("CAF",), ".w64": ("W64",), ".rf64": ("RF64",)}   # others have these within
RATE_HZ = 48_000
SAME = 0.5 / 32768
REACH = 3000    # frames within which a shift is looked for


def music():
    """Return two seconds of two sides: float [frames, 2], far below full scale."""
    time = np.arange(2 * RATE_HZ) / RATE_HZ
    noise = np.random.default_rng(0).standard_normal((len(time), 2)) * 0.01
    left = sum(np.sin(2 * np.pi * 220 * n * time) / n for n in range(1, 9))
    right = sum(np.sin(2 * np.pi * 277 * n * time) / n for n in range(1, 9))
    swell = np.clip(np.minimum(time, 2 - time) * 8, 0, 1)
    return 0.15 * swell[:, None] * np.stack([left, right], 1) + noise


def by_libsndfile(path):
    """Return float [frames, sides]."""
    return soundfile.read(path, always_2d=True)[0]


def by_ffmpeg(path):
    """Return float [frames, sides]."""
    import av

    with av.open(str(path)) as file:
        blocks = []
        for frame in file.decode(audio=0):
            block = frame.to_ndarray()
            if not frame.format.is_planar:
                block = block.reshape(-1, len(frame.layout.channels)).T
            if block.dtype.kind in "iu":
                block = (block.astype(float) - (128 if block.dtype == np.uint8 else 0)) / (
                    1 << (8 * block.dtype.itemsize - 1))
            blocks.append(block)
    return np.concatenate(blocks, 1).T.astype(float)


def against(written, decoded):
    """Return (frames too many, shift in frames, error in decibels below what was written)."""
    size = min(len(written), len(decoded))
    ours, theirs = written[:size, 0], decoded[:size, 0]
    spectrum = np.fft.rfft(theirs, 2 * size) * np.conj(np.fft.rfft(ours, 2 * size))
    likeness = np.fft.irfft(spectrum)
    reach = np.r_[likeness[-REACH:], likeness[:REACH]]
    shift = int(np.argmax(reach)) - REACH
    a, b = (ours[:size - shift], theirs[shift:]) if shift >= 0 else (ours[-shift:], theirs[:size + shift])
    error = np.sqrt(np.mean((a - b) ** 2)) / np.sqrt(np.mean(a**2))
    return len(decoded) - len(written), shift, round(-20 * np.log10(max(error, 1e-12)))


def main():
    """Compare."""
    import av

    print(f"libsndfile {soundfile.__libsndfile_version__}, PyAV {av.__version__}, FFmpeg {av.ffmpeg_version_info}")
    left = sorted(set(SUFFIXES) - set(CONTAINERS))
    print("within the same containers, or FFmpeg's alone:", *left)
    stereo, same = music(), []
    for suffix, containers in CONTAINERS.items():
        for container in containers:
            for subtype in soundfile.available_subtypes(container):
                compare(container, subtype, suffix, stereo, same)
    print(f"{len(same)} are the same by both: {', '.join(same)}")


def compare(container, subtype, suffix, stereo, same):
    """Write one kind and print what differs; kinds that are one by both readers go into `same`."""
    with tempfile.TemporaryDirectory() as folder:
        path, written = Path(folder, f"file{suffix}"), stereo
        for sides in (2, 1):
            written = stereo[:, :sides]
            try:
                soundfile.write(path, written, RATE_HZ, subtype, format=container)
                break
            except soundfile.LibsndfileError as error:
                refused = error
        else:
            print(f"{container} {subtype}: libsndfile does not write it: {refused}")
            return
        found = {}
        for name, reader in (("libsndfile", by_libsndfile), ("FFmpeg", by_ffmpeg)):
            try:
                found[name] = reader(path)
            except Exception as error:  # each library has errors of its own
                print(f"{container} {subtype}: {name} refuses it: {type(error).__name__}")
        if len(found) == 2:
            one, other = found.values()
            if one.shape == other.shape and np.abs(one - other).max() <= SAME:
                same.append(f"{container} {subtype}")
                return
        for name, decoded in found.items():
            print(f"{container} {subtype}: {name} has %d frames too many, shift %d, error at -%d dB"
                  % against(written, decoded))


if __name__ == "__main__":
    main()
