"""What conf/data/<name>.yaml may say about a corpus: of scores, or (kind: recordings) of recordings."""

import sys
from pathlib import Path

from chaconne.running.params.reading import read_corpus_settings

TEXT = ("a text", lambda v: isinstance(v, str))
KEYS = {  # key: (what is expected, test)
    "name": TEXT,
    "title": TEXT,
    "licence": TEXT,
    "citation": TEXT,
    "instruments": ("a list of General MIDI names", lambda v: some(v, str)),
    "tempi_qpm": ("a list of quarter notes a minute, 20..400", lambda v: some(v, (int, float), 20, 400)),
    "slow_metres": ("a list of metres such as 2/4", lambda v: v == [] or some(v, str)),
    "transpose": (
        "to_c, null or a list of semitones -12..12",
        lambda v: v in (None, "to_c") or some(v, int, -12, 12),
    ),
    "renderings": ("one or all", lambda v: v in ("one", "all")),
    "pitch_range": (
        "[lowest, highest] MIDI pitch",
        lambda v: some(v, int, 0, 127) and len(v) == 2 and v[0] < v[1],
    ),
    "held": ("a fraction 0.1..1", lambda v: some([v], (int, float), 0.1, 1)),
    "reverb": ("a whole number 0..127", lambda v: some([v], int, 0, 127)),
    "tail_seconds": ("seconds 0..10", lambda v: some([v], (int, float), 0, 10)),
    "loudness_db": ("dB of full scale, -60..-6", lambda v: some([v], (int, float), -60, -6)),
}
ABOUT = ("name", "title", "licence", "citation")
_DOWNLOAD = {
    "transfers": ("a whole number 1..32", lambda v: some([v], int, 1, 32)),
    "mbytes_per_s": ("megabytes a second or null", lambda v: v is None or some([v], (int, float), 1e-3, 1e5)),
    "disk_gb": ("gigabytes", lambda v: some([v], (int, float), 0, 1e6)),
    "attempts": ("a whole number 1..1000", lambda v: some([v], int, 1, 1000)),
}
RECORDED = {key: KEYS[key] for key in (*ABOUT, "loudness_db")} | {
    "kind": ("recordings", lambda v: v == "recordings"),
    "source": TEXT,
    "select": ("`key: value` lines", lambda v: isinstance(v, dict)),
    "clip_seconds": ("seconds 7..600", lambda v: some([v], (int, float), 7, 600)),
    "least_seconds": ("seconds 1..600", lambda v: some([v], (int, float), 1, 600)),
    "silence_db": ("dB below the loud parts, -90..-20", lambda v: some([v], (int, float), -90, -20)),
    "pause_seconds": ("seconds 0.1..60", lambda v: some([v], (int, float), 0.1, 60)),
}
# Where a corpus comes over the net.
REMOTE = {
    "base_url": TEXT,
    "local": TEXT,
    "checksums": ("file: 'sha256:...' lines", lambda v: isinstance(v, dict) and some(list(v.values()) or ["x"], str)),
    "downloads": TEXT,
    "download": (f"the keys {', '.join(_DOWNLOAD)}", lambda v: isinstance(v, dict)),
}
# Where scores are rendered, too: each once.
RENDERED = {key: test for key, test in KEYS.items() if key not in {*RECORDED, "renderings"}}


def some(value, kind, low=float("-inf"), high=float("inf")):
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
    keys = KEYS
    if "kind" in settings:
        keys = RECORDED | (REMOTE if "base_url" in settings else {}) | (RENDERED if "reverb" in settings else {})
    wrong = problems_of_keys(settings, keys, where)
    if "download" in settings:
        wrong += problems_of_keys(settings["download"], _DOWNLOAD, f"{where}: download")
    return wrong


def check_keys(settings, keys, where):
    """Raise ValueError that names all that `problems_of_keys` finds."""
    if wrong := problems_of_keys(settings, keys, where):
        raise ValueError("; ".join(wrong))


def problems_of_keys(settings, keys, where):
    """Return one text for each key of `settings` that is not in `keys` ({key: (expected, test)}), lacks or fails."""
    if not isinstance(settings, dict):
        return [f"{where}: expected `key: value` lines, got {settings!r:.80}"]
    wrong = [f"{where}: {key} is not a setting; there are {', '.join(keys)}" for key in settings if key not in keys]
    for key, (expected, test) in keys.items():
        if key not in settings:
            wrong.append(f"{where}: {key} is missing; expected {expected}")
        elif not test(settings[key]):
            wrong.append(f"{where}: {key}: expected {expected}, got {settings[key]!r:.80}")
    return wrong
