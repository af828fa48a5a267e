"""An accompaniment for a recording of one voice: any length, level, tuning and key."""

import math
import os
from pathlib import Path

import librosa
import numpy as np
import torch

from chaconne.accompaniment.listener import load_accompanist
from chaconne.corpora.chorales import PROFILES
from chaconne.corpora.score import TONICS
from chaconne.editing.making import PART, cut, decoded
from chaconne.editing.playing import decoder_of
from chaconne.editing.recordings import PEAK, encode
from chaconne.modules import load_codec
from chaconne.stage import read_corpus_settings, read_params
from chaconne.trained.places import Found, Trained, loudness_of

MODEL = "data/accompaniment/model"
HEARD_S = 300       # of a recording, from which its tuning and key are told


def open_accompanist(root):
    """Return the Trained accompanist of a project's folder; ValueError or FileNotFoundError says what makes it."""
    root, params = Path(os.path.relpath(root)), read_params(root)   # as dvc.yaml spells paths, for what makes them
    found = Found("accompaniment", root / MODEL, root / "data/codec", params["accompaniment"]["sample"],
                  loudness_of(params, root), str(root.resolve()))
    return Trained(found, load_codec(found.codec), load_accompanist(found.model), dict(found.knobs))


def transposes(root):
    """Whether the corpus lies in C and a, so that a recording in another key has to be moved there to be understood."""
    return read_corpus_settings(read_params(root)["data"], root).get("transpose") == "to_c"


def about(audio, rate):
    """Return (tuning in semitones above A = 440 Hz, key as one of TONICS, mode) of audio [S].

    The key is the profile (Krumhansl and Kessler 1982) that fits the pitch classes best.
    """
    sound = audio[:HEARD_S * rate].numpy()
    tuning = float(librosa.estimate_tuning(y=sound, sr=rate))
    classes = librosa.feature.chroma_cqt(y=sound, sr=rate, tuning=tuning).sum(1)
    fits = {(key, mode): np.corrcoef(np.roll(profile, tonic), classes)[0, 1]
            for mode, profile in PROFILES.items() for tonic, key in enumerate(TONICS)}
    key, mode = max(fits, key=fits.get)
    return tuning, key, mode


def semitones_to_c(key, mode):
    """Return -6..5: what brings major to C and minor to a, the nearer way."""
    return (6 - TONICS.index(key) + (9 if mode == "minor" else 0)) % 12 - 6


def shifted(audio, rate, semitones):
    """Return audio [S] so many semitones higher, at the same speed; as it is for 0."""
    if not semitones:
        return audio
    return torch.from_numpy(librosa.effects.pitch_shift(audio.numpy(), sr=rate, n_steps=semitones))


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
