"""Who is ahead: one rule for the verdict in metrics/comparison.json and for the tables of the page."""


def leader(better, names, intervals, real=None):
    """Return the one of `names` that is better than every other beyond the intervals, None where none is.

    better: 'lower' | 'higher' | 'real' (nearest to real music) | '' (nobody can be ahead);
    intervals: {name: [low, high]}; real: [low, high] of real music, needed for 'real'.
    'Beyond' means: the worst value of its interval is better than the best of any other's, whatever
    value real music has inside its own interval. That two 95 % intervals do not touch is a stricter
    test than 5 %: about 1 in 200 for two equal systems. A name without interval shows nothing.
    """
    if not better or len(names) < 2 or not set(names) <= set(intervals) or (better == "real" and real is None):
        return None
    # A distance to real music is convex in it: what holds at both ends of its interval holds between them.
    views = [{name: badness(better, intervals[name], r) for name in names} for r in real or [0.0]]
    for name in names:
        if all(view[name][1] < low for view in views for other, (low, _) in view.items() if other != name):
            return name
    return None


def badness(better, interval, real):
    """Return (least, most) of an interval's values, turned so that low is good."""
    low, high = interval
    if better == "lower":
        return low, high
    if better == "higher":
        return -high, -low
    return max(0.0, low - real, real - high), max(high - real, real - low)
