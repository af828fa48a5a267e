"""What is asked of a model that can be steered, one thing at a time, and clips of it.

The folder of a row holds clips.npy (int16 [N, samples]), asked.json (what was asked of each clip) and about.json. Rows:
    free        nothing is asked for
    together    all that is known of held-out clips, at once
    NUMBER, NAME  that one alone: evenly over its range, or each of its values in turn
    apart       pairs of numbers that the corpus hardly has together
    moving      a number that rises or falls along the clip
"""

from pathlib import Path

from chaconne.controls.wishes.numbers import NUMBERS
from chaconne.storage.files import write_json
from chaconne.training.sampling import write_clips

ENDS = (0.1, 0.9)       # of a number's range: what `apart` and `moving` ask for
PAIRS = (("tempo", "density"), ("register", "brightness"))


def rows_of(model):
    """Return the rows that can be tried with a model, in order."""
    numbers = [name for name in NUMBERS if name in model.settings["numbers"]]
    names = [name for name, values in model.vocabulary.items() if len(values) > 1]
    return ["free", "together", *numbers, *names, "apart", "moving"]


def at(facts, name, share):
    """Return the value of a number, in its unit, at a share of its range."""
    one = facts["numbers"][name]
    return float(NUMBERS[name].told(one["low"] + share * (one["high"] - one["low"])))


def wishes(row, model, heldout, count, seconds):
    """Return `count` conditions of a row. heldout: [{number or name: value}] of real clips, see controls.known."""
    facts = model.settings
    if row == "free":
        return [{}] * count
    if row == "together":
        return [heldout[i % len(heldout)] for i in range(count)]
    if row in NUMBERS:
        return [{row: at(facts, row, (i + 0.5) / count)} for i in range(count)]
    if row == "apart":
        pairs = [pair for pair in PAIRS if all(name in facts["numbers"] for name in pair)]
        corners = [{a: at(facts, a, ENDS[low]), b: at(facts, b, ENDS[1 - low])} for a, b in pairs for low in (0, 1)]
        return [corners[i % len(corners)] for i in range(count)]
    if row == "moving":
        moves = [{name: [(0.0, at(facts, name, ENDS[up])), (seconds, at(facts, name, ENDS[1 - up]))]}
                 for name in NUMBERS if name in facts["numbers"] for up in (0, 1)]
        return [moves[i % len(moves)] for i in range(count)]
    values = model.vocabulary[row]
    return [{row: values[i % len(values)]} for i in range(count)]


def write(folder, row, model, codec, heldout, knobs, count, seconds, seed):
    """Write the folder of a row."""
    asked = wishes(row, model, heldout, count, seconds)
    latents = model.sample(seconds, seed, asked, knobs, count=count)
    write_clips(folder, codec, latents, seconds, {"function_evaluations": model.function_evaluations(knobs)})
    write_json(Path(folder, "asked.json"), asked)
