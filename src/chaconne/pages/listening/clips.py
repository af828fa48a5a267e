"""Clips for ears: found by name, equally long and loud, with soft edges."""

import io
from pathlib import Path

import numpy as np
import soundfile

from chaconne.running.files import read_json
from chaconne.storage.files import load_array

PLACES = ("", "anchors", "finetune")  # where below data/samples a row may lie
TARGET_LUFS = -23.0  # EBU R 128; lower when a peak would not fit
MOST_GAIN_DB = 30.0  # what is nearly silent stays quiet: it is heard as it is
PEAK = 0.97
FADE_S = 0.02
HEADROOM = 4.0
SLACK_S = 0.05      # a sound begins somewhere in here
COMPRESSION = 0.5   # of MP3: 80 kbit/s at 22.05 kHz
SHORTEST_S = 0.5  # loudness is measured in blocks of 0.4 s


def open_clips(samples, name):
    """Open the clips of a row below the folder `samples`: (int16 [N, samples], sample rate in Hz).

    name: a row (gan, real, after, ...) or the path of a folder with clips.npy and about.json.
    """
    known = {path.parent.name: path.parent for place in reversed(PLACES)
             for path in Path(samples, place).glob("*/clips.npy")}
    folder = known.get(name, Path(name))
    if not (folder / "clips.npy").exists():
        raise FileNotFoundError(f"{name}: expected one of {', '.join(sorted(known)) or 'no row at all'} in {samples}, "
                                "or a folder with clips.npy and about.json; `dvc repro sample` makes them")
    clips, rate = load_array(folder / "clips.npy"), read_json(folder / "about.json")["sample_rate_hz"]
    if clips.dtype != np.int16 or clips.ndim != 2 or clips.shape[1] < SHORTEST_S * rate:
        raise ValueError(f"{folder}/clips.npy: expected int16 clips [N, samples] of {SHORTEST_S} s or longer, "
                         f"got {clips.dtype} {list(clips.shape)} at {rate} Hz")
    return clips, rate


def cut(clips, sample_rate_hz, rng):
    """Return the clips equally long, each begun at another sample: the same clip twice is not the same bytes.

    clips: a list of int16 [samples]; the shortest gives the length, less SLACK_S.
    """
    slack = round(SLACK_S * sample_rate_hz)
    length = min(len(clip) for clip in clips) - slack
    starts = [start for _ in range(0, len(clips), slack) for start in rng.permutation(slack)]
    return [clip[start:start + length] for clip, start in zip(clips, starts, strict=False)]


def encoded(clip, sample_rate_hz):
    """Encode int16 [samples] as MP3 of constant rate: of a varying one noise would be the largest sound on the page."""
    buffer = io.BytesIO()
    soundfile.write(buffer, clip, sample_rate_hz, format="MP3", subtype="MPEG_LAYER_III", bitrate_mode="CONSTANT",
                    compression_level=COMPRESSION)
    return buffer.getvalue()


def equally_loud(clips, sample_rate_hz):
    """Return int16 clips with the same loudness and faded edges.

    clips: a list of int16 [samples]. All have TARGET_LUFS, or less where a peak would clip; silence
    stays silence.
    """
    sounds = [np.asarray(clip, np.float32) / 32767 for clip in clips]
    loud = [loudness(sound, sample_rate_hz) for sound in sounds]
    room = [level + to_db(PEAK / np.abs(sound).max()) for level, sound in zip(loud, sounds, strict=True)
            if np.isfinite(level)]
    target = min([TARGET_LUFS, *room])
    gains = [min(target - level, MOST_GAIN_DB) if np.isfinite(level) else 0.0 for level in loud]
    return [np.round(fade(sound, sample_rate_hz) * 10 ** (gain / 20) * 32767).astype(np.int16)
            for sound, gain in zip(sounds, gains, strict=True)]


def loudness(sound, sample_rate_hz):
    """Return LUFS of float32 [samples] (ITU-R BS.1770-4); NaN or -inf for silence."""
    import torch
    import torchaudio

    # torchaudio's filters clip at full scale, and the first one boosts: measure a quieter copy.
    quieter = torch.from_numpy(sound / HEADROOM)[None]
    return float(torchaudio.functional.loudness(quieter, sample_rate_hz)) + to_db(HEADROOM)


def fade(sound, sample_rate_hz):
    """Return the sound with its first and last FADE_S faded: a cut through a chord clicks."""
    length = round(FADE_S * sample_rate_hz)
    ramp = np.linspace(0, 1, length, dtype=np.float32)
    faded = sound.copy()
    faded[:length] *= ramp
    faded[-length:] *= ramp[::-1]
    return faded


def to_db(ratio):
    """Return an amplitude ratio in decibels."""
    return 20 * np.log10(ratio)
