"""A model as it ships with the project: `pack gan`, `pack diffusion`."""

import sys

from chaconne.running.params.reading import read_params
from chaconne.running.stage import stage
from chaconne.trained.packs.packing import ship


def main(name):
    """Write data/packs/<name>; `make packs` puts it into pretrained/."""
    params = read_params()
    with stage(f"pack_{name}", params["seed"], keep_clock=False):
        ship(name, f"data/packs/{name}")


if __name__ == "__main__":
    main(*sys.argv[1:])
