"""Choose and embed the clips that everything is measured against: `reference corpus` or `reference genre`."""

import sys

from threadpoolctl import threadpool_limits

from chaconne.evaluation.reference.reference import build
from chaconne.running.params.reading import read_params
from chaconne.running.stage import stage

FOLDERS = {"corpus": ("data/corpus", "data/reference"), "genre": ("data/genre", "data/genre_reference")}


def main(which="corpus"):
    """Write data/reference out of data/corpus, or data/genre_reference out of data/genre."""
    if which not in FOLDERS:
        sys.exit(f"reference: expected one of {', '.join(FOLDERS)}, received {which}")
    params = read_params()
    with stage(f"reference_{which}", seed=params["seed"], threads=params["threads"]):
        with threadpool_limits(params["threads"]):
            about = build(*FOLDERS[which], params["evaluate"], params["seed"])
        for what, clips in (("training", "reference_clips"), ("heldout", "clips")):
            music = about[what]
            print(f"{about['corpus']}, {what}: {about[clips]} clips, {music['seconds']:.0f} s of "
                  f"{music['recordings']} recordings")


if __name__ == "__main__":
    main(*sys.argv[1:])
