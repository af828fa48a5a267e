"""What a clip sounds like, told by judges who know no network: they learned from real clips whose scores are known.

Numbers are read from the sound by forests of trees, names by logistic regression; brightness needs no judge, it is a
measure of the sound itself. How good they are is measured on held-out clips: nobody can attain more in their eyes.

N: clips, S: samples.
"""

from dataclasses import dataclass

import numpy as np
import torch
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from chaconne.audio import from_int16
from chaconne.controls.hearing import brightness
from chaconne.controls.numbers import NUMBERS
from chaconne.evaluation.batches import in_batches
from chaconne.evaluation.chroma import onset_rate
from chaconne.evaluation.logmel import HOP_SAMPLES, log_mel

TREES = 300
LONGEST_S = 2.4         # lag of the autocorrelation of attacks: a half note at 50 quarters a minute
CLASS_SAMPLES = 16384   # of a window in which pitch classes are told apart
LOW_HZ, MIDDLE_HZ, HIGH_HZ = 60, 230, 1400      # the bass, and what lies above it


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
    """Shares of the twelve pitch classes, of the bass and above it, over the clip and at its end."""
    audio = from_int16(clips)
    windows = audio.unfold(1, CLASS_SAMPLES, CLASS_SAMPLES // 2) * torch.hann_window(CLASS_SAMPLES)
    power = torch.fft.rfft(windows).abs().square().double().numpy()
    hertz = np.fft.rfftfreq(CLASS_SAMPLES, 1 / rate)
    found = []
    for low, high in ((LOW_HZ, MIDDLE_HZ), (MIDDLE_HZ, HIGH_HZ)):
        bins = np.flatnonzero((hertz >= low) & (hertz < high))
        number = np.rint(69 + 12 * np.log2(hertz[bins] / 440)).astype(int) % 12
        energy = power[:, :, bins] @ np.eye(12)[number]
        for part in (energy.sum(1), energy[:, -2:].sum(1)):
            found.append(np.sqrt(part / np.maximum(part.sum(1, keepdims=True), 1e-9)))
    return np.concatenate(found, 1)


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
        return found | {name: judge.predict(seen_by(name, kinds)) for name, judge in self.names.items()}


def brightness_of(clips, rate):
    """Return the brightness of each clip in Hz, [N]: as chaconne.controls.described tells it, one mean."""
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
    for what in sorted(set.intersection(*map(set, told)) - {"brightness"}):
        values = [one[what] for one in told]
        if what in NUMBERS:
            target = NUMBERS[what].learned(np.array(values, float))
            numbers[what] = ExtraTreesRegressor(TREES, random_state=seed, n_jobs=1, min_samples_leaf=2).fit(
                seen_by(what, kinds), target)
        elif len(set(values)) > 1:
            names[what] = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2000)).fit(
                seen_by(what, kinds), values)
    return Judges(rate, numbers, names)
