"""Accompany held-out voices, and put beside it what it is compared with."""

from tqdm import tqdm

from chaconne.accompaniment import heldout
from chaconne.accompaniment.absence import absent, stand_in
from chaconne.accompaniment.listening.listener import load_accompanist
from chaconne.running.models import load_codec
from chaconne.running.params.reading import codec_folder, read_params
from chaconne.running.resume import Parts
from chaconne.running.stage import stage

ROOT = "data/accompaniment"


def main():
    """Write data/accompaniment/samples: one folder of clips for each row, see chaconne.accompaniment.heldout."""
    params = read_params()
    settings, knobs, seed = params["accompaniment"], params["accompaniment"]["sample"], params["seed"]
    seconds, balance_db = params["evaluate"]["clip_seconds"], settings["balance_db"]
    with stage("accompaniment/accompany", seed, params["threads"]):
        if reason := absent(f"{ROOT}/model"):
            return stand_in(reason, f"{ROOT}/samples")
        place = codec_folder(params)
        codec, model = load_codec(place), load_accompanist(f"{ROOT}/model")
        excerpts = heldout.choose("data/corpus", f"{ROOT}/voices", f"{ROOT}/latents", settings["clips"], seconds, seed)
        parts = Parts("accompany", [settings["clips"], knobs, seconds, balance_db, seed, params["threads"]], [
            place, f"{ROOT}/model", f"{ROOT}/latents", f"{ROOT}/voices/given/manifest.csv"])
        parts.make("given", lambda folder: heldout.keep(folder, excerpts, excerpts.given))
        parts.make("real", lambda folder: heldout.keep(folder, excerpts, heldout.together(
            excerpts.given, excerpts.rest, balance_db)))
        for row in tqdm(heldout.ROWS, desc="accompany", unit="row"):
            def write(folder, row=row):
                alone = heldout.sound_of(row, model, codec, excerpts, knobs, seed)
                heldout.keep(folder, excerpts, heldout.heard(row, excerpts, alone, balance_db), alone)

            parts.make(row, write)
        parts.place(f"{ROOT}/samples", {row: row for row in ("given", "real", *heldout.ROWS)})


if __name__ == "__main__":
    main()
