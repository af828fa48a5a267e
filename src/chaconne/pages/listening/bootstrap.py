"""Listeners and pairs drawn again (Owen 2007, 'the pigeonhole bootstrap').

Answers of one person, or to one pair, are not independent: both are drawn with replacement.
"""

import numpy as np

DRAWS = 4000


def weights(listeners, pairs, seed):
    """Return how often each listener [draws, listeners] and each pair [draws, pairs] was drawn."""
    rng = np.random.default_rng(seed)
    return tuple(rng.multinomial(count, np.full(count, 1 / count), DRAWS).astype(float)
                 for count in (listeners, pairs))


def totals(table, people, items):
    """Return the sum [draws] of a table [listeners, pairs] under the weights of both."""
    return ((people @ table) * items).sum(1)
