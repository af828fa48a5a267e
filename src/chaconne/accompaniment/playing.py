"""An accompaniment for a recording of one voice: any length, level, tuning and key."""

import math
import os
import warnings
from dataclasses import dataclass
from pathlib import Path

import librosa
import numpy as np
import torch

from chaconne.accompaniment.absence import absent
from chaconne.accompaniment.listening.listener import load_accompanist
from chaconne.editing.making import PART, cut, decoded
from chaconne.editing.playing import blend, decoder_of
from chaconne.editing.recordings import PEAK, encode
from chaconne.running.models import load_codec
from chaconne.running.params.reading import codec_folder, read_corpus_settings, read_params
from chaconne.scores.formats.reading import parse_key
from chaconne.scores.pieces.keys import PROFILES
from chaconne.scores.pieces.score import TONICS
from chaconne.trained.packs.places import Found, Trained, loudness_of

MODEL = "data/accompaniment/model"
HEARD_S = 300       # of a recording, from which its tuning and key are told
BINS = 36           # of an octave of its spectrum, to tell the key
IN_TUNE = 0.05      # semitones that are not worth the smear of moving a recording
BLOCK_S, FADE_S = 60, 0.05


def open_accompanist(root):
    """Return the Trained accompanist of a project's folder; ValueError or FileNotFoundError says what makes it."""
    root, params = Path(os.path.relpath(root)), read_params(root)   # as dvc.yaml spells paths, for what makes them
    if reason := absent(root / MODEL):
        raise ValueError(reason)
    found = Found("accompaniment", root / MODEL, root / codec_folder(params), params["accompaniment"]["sample"],
                  loudness_of(params, root), str(root.resolve()))
    codec, model = load_codec(found.codec), load_accompanist(found.model)
    if codec.channels != model.channels:
        raise ValueError(f"{found.model}: expected latents of {codec.channels} channels as {found.codec} makes them, "
                         f"got {model.channels}; run `dvc repro stages/accompaniment/dvc.yaml`")
    return Trained(found, codec, model, dict(found.knobs))


@dataclass(frozen=True)
class Bearings:
    """Where a recording lies: tuning in semitones above A = 440 Hz, key (one of TONICS), mode.

    semitones: by how much higher it has to be heard to be understood.
    """

    tuning: float
    key: str
    mode: str
    semitones: float

    def conditions(self, trained, asked):
        """Return {attribute: value}: those asked for, and the mode where the model knows modes."""
        known = self.mode in trained.generator.vocabulary.get("mode", ())
        return ({"mode": self.mode} if known else {}) | asked


def bearings(recording, root, key=None):
    """Return the Bearings of a Recording, for the corpus of the project in `root`; key: as people write it, or None.

    A corpus in C and a (`transpose: to_c`) has taught no other key, so that a recording is moved there.
    """
    tuning, tonic, mode = about(recording.audio(0, HEARD_S * recording.rate), recording.rate)
    tonic, mode = parse_key(key) if key else (tonic, mode)
    moved = read_corpus_settings(read_params(root)["data"], root).get("transpose") == "to_c"
    off = tuning if abs(tuning) > IN_TUNE else 0.0
    return Bearings(tuning, tonic, mode, (semitones_to_c(tonic, mode) if moved else 0) - off)


def about(audio, rate):
    """Return (tuning in semitones above A = 440 Hz, key as one of TONICS, mode) of audio [S].

    The key is the profile (Krumhansl and Kessler 1982) that fits the pitch classes best.
    """
    sound = audio.numpy()
    with warnings.catch_warnings():     # of librosa, for what is shorter than its lowest notes need
        warnings.simplefilter("ignore")
        tuning = float(librosa.estimate_tuning(y=sound, sr=rate))
        # Loud frames count, rests do not; a bin is a third of a semitone, and librosa counts tuning in bins.
        classes = librosa.feature.chroma_cqt(y=sound, sr=rate, tuning=tuning * BINS / 12, bins_per_octave=BINS,
                                             norm=None).sum(1)
    fits = {(key, mode): np.corrcoef(np.roll(profile, tonic), classes)[0, 1]
            for mode, profile in PROFILES.items() for tonic, key in enumerate(TONICS)}
    key, mode = max(fits, key=fits.get)
    return tuning, key, mode


def semitones_to_c(key, mode):
    """Return -6..5: what brings major to C and minor to a, the nearer way."""
    return (6 - TONICS.index(key) + (9 if mode == "minor" else 0)) % 12 - 6


def shifted(audio, rate, semitones):
    """Return audio [S] so many semitones higher, at the same speed; as it is for 0.

    In blocks that overlap and are faded over, so that an hour takes no more memory than a minute.
    """
    if not semitones:
        return audio
    size, fade = BLOCK_S * rate, round(FADE_S * rate)
    out = torch.zeros_like(audio)
    for first in range(0, len(audio), size):
        before = min(first, rate)       # a second of context, for the phases
        block = audio[first - before:first + size + fade].numpy()
        made = torch.from_numpy(librosa.effects.pitch_shift(block, sr=rate, n_steps=semitones))[before:]
        if first:
            blend(made, out[first:first + fade].clone())
        out[first:first + len(made)] = made
    return out


def accompanied(trained, recording, task, seed, conditions, semitones, balance_db, alone, progress):
    """Yield the audio [S] of a recording with its accompaniment, or of the accompaniment alone, in parts.

    task: rest (what is made is added to the recording) or mix (all is made); semitones: by which the network hears
    it higher, and what it makes is moved back; balance_db: how much louder the recording is.
    """
    rate, model = trained.codec.sample_rate_hz, trained.generator
    audio = recording.audio()
    heard = shifted(audio, rate, semitones)
    frames = math.ceil(len(heard) / trained.codec.hop_samples)
    made = model.accompany(encode(trained.codec, heard, frames), task, seed, conditions, trained.knobs)
    parts = made.split(PART, dim=-1)
    blocks = list(cut(decoded(decoder_of(trained.codec), parts, len(parts), progress), len(audio)))
    sound = shifted(torch.cat(blocks), rate, -semitones)
    if task == "rest" and not alone:
        sound = audio * 10 ** (balance_db / 20) + sound
        sound = sound * min(1.0, PEAK / float(sound.abs().max()))
    yield sound
