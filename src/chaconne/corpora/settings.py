"""What conf/data/<name>.yaml may say about a corpus of scores."""

import sys
from pathlib import Path

from chaconne.stage import read_corpus_settings

KEYS = {  # key: (what is expected, test)
    "name": ("a text", lambda v: isinstance(v, str)),
    "title": ("a text", lambda v: isinstance(v, str)),
    "licence": ("a text", lambda v: isinstance(v, str)),
    "citation": ("a text", lambda v: isinstance(v, str)),
    "instruments": ("a list of General MIDI names", lambda v: _list(v, str)),
    "tempi_qpm": ("a list of quarter notes a minute, 20..400", lambda v: _list(v, (int, float), 20, 400)),
    "slow_metres": ("a list of metres such as 2/4", lambda v: v == [] or _list(v, str)),
    "transpose": (
        "to_c, null or a list of semitones -12..12",
        lambda v: v in (None, "to_c") or _list(v, int, -12, 12),
    ),
    "renderings": ("one or all", lambda v: v in ("one", "all")),
    "pitch_range": (
        "[lowest, highest] MIDI pitch",
        lambda v: _list(v, int, 0, 127) and len(v) == 2 and v[0] < v[1],
    ),
    "held": ("a fraction 0.1..1", lambda v: _list([v], (int, float), 0.1, 1)),
    "reverb": ("a whole number 0..127", lambda v: _list([v], int, 0, 127)),
    "tail_seconds": ("seconds 0..10", lambda v: _list([v], (int, float), 0, 10)),
    "loudness_db": ("dB of full scale, -60..-6", lambda v: _list([v], (int, float), -60, -6)),
}


def _list(value, kind, low=float("-inf"), high=float("inf")):
    """Is `value` a list, not empty, of `kind`, with numbers between `low` and `high`?"""
    if not isinstance(value, list) or not value:
        return False
    numbers = [v for v in value if isinstance(v, int | float)]
    typed = all(isinstance(v, kind) and not isinstance(v, bool) for v in value)
    return typed and all(low <= v <= high for v in numbers)


def read_settings(name, root="."):
    """Read and check conf/data/<name>.yaml.

    Raises ValueError in one line that names the file, what was expected and what was received.
    """
    known = sorted(path.stem for path in Path(root, "conf", "data").glob("*.yaml"))
    if name not in known:
        raise ValueError(f"data, genre: expected one of {', '.join(known)}; got {name}; change params.yaml")
    settings = read_corpus_settings(name, root)
    where = f"conf/data/{name}.yaml"
    check(settings, where)
    return settings


def read_settings_or_exit(name, root="."):
    """Read the settings; what is wrong with them is said in one line, without a traceback."""
    try:
        return read_settings(name, root)
    except ValueError as error:
        sys.exit(str(error))


def check(settings, where):
    """Raise ValueError when `settings` lack a key, have one too many or hold a value out of range: names all."""
    if wrong := problems(settings, where):
        raise ValueError("; ".join(wrong))


def problems(settings, where):
    """Return what is wrong with `settings`, one text for each key."""
    if not isinstance(settings, dict):
        return [f"{where}: expected `key: value` lines, got {settings!r:.80}"]
    wrong = [f"{where}: {key} is not a setting; there are {', '.join(KEYS)}" for key in settings if key not in KEYS]
    for key, (expected, test) in KEYS.items():
        if key not in settings:
            wrong.append(f"{where}: {key} is missing; expected {expected}")
        elif not test(settings[key]):
            wrong.append(f"{where}: {key}: expected {expected}, got {settings[key]!r:.80}")
    return wrong
