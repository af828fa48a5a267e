"""Render what the composers wrote, and measure the sound as that of every generator is measured."""

from threadpoolctl import threadpool_limits

from chaconne.counterpoint import sounding
from chaconne.counterpoint.composers import samples
from chaconne.evaluation import tables
from chaconne.evaluation.reference import amounts, reference
from chaconne.evaluation.rows import rows
from chaconne.running.params.corpora import read_settings_or_exit
from chaconne.running.params.reading import read_params
from chaconne.running.resume import Parts
from chaconne.running.stage import stage
from chaconne.running.workers import at_most

PIECES = "data/counterpoint/pieces/free"
A_WORKER = 16  # pieces that are worth the seconds in which another process starts
CORPUS = "chorales"  # whose instruments, tempo and key are given to the pieces


def main():
    """Write metrics/counterpoint_audio.json: held-out music (`real`) and the composers, one row each."""
    params = read_params()
    settings, seed, threads = params["evaluate"], params["seed"], params["threads"]
    with stage("counterpoint/hear", seed, threads), threadpool_limits(threads):
        ground = reference.load("data/reference", settings["embedders"], settings["weights"])
        corpus, workers = read_settings_or_exit(CORPUS), params["corpus"]["workers"]
        parts = Parts("hear_counterpoint", [settings, params["audio"], corpus, seed, threads],
                      [PIECES, "data/reference"])

        def table(one):
            (row, grids), = one.items()
            if row == "real":
                clips = reference.heldout(ground)
            else:
                clips = sounding.clips_of(
                    grids, parts.folder / f"{row}.sound", corpus, params["audio"], ground.about["clips"],
                    ground.about["clip_seconds"], seed, at_most(workers, 1 + len(grids) // A_WORKER))
            return rows.table({row: clips}, ground, settings, seed)

        written = {row: samples.read_row(PIECES, row) for row in samples.SHOWN}
        silent = [row for row, grids in written.items() if not any(grid.onset.any() for grid in grids)]
        if silent:  # after a few steps of training it happens
            print(f"left out, for not a note was written: {', '.join(silent)}")
        measured, intervals = parts.joined(
            {"real": None} | {row: grids for row, grids in written.items() if row not in silent}, table)
        about = tables.settings_of(ground, seed) | amounts.told(ground.about) | {
            "corpus": ground.about["corpus"], "rendered": CORPUS}
        tables.write_table("metrics/counterpoint_audio.json", {
            "rows": measured, "intervals": intervals, "settings": about, "unavailable": ground.unavailable})
        parts.finish()


if __name__ == "__main__":
    main()
