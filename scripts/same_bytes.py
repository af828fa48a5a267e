"""List what differs between the results of two runs: python scripts/same_bytes.py A B

Compares data/, metrics/ and every dvc.lock of two checkouts byte for byte. Left out is what a
clock goes into: metrics/timing.json and its copy for the page, which no stage makes.
"""

import sys
from hashlib import sha256
from pathlib import Path

import yaml

from chaconne.trained.packs.places import lock_files

CLOCKED = ("metrics/timing.json", "metrics/timing.js")
FOLDERS = ("data", "metrics")


def clocked(name):
    """Tell whether the file or folder `name` (relative to a checkout) holds measured seconds."""
    return any(name == path or name.startswith(f"{path}/") for path in CLOCKED)


def results(root):
    """Return {relative name: sha256} of every result below `root`."""
    files = (p for folder in FOLDERS for p in Path(root, folder).rglob("*") if p.is_file())
    named = {p.relative_to(root).as_posix(): p for p in files}
    return {name: sha256(p.read_bytes()).hexdigest() for name, p in named.items() if not clocked(name)}


def lock(root):
    """Return {stage: what its dvc.lock says of it}, without the entries of clocked files."""
    stages = {}
    for file in lock_files(root):
        stages |= yaml.safe_load(file.read_text())["stages"]
    for stage in stages.values():
        for kind in ("deps", "outs"):
            stage[kind] = [entry for entry in stage.get(kind, []) if not clocked(entry["path"])]
    return stages


def differences(a, b):
    """Yield one line for each file, and each stage of dvc.lock, that is not the same in both checkouts."""
    for what, read in (("", results), ("dvc.lock: ", lock)):
        ours, theirs = read(a), read(b)
        for name in sorted(ours.keys() | theirs.keys()):
            if name not in theirs or name not in ours:
                yield f"{what}{name} is only in {a if name in ours else b}"
            elif ours[name] != theirs[name]:
                yield f"{what}{name} differs"


def main(a, b):
    """Print the differences; return 1 when there are some, or nothing to compare."""
    lines, count = list(differences(a, b)), len(results(a))
    print("\n".join(lines) or f"{count} files are the same in {a} and {b}")
    return int(bool(lines) or not count)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    raise SystemExit(main(*sys.argv[1:]))
