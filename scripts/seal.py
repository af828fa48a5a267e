"""Renew the seals of codec/own.py, codec/musika.py and generators/musika.py: python scripts/seal.py

dvc.yaml names one file a codec and one a generator; those of Musika import chaconne.musika, too, its generator stops in
time as fine-tuning does, and `own` is made of `spectral`. Each holds a digest of the files it imports there, so that an
edit of them is one of it (tests/musika/test_musika_dag.py).
"""

import hashlib
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from chaconne.running import code  # noqa: E402
from tests.imports import closure  # noqa: E402

SEALED = tuple(Path("src/chaconne", file) for file in ("codec/own.py", "codec/musika.py", "generators/musika.py"))
LIBRARY = Path("src/chaconne/musika")
SINGLE = (Path("src/chaconne/codec/spectral.py"), Path("src/chaconne/training/stopping.py"))


def covered(path, root=ROOT):
    """Return the files of chaconne.musika, and of SINGLE, that the file `path` imports, sorted."""
    return sorted(p for p in closure(root, [path]) if p.parent == LIBRARY or p in SINGLE)


def seal_of(path, root=ROOT):
    """Return the digest that `path` should hold."""
    digest = hashlib.sha256()
    for file in covered(path, root):
        digest.update(f"{file.as_posix()} {code.digest(Path(root, file))}\n".encode())
    return digest.hexdigest()[:16]


def seal_in(path, root=ROOT):
    """Return the digest that `path` holds."""
    return re.search(r'(?m)^SEAL = "(\w*)"$', Path(root, path).read_text())[1]


def main():
    """Write the seals; prints the files that changed."""
    for path in SEALED:
        text = Path(ROOT, path).read_text()
        renewed = re.sub(r'(?m)^SEAL = "\w*"$', f'SEAL = "{seal_of(path)}"', text)
        if renewed != text:
            Path(ROOT, path).write_text(renewed)
            print(path)


if __name__ == "__main__":
    main()
