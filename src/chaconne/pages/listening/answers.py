"""What listeners said, with systems in the place of A and B, and how they did in the checks."""

import json
from dataclasses import dataclass
from pathlib import Path

FORMAT = "chaconne-listening-1"
CHOICES = ("A", "B", "tie")
A_KEY = "the key that `chaconne listen` wrote beside the page"


@dataclass(frozen=True)
class Checks:
    """How a listener did: checks passed of those on the page, repeats answered as before of those answered."""

    passed: int = 0
    checks: int = 0
    agreed: int = 0
    repeats: int = 0


@dataclass(frozen=True)
class Answers:
    """What one listener said of the pairs that count: {pair: the system chosen, or 'tie'}."""

    listener: str
    chosen: dict
    checks: Checks = Checks()


def read_key(path):
    """Read the key of a page; raises ValueError or FileNotFoundError in one line."""
    key = read(path, A_KEY)
    systems, pairs = key.get("systems"), key.get("pairs")
    whole = (isinstance(systems, list) and all(isinstance(s, str) for s in systems) and len(set(systems)) >= 2
             and isinstance(pairs, dict) and "test" in key and all(known(pair, systems, pairs)
                                                                   for pair in pairs.values()))
    if not whole:
        raise ValueError(f"{path}: expected {A_KEY}; this is another file")
    return key


def known(pair, systems, pairs):
    """Tell whether a pair of the key is one: two systems, or a check with its right answer."""
    if not isinstance(pair, dict) or not all(isinstance(pair.get(name, ""), str) for name in ("A", "B", "check",
                                                                                             "repeats")):
        return False
    sides = {pair.get("A"), pair.get("B")}
    right = pair["check"] in sides if "check" in pair else sides <= set(systems)
    return len(sides) == 2 and right and ("repeats" not in pair or pair["repeats"] in pairs)


def compared(key):
    """Return {pair: (A, B)} of the pairs that count: without checks and repeats."""
    return {name: (pair["A"], pair["B"]) for name, pair in key["pairs"].items()
            if "check" not in pair and "repeats" not in pair}


def read_answers(path, key):
    """Read the answers of one listener and put systems in the place of A and B."""
    told = read(path, "answers saved by the listening page")
    if told.get("test") != key["test"]:
        raise ValueError(f"{path}: expected answers to page {key['test']}, got {told.get('test')!r}: another page, "
                         "or --key names another key")
    listener, answers = told.get("listener"), told.get("answers")
    if not isinstance(listener, str) or not listener.strip() or not isinstance(answers, list) or not answers:
        raise ValueError(f"{path}: expected a listener's name and a list of answers; it was saved too early or changed")
    choices = CHOICES[:2] if key.get("forced") else CHOICES
    said = {}
    for answer in answers:
        pair, choice = (answer.get("pair"), answer.get("choice")) if isinstance(answer, dict) else (None, None)
        if not isinstance(pair, str) or pair not in key["pairs"] or pair in said or choice not in choices:
            raise ValueError(f"{path}: expected one answer ({', '.join(choices)}) to each known pair, got {answer!r}")
        said[pair] = key["pairs"][pair].get(choice, "tie")
    counted = compared(key)
    return Answers(listener.strip(), {pair: row for pair, row in said.items() if pair in counted}, checked(said, key))


def checked(said, key):
    """Return the Checks of {pair: row chosen}; a check without an answer is missed."""
    right = {name: pair["check"] for name, pair in key["pairs"].items() if "check" in pair}
    again = [(name, pair["repeats"]) for name, pair in key["pairs"].items() if "repeats" in pair]
    both = [(said[name], said[before]) for name, before in again if name in said and before in said]
    return Checks(sum(said.get(name) == row for name, row in right.items()), len(right),
                  sum(now == then for now, then in both), len(both))


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


def read_everyone(files, key):
    """Return the Answers of all files; the same listener twice is refused."""
    everyone, came_from = [], {}
    for path in files:
        answers = read_answers(path, key)
        if answers.listener in came_from:
            raise ValueError(f"{path}: {answers.listener!r} has answered already in {came_from[answers.listener]}; "
                             "give one file a listener (another person of that name: change `listener` in the file)")
        came_from[answers.listener] = path
        everyone.append(answers)
    return everyone
