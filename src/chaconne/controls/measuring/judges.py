"""What a clip sounds like, told by judges who know no network: they learned from real clips whose scores are known.

Numbers are read from the sound by forests of trees (Geurts 2006), names by logistic regression; brightness needs no
judge, it is a measure of the sound itself. How good they are is measured on held-out clips: nobody can attain more.

N: clips, S: samples.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from chaconne.controls.hearing.hearing import brightness
from chaconne.controls.wishes.numbers import NUMBERS
from chaconne.evaluation.reference.batches import in_batches
from chaconne.evaluation.reference.chroma import onset_rate
from chaconne.evaluation.reference.logmel import HOP_SAMPLES, log_mel
from chaconne.storage.latents.audio import from_int16

TREES, LOOKED_AT = 200, 0.33       # of a forest; share of the features that a branch looks at
LONGEST_S = 2.4         # lag of the autocorrelation of attacks: a half note at 50 quarters a minute
CLASS_SAMPLES = 16384   # of a window in which semitones are told apart
LOWEST, SEMITONES = 36, 60
AUDIBLE = 0.08          # share of a window's level from which the lowest semitone is the bass
EDGE = 3                # windows that are the beginning, and the end
APART = "\t"
TOGETHER = ("key", "mode")      # names that are judged as one: a key has a mode


def features(clips, rate):
    """Return {kind: float64 [N, F]} of int16 [N, S]; kinds: sound (log-mel bands), pulse, classes (of pitch)."""
    return {"sound": in_batches(_sound, clips, rate), "pulse": in_batches(_pulse, clips, rate),
            "classes": in_batches(_classes, clips, rate)}


def _sound(clips, rate):
    mel = log_mel(clips, rate)
    return torch.cat([mel.mean(1), mel.std(1)], 1).double().numpy()


def _pulse(clips, rate):
    """How attacks repeat: the autocorrelation of the flux up to LONGEST_S, and attacks a second."""
    rise = log_mel(clips, rate).diff(dim=1).clamp(min=0).mean(2).double().numpy()
    rise = rise - rise.mean(1, keepdims=True)
    power = np.abs(np.fft.rfft(rise, 2 * rise.shape[1])) ** 2
    same = np.fft.irfft(power)[:, :int(LONGEST_S * rate / HOP_SAMPLES)]
    return np.concatenate([same / np.maximum(same[:, :1], 1e-12), onset_rate(clips, rate)[:, None]], 1)


def _classes(clips, rate):
    """Shares of the twelve pitch classes over the clip, at its beginning and its end; which of them is the lowest."""
    bands = bands_of(rate)
    found = []
    for clip in clips:
        windows = from_int16(clip).unfold(0, CLASS_SAMPLES, CLASS_SAMPLES // 2) * torch.hann_window(CLASS_SAMPLES)
        level = np.sqrt(torch.fft.rfft(windows).abs().square().double().numpy() @ bands)
        level /= np.maximum(level.sum(1, keepdims=True), 1e-9)
        classes = level.reshape(len(level), -1, 12).sum(1)      # LOWEST is a C
        bass = np.eye(12)[(level > AUDIBLE).argmax(1) % 12]
        found.append(np.concatenate([classes.mean(0), np.sqrt(classes.mean(0)), classes[-EDGE:].mean(0),
                                     classes[:EDGE].mean(0), bass.mean(0), bass[-EDGE:].mean(0)]))
    return np.array(found)


@cache
def bands_of(rate):
    """Return which bins of a spectrum belong to which semitone from LOWEST on: [bins, SEMITONES] of 0 and 1."""
    hertz = np.fft.rfftfreq(CLASS_SAMPLES, 1 / rate)
    number = np.rint(69 + 12 * np.log2(np.maximum(hertz, 1) / 440)).astype(int)
    return (number[:, None] == LOWEST + np.arange(SEMITONES)).astype(float)


@dataclass
class Judges:
    """What `learn` returns. rate: Hz; numbers, names: {what: fitted estimator}."""

    rate: int
    numbers: dict
    names: dict

    def hear(self, clips):
        """Return {number: [N] in its unit, name: [N] values}; NaN where a clip is silent."""
        kinds = features(clips, self.rate)
        found = {name: NUMBERS[name].told(judge.predict(seen_by(name, kinds))) for name, judge in self.numbers.items()}
        found["brightness"] = brightness_of(clips, self.rate)
        for name, judge in self.names.items():
            judged = judge.predict(seen_by(name, kinds))
            place = TOGETHER.index(name) if name in TOGETHER else 0
            found[name] = np.array([value.split(APART)[place] for value in judged])
        return found


def brightness_of(clips, rate):
    """Return the brightness of each clip in Hz, [N]: as chaconne.controls.wishes.described tells it, one mean."""
    frames = max(1, round(clips.shape[1] / HOP_SAMPLES / 4))
    return np.array([np.exp2(np.nanmean(np.log2(brightness(from_int16(clip).numpy(), rate, frames)))) if np.any(clip)
                     else np.nan for clip in clips])


def seen_by(what, kinds):
    """Return the features [N, F] that the judge of a number or a name looks at."""
    return np.concatenate([kinds[kind] for kind in LOOKS.get(what, ("sound", "pulse", "classes"))], 1)


LOOKS = {"tempo": ("pulse",), "density": ("pulse", "sound"), "register": ("sound",), "instrument": ("sound",),
         "mode": ("classes",), "key": ("classes",)}


def learn(clips, rate, told, seed):
    """Return the Judges of what is told of real clips: int16 [N, S]; told: [{number or name: value}].

    What is not known of some clip, or is the same for all, has no judge.
    """
    kinds, numbers, names = features(clips, rate), {}, {}
    known = set.intersection(*map(set, told))
    for what in sorted(known - {"brightness"}):
        values = [one[what] for one in told]
        if what in NUMBERS:
            target = NUMBERS[what].learned(np.array(values, float))
            numbers[what] = ExtraTreesRegressor(
                TREES, max_features=LOOKED_AT, min_samples_leaf=2, random_state=seed, n_jobs=1).fit(
                seen_by(what, kinds), target)
        elif len(set(values)) > 1:
            if what in TOGETHER and known.issuperset(TOGETHER):
                values = [APART.join(one[name] for name in TOGETHER) for one in told]
            elif what in TOGETHER:
                values = [APART.join([value] * len(TOGETHER)) for value in values]
            names[what] = make_pipeline(StandardScaler(), LogisticRegression(C=0.03, max_iter=2000)).fit(
                seen_by(what, kinds), values)
    return Judges(rate, numbers, names)
