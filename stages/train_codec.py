"""Train the codec on both corpora, and refuse one that would give noise."""

import numpy as np

from chaconne.evaluation.round_trip import check_gate, round_trip
from chaconne.running.files import new_folder, read_json, seal
from chaconne.running.models import load_variation
from chaconne.running.params.reading import read_params
from chaconne.running.stage import stage
from chaconne.storage.files import write_json
from chaconne.storage.latents.audio import Recordings
from chaconne.storage.latents.provenance import of_corpus
from chaconne.training.engine.trainer import Trainer

CORPORA = ("data/corpus", "data/genre")


def main():
    """Write data/codec, and its round trip on unseen clips to metrics/codec.json."""
    params = read_params()
    settings, facts = params[params["codec"]], [read_json(f"{folder}/corpus.json") for folder in CORPORA]
    with stage("train_codec", params["seed"], params["threads"]) as clock:
        inputs = [f"{folder}/{file}" for folder in CORPORA for file in ("manifest.csv", "audio.npy")]
        key = [settings, facts, params["threads"]]
        kind = load_variation("codec", params["codec"])     # before the trainer: its code is part of the key
        trainer = Trainer("train_codec", params["trainer"], params["seed"], key, inputs)
        codec, spent = kind.train(settings, Recordings(CORPORA, "train").draw, facts[0]["sample_rate_hz"], trainer)
        unseen = Recordings(CORPORA, "valid").draw(32, 64 * codec.hop_samples, np.random.default_rng(params["seed"]))
        measured = round_trip(codec, unseen)
        print("round trip of unseen clips:", measured)
        check_gate(measured, params["codec_gate"])
        with new_folder("data/codec") as temporary:
            codec.save(temporary)
            write_json(temporary / "provenance.json", [of_corpus(folder) for folder in CORPORA])
            seal(temporary)
        write_json("metrics/codec.json", measured)
        trainer.finish()
        clock.update(spent)


if __name__ == "__main__":
    main()
