"""From answers to a preference with an interval, per listener and over all of them.

One listener: the exact binomial interval (Clopper & Pearson 1934) of the share of the second system,
answers without a preference set aside. Several: listeners and pairs are both drawn again (Owen 2007,
'the pigeonhole bootstrap'), since answers of one person, or to one pair, are not independent; the
interval covers that one and the exact one, because few listeners make any bootstrap too sure.
"""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import binomtest

FORMAT = "chaconne-listening-1"
CHOICES = ("A", "B", "tie")
DRAWS = 4000


@dataclass(frozen=True)
class Answers:
    """What one listener said: {pair: the system chosen, or 'tie'}."""

    listener: str
    chosen: dict


def read_key(path):
    """Read the key of a page; raises ValueError or FileNotFoundError in one line."""
    key = read(path, "the key that `chaconne listen` wrote beside the page")
    systems, pairs = key.get("systems"), key.get("pairs")
    whole = (isinstance(systems, list) and len(systems) == 2 and isinstance(pairs, dict) and "test" in key
             and all(isinstance(p, dict) and {p.get("A"), p.get("B")} == set(systems) for p in pairs.values()))
    if not whole:
        raise ValueError(f"{path}: expected the key that `chaconne listen` wrote beside the page; this is another file")
    return key


def read_answers(path, key):
    """Read the answers of one listener and put systems in the place of A and B."""
    told = read(path, "answers saved by the listening page")
    if told.get("test") != key["test"]:
        raise ValueError(f"{path}: expected answers to page {key['test']}, got {told.get('test')!r}: another page, "
                         "or --key names another key")
    listener, answers = told.get("listener"), told.get("answers")
    if not isinstance(listener, str) or not listener.strip() or not isinstance(answers, list) or not answers:
        raise ValueError(f"{path}: expected a listener's name and a list of answers; it was saved too early or changed")
    chosen = {}
    for answer in answers:
        pair, choice = (answer.get("pair"), answer.get("choice")) if isinstance(answer, dict) else (None, None)
        if not isinstance(pair, str) or pair not in key["pairs"] or pair in chosen or choice not in CHOICES:
            raise ValueError(f"{path}: expected one answer ({', '.join(CHOICES)}) to each known pair, got {answer!r}")
        chosen[pair] = key["pairs"][pair].get(choice, "tie")
    return Answers(listener.strip(), chosen)


def read(path, expected):
    """Read a JSON object of our format."""
    if not Path(path).is_file():
        raise FileNotFoundError(f"{path}: expected {expected}, found no file")
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError:
        raise ValueError(f"{path}: expected {expected}, got something that is no JSON") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(f"{path}: expected {expected} (format {FORMAT}), got another kind of file")
    return content


def preference(files, key_path, seed=0):
    """Return {systems, listeners: {name: result}, pooled: result, text} of the answers in `files`.

    A result: {wins: {system: n}, ties, share, interval}; `share` is that of the second system among the
    answers with a preference, None where there is none. The same listener twice is refused.
    """
    key = read_key(key_path)
    everyone, came_from = [], {}
    for path in files:
        answers = read_answers(path, key)
        if answers.listener in came_from:
            raise ValueError(f"{path}: {answers.listener!r} has answered already in {came_from[answers.listener]}; "
                             "give one file a listener (another person of that name: change `listener` in the file)")
        came_from[answers.listener] = path
        everyone.append(answers)
    systems = key["systems"]
    listeners = {one.listener: result(Counter(one.chosen.values()), systems) for one in everyone}
    pooled = result(sum((Counter(one.chosen.values()) for one in everyone), Counter()), systems)
    if len(everyone) > 1 and pooled["share"] is not None:
        low, high = both_drawn_again(everyone, systems, seed)
        pooled["interval"] = [min(low, pooled["interval"][0]), max(high, pooled["interval"][1])]
    return {"systems": systems, "reference": key.get("reference"), "test": key["test"], "listeners": listeners,
            "pooled": pooled, "text": words(pooled, systems, len(everyone))}


def result(counts, systems):
    """Return {wins, ties, share, interval} of counted answers, with the exact interval."""
    wins = {system: counts[system] for system in systems}
    total = sum(wins.values())
    if not total:
        return {"wins": wins, "ties": counts["tie"], "share": None, "interval": None}
    test = binomtest(wins[systems[1]], total)
    return {"wins": wins, "ties": counts["tie"], "share": wins[systems[1]] / total,
            "interval": [float(bound) for bound in test.proportion_ci(0.95, "exact")]}


def both_drawn_again(everyone, systems, seed):
    """Return the 95 % interval of the second system's share over draws of listeners and of pairs."""
    pairs = sorted({pair for one in everyone for pair in one.chosen})
    # won, decided: [listeners, pairs], 1 where the second system was chosen, 1 where any was
    won = np.array([[one.chosen.get(pair) == systems[1] for pair in pairs] for one in everyone], float)
    decided = np.array([[one.chosen.get(pair) in systems for pair in pairs] for one in everyone], float)
    rng = np.random.default_rng(seed)
    people = rng.multinomial(len(everyone), np.full(len(everyone), 1 / len(everyone)), DRAWS).astype(float)
    items = rng.multinomial(len(pairs), np.full(len(pairs), 1 / len(pairs)), DRAWS).astype(float)
    top, bottom = (np.einsum("dl,lp,dp->d", people, table, items) for table in (won, decided))
    low, high = np.quantile(top[bottom > 0] / bottom[bottom > 0], [0.025, 0.975])
    return float(low), float(high)


def words(pooled, systems, listeners):
    """Return the outcome in one sentence that does not say more than the interval does."""
    people = f"{listeners} listener{'s' if listeners > 1 else ''}"
    ties = f", {pooled['ties']} without a preference" if pooled["ties"] else ""
    if pooled["share"] is None:
        return f"No preference shown: {people} gave no answer with a preference{ties}."
    low, high = pooled["interval"]
    better = systems[pooled["share"] > 0.5]
    share, low, high = (pooled["share"], low, high) if better == systems[1] else (
        1 - pooled["share"], 1 - high, 1 - low)
    total = sum(pooled["wins"].values())
    chosen = f"{better} chosen in {pooled['wins'][better]} of {total} answers by {people}{ties}"
    numbers = f"{100 * share:.0f} % (95 % interval {100 * low:.0f} to {100 * high:.0f} %)"
    if low <= 0.5 <= high:
        return f"No preference shown: {chosen}, {numbers}, and 50 % lies inside."
    return f"{better} is preferred: {chosen}, {numbers}."
