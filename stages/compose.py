"""Write pieces with every composer, free and under given sopranos, and a few of them to look at and listen to."""

from pathlib import Path

from tqdm import tqdm

from chaconne.counterpoint.composers import samples
from chaconne.counterpoint.composers.tunes import write_tunes
from chaconne.counterpoint.composers.works import write_works
from chaconne.counterpoint.network import shelves
from chaconne.counterpoint.network.model import load
from chaconne.running.params.reading import read_params
from chaconne.running.resume import Parts
from chaconne.running.stage import stage

ROOT = "data/counterpoint"
GIVEN = {"free": (), "harmonised": (0,)}  # voices whose notes are kept


def main():
    """Write data/counterpoint/pieces: free, harmonised (arrays), works (files to open), tunes."""
    params = read_params()
    settings, seed, split = params["counterpoint"]["compose"], params["seed"], params["split"]
    with stage("counterpoint/compose", seed, params["threads"]):
        shelf = shelves.read(f"{ROOT}/scores/bach", seed, split["test"], split["valid"])
        plans = samples.plans_for(shelf["test"], settings["pieces"], settings["frames"])
        parts = Parts("compose", [settings, seed, params["threads"]], [f"{ROOT}/{part}" for part in (
            "scores/bach", "model", "reinforced", "tunes")])
        for kind in GIVEN:
            parts.make(f"{kind}.plans", lambda out: samples.keep_plans(out, plans))
        for kind, row in tqdm([(kind, row) for row in samples.FREE for kind in GIVEN], desc="compose", unit="set"):
            parts.make(f"{kind}.{row}", lambda out, row=row, given=GIVEN[kind]: samples.keep(
                out, row, samples.composer_of(row, ROOT, settings).compose(plans, seed=seed, given=given)))
        places = {f"{kind}.{part}": kind for kind in GIVEN for part in ("plans", *samples.FREE)}

        def show(out):
            for kind in GIVEN:
                for row in samples.SHOWN:
                    where = "plans" if row == "bach" else row
                    grids = samples.read_row(parts.folder / f"{kind}.{where}", row, parts.folder / f"{kind}.plans")
                    write_works(samples.titled(grids[:settings["shown"]], row, kind), Path(out, f"{kind}.{row}"))

        parts.make("works", show)
        parts.make("tunes", lambda out: write_tunes(load(f"{ROOT}/tunes"), out, settings["shown"], seed))
        parts.place(f"{ROOT}/pieces", places | {"works": "works", "tunes": "tunes"})


if __name__ == "__main__":
    main()
