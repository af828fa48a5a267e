"""Any file of audio as a stream of mono samples, told by its content: libsndfile first, FFmpeg (PyAV) for the rest.

Where both read a format their samples are the same (docs/reading.md), but for those that libsndfile gets wrong without
a word.
"""

import os
import stat

import numpy as np
import soundfile
import soxr

BLOCK_S = 10.0  # of a file in memory at once
RATES_HZ = (4_000, 768_000)  # a header that says something else is damaged
# What files of audio are usually called; what is in them decides how they are read.
SUFFIXES = (".wav", ".flac", ".mp3", ".ogg", ".oga", ".opus", ".m4a", ".mp4", ".aac", ".aif", ".aiff", ".au", ".caf",
            ".w64", ".rf64", ".webm", ".mka", ".wv")
# What libsndfile reads as other sound than was written: (container, subtype).
WRONG = ("CAF", "ALAC_32"), ("AIFF", "IMA_ADPCM")
# First bytes of containers that libsndfile knows: the demuxer of FFmpeg for what it does not decode in them.
SHARED = {b"caff": "caf", b"FORM": "aiff", b"RIFF": "wav"}
CANCELLED = 0.1     # root mean square of the mean of two sides, as a share of the louder one, below which they cancel
AUDIBLE = 1e-4      # root mean square from which this can be told


class Unreadable(ValueError):
    """A file that cannot be used; the message is the reason that is listed."""


def mono(path, rate, remarks=None):
    """Yield the samples of a file: float32 [samples] at `rate` Hz, the mean of its channels, in blocks of about 10 s.

    Where two sides cancel in their mean (one has the wrong polarity) the louder one is taken, and `remarks`, a list,
    learns of it. Raises Unreadable with the reason, at whatever second it is found.
    """
    read, first, side = 0, None, None
    for at, block in _blocks(path):
        if first is None:
            if not RATES_HZ[0] <= at <= RATES_HZ[1]:
                raise Unreadable(f"a sample rate of {at} Hz; expected {RATES_HZ[0]} to {RATES_HZ[1]}")
            first, stream = at, soxr.ResampleStream(at, rate, 1, dtype="float32")
        elif at != first:
            raise Unreadable(f"its sample rate changes after {read / first:.2f} s")
        if side is None:
            side = _side(block)
            if side not in (None, MEAN) and remarks is not None:
                remarks.append(f"its two sides cancel out: channel {side + 1} alone is taken")
        single = block.mean(1, dtype=np.float32) if side in (None, MEAN) else block[:, side]
        if not np.isfinite(single).all():
            raise Unreadable(f"NaN or infinite samples after {read / at:.2f} s")
        read += len(single)
        yield _finite(stream.resample_chunk(np.ascontiguousarray(single)), read / at)
    if not read:
        raise Unreadable("a header without samples")
    yield _finite(stream.resample_chunk(np.zeros(0, np.float32), last=True), read / first)


MEAN = -1


def _side(block):
    """Return the channel to take of a file whose first sound is float32 [samples, channels]; MEAN, None in silence."""
    if block.shape[1] != 2:
        return MEAN
    power = np.square(block, dtype=np.float64).mean(0)
    if not power.max() > AUDIBLE**2:
        return None
    mixed = np.square(block.mean(1, dtype=np.float64)).mean()
    return int(power.argmax()) if mixed < CANCELLED**2 * power.max() else MEAN


def _finite(block, seconds):
    if not np.isfinite(block).all():
        raise Unreadable(f"samples too large for numbers before {seconds:.2f} s")
    return block


def _blocks(path):
    """Yield (rate, float32 [samples, channels]) with whichever decoder knows the file."""
    _openable(path)
    if demuxer := _demuxer(path):
        yield from _with_ffmpeg(path, demuxer)
        return
    try:
        file = soundfile.SoundFile(os.fsencode(path))
    except Exception as error:  # libsndfile answers a damaged header in several ways
        raise Unreadable(f"no audio that can be read ({_words(error)})") from error
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


def _demuxer(path):
    """Return the demuxer of FFmpeg that reads a file, by its first bytes; None for libsndfile.

    No other demuxer is tried: FFmpeg's playlists would open other files, and the net.
    """
    with open(path, "rb") as file:
        head = file.read(64)
    if head[4:8] == b"ftyp":
        return "mov"
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "matroska"
    if head.startswith(b"wvpk"):
        return "wv"
    if demuxer := SHARED.get(head[:4]):
        try:
            about = soundfile.info(os.fsencode(path))
        except soundfile.SoundFileError:
            return demuxer
        return demuxer if (about.format, about.subtype) in WRONG else None
    # ADTS: twelve set bits, then a version and the layer 0 that no MPEG audio has.
    return "aac" if len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0 else None


def _with_ffmpeg(path, demuxer):
    try:
        import av
    except ImportError as error:
        raise Unreadable("no decoder for it: pip install av") from error
    pending, count, rate, read, most = [], 0, 0, 0, None
    try:
        with open(path, "rb") as file, av.open(file, format=demuxer) as container:
            plain, stream = av.AudioResampler(format="fltp"), container.streams.audio[0]
            # What the encoder filled its last block with is no music: the container knows how long the music is.
            if stream.duration and stream.rate:
                most = round(stream.duration * stream.time_base * stream.rate)
            for frame in container.decode(stream):
                for part in plain.resample(frame):
                    rate = part.sample_rate
                    block = part.to_ndarray().T[: None if most is None else max(0, most - read)]
                    pending.append(block)
                    read, count = read + len(block), count + len(block)
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
