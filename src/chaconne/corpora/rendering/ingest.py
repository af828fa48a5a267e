"""One recording becomes clips on disk: decoded, resampled, cut and brought to one loudness, in bounded memory."""

import errno
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from chaconne.corpora.rendering.decoding import Unreadable, mono
from chaconne.corpora.rendering.fingerprints import Fingerprint
from chaconne.corpora.rendering.segments import SILENT, even_parts, spans

PEAK = 10 ** (-0.2 / 20)  # no sample of a clip lies above -0.2 dB of full scale
BLOCK = 1 << 19  # samples in memory at once
BYTES_A_SECOND = 16_000  # of a file whose header says nothing: 128 kbit/s
LEAST_BYTES_A_SECOND = 1_000  # a header that promises more music than that is not believed


@dataclass(frozen=True)
class Ingest:
    """Makes clips of jobs (dictionaries): a worker's function, the same result in whichever process.

    folder: where the clips of job `number` are left: NUMBER.i16, NUMBER.STEM.i16 (aligned with it), NUMBER.npy (its
    fingerprint). settings: conf/data/<name>.yaml. rate: Hz; grid: samples: clips are multiples of it.
    """

    folder: str
    settings: dict
    rate: int
    grid: int

    def __call__(self, job):
        """Return {'spans': [(first sample, samples)], 'seconds': of the file} or {'reason': why there is none}.

        Beside spans may stand 'remarks', lines about how the file was read.

        Whatever is wrong with one file is its reason: it never ends the run.
        """
        place = Path(self.folder, str(job["number"]))
        try:
            return self.recording(job, place)
        except Unreadable as error:
            return {"reason": str(error)}
        except MemoryError:
            return {"reason": "more memory wanted than there is"}
        except Exception as error:
            if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EMFILE):
                raise  # the machine's fault, not the file's
            return {"reason": f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"}
        finally:
            for part in ("", *(f".{stem}" for stem in job.get("stems", {}))):
                Path(f"{place}{part}.f32").unlink(missing_ok=True)

    def recording(self, job, place):
        """Decode twice from here on: at full precision into a scratch file, from there as 16 bits at one gain."""
        scratch, levels, words, remarks = self.decode(job["file"], place)
        chosen = self.choose(levels)
        if not chosen:
            least = self.settings["least_seconds"]
            silent = len(levels) and levels.max() < SILENT
            raise Unreadable("silent" if silent else f"no {least:g} s of music in one go")
        gain = self.gain(scratch, chosen)
        write(scratch, f"{place}.i16", chosen, gain)
        np.save(f"{place}.npy", words)
        for stem, path in job.get("stems", {}).items():
            part = Path(f"{place}.{stem}.f32")
            with open(part, "wb") as out:
                for block in mono(path, self.rate):
                    block.tofile(out)
            write(part, f"{place}.{stem}.i16", chosen, gain)
            part.unlink()
        found = {"spans": chosen, "seconds": scratch.stat().st_size / 4 / self.rate}
        return found | ({"remarks": remarks} if remarks else {})

    def decode(self, path, place):
        """Write the samples as float32; return (Path, RMS of every grid frame, fingerprint, remarks)."""
        scratch, fingerprint, left, levels = Path(f"{place}.f32"), Fingerprint(self.rate), [], []
        remarks = []
        with open(scratch, "wb") as out:
            for block in mono(path, self.rate, remarks):
                block.tofile(out)
                fingerprint.feed(block)
                whole = np.concatenate([*left, block])
                count = len(whole) // self.grid * self.grid
                energy = np.square(whole[:count], dtype=np.float64).reshape(-1, self.grid).mean(1)
                levels.append(np.sqrt(energy))
                left = [whole[count:]]
        fingerprint.feed(np.zeros(0, np.float32), last=True)
        return scratch, np.concatenate(levels), fingerprint.words, remarks

    def choose(self, levels):
        """Return [(first sample, samples)] of the clips."""
        s = self.settings
        frames = {key: s[f"{key}_seconds"] * self.rate / self.grid for key in ("pause", "least", "clip")}
        least = int(np.ceil(frames["least"]))
        found = spans(levels, s["silence_db"], round(frames["pause"]), least, max(least, int(frames["clip"])))
        return [(first * self.grid, count * self.grid) for first, count in found]

    def gain(self, scratch, chosen):
        """Return the factor that gives all clips together the loudness of the settings, peaks below PEAK."""
        energy = peak = 0.0
        for block in stretches(scratch, chosen):
            energy += float(np.square(block, dtype=np.float64).sum())
            peak = max(peak, float(np.abs(block).max()))
        rms = np.sqrt(energy / sum(count for _, count in chosen))
        return min(10 ** (self.settings["loudness_db"] / 20) / rms, PEAK / peak)


def stretches(path, chosen):
    """Yield the samples of the clips in a float32 file, BLOCK at a time; what lies behind its end is silence."""
    with open(path, "rb") as file:
        for first, count in chosen:
            file.seek(4 * first)
            while count:
                block = np.fromfile(file, np.float32, min(count, BLOCK))
                if not len(block):
                    block = np.zeros(min(count, BLOCK), np.float32)
                count -= len(block)
                yield block


def write(scratch, path, chosen, gain):
    """Write the clips one after another as 16 bits."""
    with open(path, "wb") as out:
        for block in stretches(scratch, chosen):
            np.rint((block * gain).clip(-1, 1) * 32767).astype("<i2").tofile(out)


@dataclass(frozen=True)
class Rendering:
    """As Ingest, for scores: renders a row of the plan and cuts it on beats. renderer: rendering.render."""

    folder: str
    renderer: callable
    longest: int  # samples
    least: int

    def __call__(self, job):
        """Return {'spans': ..., 'seconds': ...} or {'reason': ...}."""
        row = job["row"]
        try:
            sound = self.renderer(row)
        except ValueError as error:
            return {"reason": " ".join(str(error).split())}
        beat = row["beat_samples"]
        parts = even_parts(0, len(sound) // beat, max(1, self.longest // beat))
        chosen = [(first * beat, count * beat) for first, count in parts if count * beat >= self.least]
        if not chosen:
            return {"reason": f"shorter than {self.least / self.renderer.rate:g} s"}
        np.concatenate([sound[a : a + n] for a, n in chosen]).tofile(Path(self.folder, f"{job['number']}.i16"))
        return {"spans": chosen, "seconds": len(sound) / self.renderer.rate}


def ingest(job, recording, rendering):
    """Do one job of either kind: what is pickled to workers."""
    return (rendering if "row" in job else recording)(job)


def clip_bytes(job, rate):
    """Return how many bytes the clips of a job take at most, by what the header of its file says of its length."""
    if "row" in job:
        return 2 * job["row"]["samples"]
    size = size_of(job)
    try:
        seconds = size and min(soundfile.info(os.fsencode(job["file"])).duration, size / LEAST_BYTES_A_SECOND)
    except Exception:  # damaged, or of a kind that only FFmpeg reads
        seconds = size / BYTES_A_SECOND
    return int(2 * rate * seconds * (1 + len(job.get("stems", {}))))


def size_of(job):
    """Return the bytes that a job reads, as far as one can see; scores are small."""
    return os.stat(job["file"]).st_size if "file" in job and os.path.isfile(job["file"]) else 0
