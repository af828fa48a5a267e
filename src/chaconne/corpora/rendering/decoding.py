"""Any file of audio as a stream of mono samples: libsndfile first, FFmpeg (PyAV) for what it does not know."""

import os
import stat

import numpy as np
import soundfile
import soxr

BLOCK_S = 10.0  # of a file in memory at once
RATES_HZ = (4_000, 768_000)  # a header that says something else is damaged
SUFFIXES = (".wav", ".flac", ".mp3", ".ogg", ".oga", ".opus", ".m4a", ".mp4", ".aac", ".aif", ".aiff", ".au", ".caf",
            ".w64", ".rf64")
# FFmpeg reads these and nothing else: its playlists would open other files, and the net.
DEMUXERS = {".m4a": "mov", ".mp4": "mov", ".aac": "aac"}


class Unreadable(ValueError):
    """A file that cannot be used; the message is the reason that is listed."""


def mono(path, rate):
    """Yield the samples of a file: float32 [samples] at `rate` Hz, the mean of its channels, in blocks of about 10 s.

    Raises Unreadable with the reason, at whatever second it is found.
    """
    read, first = 0, None
    for at, block in _blocks(path):
        if first is None:
            if not RATES_HZ[0] <= at <= RATES_HZ[1]:
                raise Unreadable(f"a sample rate of {at} Hz; expected {RATES_HZ[0]} to {RATES_HZ[1]}")
            first, stream = at, soxr.ResampleStream(at, rate, 1, dtype="float32")
        elif at != first:
            raise Unreadable(f"its sample rate changes after {read / first:.2f} s")
        single = np.ascontiguousarray(block.mean(1, dtype=np.float32))
        if not np.isfinite(single).all():
            raise Unreadable(f"NaN or infinite samples after {read / at:.2f} s")
        read += len(single)
        yield _finite(stream.resample_chunk(single), read / at)
    if not read:
        raise Unreadable("a header without samples")
    yield _finite(stream.resample_chunk(np.zeros(0, np.float32), last=True), read / first)


def _finite(block, seconds):
    if not np.isfinite(block).all():
        raise Unreadable(f"samples too large for numbers before {seconds:.2f} s")
    return block


def _blocks(path):
    """Yield (rate, float32 [samples, channels]) with whichever decoder knows the file."""
    _openable(path)
    suffix = os.path.splitext(os.fsdecode(path))[1].lower()
    try:
        file = soundfile.SoundFile(os.fsencode(path))
    except Exception as error:  # libsndfile answers a damaged header in several ways
        if suffix not in DEMUXERS:
            raise Unreadable(f"no audio that can be read ({_words(error)})") from error
        yield from _with_ffmpeg(path, DEMUXERS[suffix])
        return
    with file:
        read, frames = 0, max(1, round(BLOCK_S * file.samplerate / max(1, file.channels / 8)))
        while True:
            try:
                block = file.read(frames, dtype="float32", always_2d=True)
            except Exception as error:
                second = read / file.samplerate
                raise Unreadable(f"damaged in the 10 s after {second:.0f} s ({_words(error)})") from error
            if not len(block):
                return
            read += len(block)
            yield file.samplerate, block


def _with_ffmpeg(path, demuxer):
    try:
        import av
    except ImportError as error:
        raise Unreadable("no decoder for it: pip install av") from error
    pending, count, rate = [], 0, 0
    try:
        with open(path, "rb") as file, av.open(file, format=demuxer) as container:
            plain = av.AudioResampler(format="fltp")
            for frame in container.decode(audio=0):
                for part in plain.resample(frame):
                    rate = part.sample_rate
                    pending.append(part.to_ndarray().T)
                    count += len(pending[-1])
                if count > BLOCK_S * rate:
                    yield rate, np.concatenate(pending)
                    pending, count = [], 0
    except (av.FFmpegError, IndexError, ValueError) as error:
        raise Unreadable(f"no audio that can be read ({_words(error)})") from error
    if pending:
        yield rate, np.concatenate(pending)


def _openable(path):
    """Raise Unreadable for what is no file with bytes in it that may be read."""
    try:
        about = os.stat(path)
        if not stat.S_ISREG(about.st_mode):
            raise Unreadable("no regular file")
        if not about.st_size:
            raise Unreadable("an empty file")
        with open(path, "rb"):
            pass
    except OSError as error:
        raise Unreadable(f"cannot be opened ({error.strerror})") from error


def _words(error):
    """Return the message of a library in one line, without the path that it may repeat."""
    return " ".join(str(error).split(": ")[-1].split())[:120] or type(error).__name__
