"""Train a codec on your own two corpora, and refuse one that would give noise: `own_codec own`, `own_codec musika`."""

import sys
from pathlib import Path

import numpy as np

from chaconne.evaluation.round_trip import check_gate, round_trip
from chaconne.running.files import new_folder, read_json, seal, stand_in
from chaconne.running.models import load_variation
from chaconne.running.params.reading import read_params
from chaconne.running.stage import stage
from chaconne.storage.files import write_json
from chaconne.storage.latents.audio import Recordings
from chaconne.storage.latents.provenance import of_corpus
from chaconne.training.engine.trainer import Trainer

CORPORA = ("data/corpus", "data/genre")
SECTIONS = {"own": "spectral", "musika": "musika"}     # of params.yaml


def main(name):
    """Write data/codecs/<name>, and its round trip on unseen clips beside it; a stand-in where another is selected."""
    params, out = read_params(), f"data/codecs/{name}"
    with stage(f"codec_{name}", params["seed"], params["threads"]) as clock:
        if Path("data/codec.txt").read_text().strip() != name:
            return stand_in(out, f"metrics/curves/codec_{name}")
        settings, facts = params[SECTIONS[name]], [read_json(f"{folder}/corpus.json") for folder in CORPORA]
        inputs = [f"{folder}/{file}" for folder in CORPORA for file in ("manifest.csv", "audio.npy")]
        key = [settings, facts, params["threads"]]
        kind = load_variation("codec", name)     # before the trainer: its code is part of the key
        trainer = Trainer(f"codec_{name}", params["trainer"], params["seed"], key, inputs)
        codec, spent = kind.train(settings, Recordings(CORPORA, "train").draw, facts[0]["sample_rate_hz"], trainer)
        unseen = Recordings(CORPORA, "valid").draw(32, 64 * codec.hop_samples, np.random.default_rng(params["seed"]))
        measured = round_trip(codec, unseen)
        print("round trip of unseen clips:", measured)
        check_gate(measured, params["codec_gate"])
        with new_folder(out) as temporary:
            codec.save(temporary)
            write_json(temporary / "provenance.json", [of_corpus(folder) for folder in CORPORA])
            write_json(temporary / "round_trip.json", measured)
            seal(temporary)
        trainer.finish()
        clock.update(spent)


if __name__ == "__main__":
    main(*sys.argv[1:])
