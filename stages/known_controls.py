"""Real clips of which everything is known: for those who judge, and to measure the judges with."""

from pathlib import Path

from chaconne.controls.known import known
from chaconne.running.files import new_folder
from chaconne.running.params.reading import read_params
from chaconne.running.stage import stage

VARIANTS, LATENTS, KNOWN = "data/controls/variants", "data/controls/latents", "data/controls/known"


def main():
    """Write data/controls/known/train and heldout."""
    params = read_params()
    knobs = params["controls"]
    with stage("controls/known", params["seed"]), new_folder(KNOWN) as out:
        for name, split, count in (("train", "train", knobs["judged"]), ("heldout", "test", 2 * knobs["clips"])):
            Path(out, name).mkdir()
            known(VARIANTS, LATENTS, out / name, knobs["names"], split, count, knobs["clip_seconds"], params["seed"])


if __name__ == "__main__":
    main()
