"""What is asked of a model at both ends of a walk: names turn from one to the other, numbers move evenly."""

import numpy as np

from chaconne.editing.flow import codes_of


def both_ends(trained, frames, seed, conditions, towards):
    """Return (asked at the beginning, at the end), each as the network takes it: [1, A], steered [1, A + RIDERS T].

    conditions: {attribute: value} of the beginning; towards: those that are others at the end. Of a steered model both
    have the same numbers, frame by frame, and what nobody asked for is the same at both ends: the networks' music is
    mixed, and two pulses would make none. ValueError for a number that is a curve already.
    """
    if not trained.steered:
        return codes_of(trained, conditions), codes_of(trained, conditions | towards)
    from chaconne.controls.wishes.numbers import NUMBERS, completed

    model = trained.generator
    names, numbers = completed(conditions, model.settings, np.random.default_rng(seed))
    whole = conditions | names | {name: float(NUMBERS[name].told(value)) for name, value in numbers.items()}
    for name in NUMBERS.keys() & towards.keys():
        start = whole.get(name, towards[name])
        if isinstance(towards[name], list) or isinstance(start, list):
            raise ValueError(f"--towards: expected one number for {name} here and one in --condition, got a curve, "
                             "which moves along the piece already")
        whole[name] = [(0.0, start), (frames / model.rate_hz, towards[name])]
    others = {name: value for name, value in towards.items() if name not in NUMBERS}
    return model.asked([whole], frames, seed), model.asked([whole | others], frames, seed)
