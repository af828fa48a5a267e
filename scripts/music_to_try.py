"""Copy some scores out of music21 into a folder, to try `-S genre=folder` without music of your own.

Usage: python scripts/music_to_try.py [FOLDER]     (default: music)
"""

import importlib.util
import shutil
import sys
from pathlib import Path

COMPOSERS = ("haydn", "mozart")     # movements of string quartets, encoded for free use (music21/corpus/license.txt)


def main(folder="music"):
    """Copy the movements into `folder` and say how many."""
    corpus = Path(importlib.util.find_spec("music21").origin).parent / "corpus"
    scores = sorted(path for name in COMPOSERS for path in (corpus / name).rglob("*.mxl"))
    Path(folder).mkdir(parents=True, exist_ok=True)
    for path in scores:
        shutil.copyfile(path, Path(folder, "_".join(path.relative_to(corpus).parts)))
    print(f"{folder}: {len(scores)} movements of {' and '.join(COMPOSERS)}; next: dvc exp run -S genre=folder")


if __name__ == "__main__":
    main(*sys.argv[1:2])
