"""Render what the composers wrote, and measure the sound as that of every generator is measured."""

from threadpoolctl import threadpool_limits

from chaconne.corpora.settings import read_settings_or_exit
from chaconne.counterpoint import samples, sounding
from chaconne.evaluation import reference, rows, tables
from chaconne.resume import Parts
from chaconne.stage import read_params, stage

PIECES = "data/counterpoint/pieces/free"
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
            (row,) = one
            clips = reference.heldout(ground) if row == "real" else sounding.clips_of(
                samples.read_row(PIECES, row), parts.folder / f"{row}.sound", corpus, params["audio"],
                ground.about["clips"], ground.about["clip_seconds"], seed, workers)
            return rows.table({row: clips}, ground, settings, seed)

        measured, intervals = parts.joined(dict.fromkeys(("real", *samples.SHOWN)), table)
        about = tables.settings_of(ground, seed) | {"corpus": ground.about["corpus"], "rendered": CORPUS}
        tables.write_table("metrics/counterpoint_audio.json", {
            "rows": measured, "intervals": intervals, "settings": about, "unavailable": ground.unavailable})
        parts.finish()


if __name__ == "__main__":
    main()
