"""The numbers that music can be asked for, as curves over latent frames, and how networks see them.

Music is described frame by frame: `curves.npy` beside latents.npy, float32 [frames, COLUMNS], NaN where a number is not
known. Networks see RIDERS channels: every number in deviations from its mean, where it is known, and the beat.

Shapes: B batch, T latent frames, K = len(NUMBERS).
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from scipy.ndimage import uniform_filter1d

WINDOW_S = 3.0      # over which music has a density, a register, a brightness


@dataclass(frozen=True)
class Number:
    """What people ask for in `unit`; networks learn its logarithm to the base of 2 where `octaves` is true."""

    unit: str
    octaves: bool

    def learned(self, value):
        """Return what networks learn of a value in its unit."""
        return np.log2(value) if self.octaves else value

    def told(self, learned):
        """The inverse of `learned`."""
        return np.exp2(learned) if self.octaves else learned


NUMBERS = {
    "tempo": Number("quarter notes a minute", octaves=True),
    "density": Number("notes a second", octaves=True),
    "register": Number("mean pitch, MIDI note number", octaves=False),
    "brightness": Number("mean of the spectrum, Hz", octaves=True),
}
COLUMNS = (*NUMBERS, "beat")    # beat: quarter notes since the piece began
EXAMPLES, NEAREST = 512, 8      # descriptions that a model keeps; those of them that fit a wish
OTHER = 16.0                    # squared deviations that another name counts, and the most that a number does
SPARSE = 0.25                   # notes a second: less counts as this
RIDERS = 2 * len(NUMBERS) + 2   # values, where they are known, and the hand of a clock that turns once a beat
OF_NUMBER = (*range(len(NUMBERS)), *range(len(NUMBERS)), 0, 0)  # of each rider; the clock goes with the tempo
# Values beyond these shares of what was learned, as means over STRETCH frames, cannot be asked for.
EDGES, STRETCH = (0.02, 0.98), 72


def smoothed(values, rate_hz):
    """Return the mean of values [T] over WINDOW_S around each; at the ends over what there is."""
    size = max(1, round(WINDOW_S * rate_hz))
    weights = uniform_filter1d(np.ones(len(values)), size, mode="constant")
    return uniform_filter1d(np.asarray(values, np.float64), size, mode="constant") / weights


def of_notes(notes, frames, rate_hz):
    """Return {density [T], register [T]} of notes [N, 3] (begin and end in seconds, MIDI pitch), in their units."""
    times = np.arange(frames) / rate_hz
    onsets, sounding, pitches = (np.zeros(frames) for _ in range(3))
    for begin, end, pitch in notes:
        first, last = np.searchsorted(times, (begin, end))
        onsets[min(first, frames - 1)] += 1
        sounding[first:last] += 1
        pitches[first:last] += pitch
    count = smoothed(sounding, rate_hz)
    register = np.divide(smoothed(pitches, rate_hz), count, out=np.full(frames, np.nan), where=count > 1e-9)
    return {"density": np.maximum(smoothed(onsets, rate_hz) * rate_hz, SPARSE), "register": register}


def facts_of(curves, rows):
    """Return {numbers: {number: {mean, deviation, low, high}}, beats} of the learned values in `rows` of curves.

    curves: [frames, COLUMNS] in learned values; rows: of the index (first, frames), those of the training split.
    low, high: of means over STRETCH frames; beats: whether it is known where they are.
    """
    means, _ = stretches_of(curves, rows)
    kept, found = np.concatenate([curves[row.first:row.first + row.frames] for row in rows.itertuples()]), {}
    for name, column, stretches in zip(NUMBERS, kept.T, means.T, strict=False):
        column, stretches = column[np.isfinite(column)], stretches[np.isfinite(stretches)]
        if len(stretches):
            low, high = np.quantile(stretches, EDGES)
            found[name] = {"mean": float(column.mean()), "deviation": float(max(column.std(), 1e-3)),
                           "low": float(low), "high": float(high)}
    return {"numbers": found, "beats": bool(np.isfinite(kept[:, len(NUMBERS)]).any())}


def stretches_of(curves, rows):
    """Return (means over STRETCH frames side by side [N, COLUMNS], the row of the index that each is of [N])."""
    means, of = [], []
    for place, row in enumerate(rows.itertuples()):
        clip = curves[row.first:row.first + row.frames]
        for part in np.split(clip, range(STRETCH, len(clip), STRETCH)):
            if len(part) == min(STRETCH, len(clip)):
                means.append(part.mean(0, dtype=np.float64))
                of.append(place)
    return np.stack(means), np.array(of)


def examples_of(curves, rows, names, seed):
    """Return EXAMPLES descriptions of stretches, [{number: learned value, name: value}], drawn evenly."""
    means, of = stretches_of(curves, rows)
    drawn = np.sort(np.random.default_rng(seed).permutation(len(means))[:EXAMPLES])
    found = []
    for i in drawn:
        told = {name: float(value) for name, value in zip(NUMBERS, means[i], strict=False) if np.isfinite(value)}
        row = rows.iloc[of[i]]
        found.append(told | {name: str(row[name]) for name in names if isinstance(row.get(name), str)})
    return found


def riders(curves, facts):
    """Return what networks see beside latents: curves [B, COLUMNS, T] in learned values -> [B, RIDERS, T]."""
    values, beat = curves[:, :len(NUMBERS)], curves[:, len(NUMBERS):]
    scales = [facts["numbers"].get(name, {"mean": 0.0, "deviation": 1.0}) for name in NUMBERS]
    mean, deviation = (torch.tensor([one[key] for one in scales])[:, None] for key in ("mean", "deviation"))
    known = values.isfinite()
    turned = 2 * math.pi * beat
    clock = torch.cat([turned.cos(), turned.sin()], 1).nan_to_num()
    return torch.cat([((values - mean) / deviation).nan_to_num() * known, known.float(), clock], 1).float()


def forget(seen, number):
    """Blank a number (its place in NUMBERS) in riders [..., RIDERS, T], in place, with all that is of it."""
    seen[..., [place for place, of in enumerate(OF_NUMBER) if of == number], :] = 0


def completed(conditions, facts, rng):
    """Return (names {name: value}, numbers {number: learned value}) that were not asked for, but fit what was.

    What is left free is drawn: it is that of a stretch of the corpus, one of the NEAREST to what was asked. Networks
    make better music of a whole description than of half of one, and a tempo that nobody chose still has to be kept.
    """
    examples = facts["examples"]
    distance = np.zeros(len(examples))
    for name, value in conditions.items():
        if name in NUMBERS and name in facts["numbers"]:
            points = value if isinstance(value, list) else [(0.0, value)]
            mean = float(np.mean([NUMBERS[name].learned(one) for _, one in points]))
            away = [(one.get(name, np.inf) - mean) / facts["numbers"][name]["deviation"] for one in examples]
            distance += np.minimum(np.square(away), OTHER)
        else:
            distance += [0.0 if str(one.get(name)) == str(value) else OTHER for one in examples]
    # As near as the NEAREST, all of them: many are equally near where a name is all that was asked.
    nearest = np.flatnonzero(distance <= np.sort(distance)[:NEAREST].max(initial=0))
    drawn = examples[rng.choice(nearest)] if examples else {}
    rest = {name: value for name, value in drawn.items() if name not in conditions}
    return ({name: value for name, value in rest.items() if name not in NUMBERS},
            {name: value for name, value in rest.items() if name in NUMBERS})


def wished(conditions, free, frames, rate_hz, facts):
    """Return curves [COLUMNS, T] in learned values of what is asked for; NaN is not known.

    conditions: {number: value, or [(second, value), ...] between which it moves evenly}, names are left alone; free:
    {number: learned value} of the others. Where there is a clock, tempi are the nearest of those that were learned.
    """
    curves = np.full((len(COLUMNS), frames), np.nan)
    for place, name in enumerate(NUMBERS):
        if name in conditions and name in facts["numbers"]:
            curves[place] = NUMBERS[name].learned(along(conditions[name], frames, rate_hz))
        elif name in free:
            curves[place] = free[name]
    if facts["beats"]:
        if "tempo" in conditions:
            curves[0] = nearest_of(curves[0], [one["tempo"] for one in facts["examples"] if "tempo" in one])
        quarters = np.exp2(curves[0]) / 60 / rate_hz      # of a frame
        curves[-1] = np.concatenate([[0], np.cumsum(quarters)[:-1]])
    return curves


def nearest_of(values, known):
    """Return values [T], each as the nearest of `known`; as they are where nothing is known.

    Scores are rendered at a few tempi, and networks do not fill in between (docs/search.md has the figures).
    """
    known = np.unique(known)
    return known[np.abs(values[:, None] - known).argmin(1)] if len(known) else values


def along(value, frames, rate_hz):
    """Return a number or [(second, value), ...] as an array [T]."""
    points = value if isinstance(value, list) else [(0.0, value)]
    seconds, values = zip(*points, strict=True)
    return np.interp(np.arange(frames) / rate_hz, seconds, np.array(values, float))


def limits(facts):
    """Return {number: (lowest, highest)} that can be asked for, in their units."""
    return {name: tuple(float(NUMBERS[name].told(one[edge])) for edge in ("low", "high"))
            for name, one in facts["numbers"].items()}


def parse(name, text, facts):
    """Return what a text such as `64` or `52@0,68@50` asks of a number; ValueError says what was expected."""
    low, high = limits(facts)[name]
    try:
        points = [(float(second or 0), float(value)) for value, _, second in
                  (point.partition("@") for point in str(text).split(","))]
    except ValueError:
        points = []
    seconds = [second for second, _ in points]
    if not points or len(set(seconds)) < len(seconds) or seconds != sorted(seconds) or not all(
            math.isfinite(second) and second >= 0 for second in seconds):
        raise ValueError(f"{name}: expected a number ({NUMBERS[name].unit}) or a curve such as "
                         f"{low:.3g}@0,{high:.3g}@30 (value@second, in order), got {text!r:.60}")
    if wrong := [value for _, value in points if not low <= value <= high]:
        raise ValueError(f"{name}: expected {low:.4g} to {high:.4g} {NUMBERS[name].unit}, as it was learned; got "
                         f"{wrong[0]:g}")
    return points[0][1] if len(points) == 1 else points
