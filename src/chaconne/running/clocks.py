"""What the clocks of the last run said: metrics/timing.json, which no stage makes.

Clocks never say the same twice; so each stage that has run writes its own entry over the old one.
"""

import json
from pathlib import Path

from chaconne.running.files import new_file, read_json

TABLE = Path("metrics/timing.json")
SCRIPT = TABLE.with_suffix(".js")   # the same for the page: a browser lets a page of a disk read scripts, no JSON
SHOWN = ("wall_seconds", "cpu_seconds", "peak_mb")
# Of a generator, from its two stages; begun: the training of others that it goes on from.
COSTS = ("train_cpu_seconds", "train_wall_seconds", "begun_cpu_seconds", "realtime_factor")
GENERATORS = Path(__file__).resolve().parents[1] / "generators"


def record(name, clock):
    """Write what `clock` measured of the stage `name` into metrics/timing.json, beside what others measured.

    clock: {what: number}. Of the stages train_NAME and sample_NAME of a generator, what it costs stands under NAME.
    """
    from filelock import FileLock

    folder = Path(".resume", "locks")
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "clocks.lock"):
        table = read_json(TABLE) if TABLE.exists() else {}
        table.setdefault("stages", {})[name] = {key: clock[key] for key in SHOWN if key in clock}
        kind, _, generator = name.partition("_")
        costs = {key: clock[key] for key in COSTS if key in clock}
        if costs and kind in ("train", "sample") and (GENERATORS / f"{generator}.py").exists():
            table[generator] = table.get(generator, {}) | costs
        text = json.dumps(table, indent=2, sort_keys=True)
        for path, content in ((TABLE, f"{text}\n"), (SCRIPT, f"globalThis.chaconneClocks = {text};\n")):
            with new_file(path) as temporary:
                temporary.write_text(content)


def trained_for(names):
    """Return {begun_cpu_seconds} that the trainings of generators took, in all; {} where one is unknown."""
    table = read_json(TABLE) if TABLE.exists() else {}
    known = [table.get(name, {}).get("train_cpu_seconds") for name in names]
    return {} if None in known else {"begun_cpu_seconds": round(sum(known), 2)}
