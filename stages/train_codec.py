"""Train the codec of all music, which ships with the project, and refuse one that would lose notes."""

import numpy as np

from chaconne.codec import spectral
from chaconne.evaluation.round_trip import check_gate, round_trip
from chaconne.running.files import new_folder, read_json, seal
from chaconne.running.params.reading import read_params
from chaconne.running.stage import stage
from chaconne.storage.files import write_json
from chaconne.storage.halves import save_halves
from chaconne.storage.latents.audio import Recordings
from chaconne.storage.latents.provenance import of_corpus
from chaconne.training.engine.trainer import Trainer

# Drawn from in turn: half of a batch is every timbre, a quarter chorales, a quarter tunes.
MUSIC = tuple(f"data/timbres/{name}" for name in ("timbres", "chorales", "timbres", "folk"))
KINDS = {"timbres": "timbres_held_out", "chorales": "chorales", "folk": "folk"}
CLIP_FRAMES = 64        # 6 seconds


def main():
    """Write data/codecs/trained, and its round trip on unseen clips to metrics/codec.json."""
    params = read_params()
    settings = params["spectral"] | {"steps": params["timbres"]["steps"]}
    facts = read_json(f"{MUSIC[0]}/corpus.json")
    with stage("train_codec", params["seed"], params["threads"]) as clock:
        inputs = [f"{folder}/{file}" for folder in dict.fromkeys(MUSIC) for file in ("manifest.csv", "audio.npy")]
        trainer = Trainer("train_codec", params["trainer"], params["seed"], [settings, params["threads"]], inputs)
        codec, spent = spectral.train(settings, Recordings(MUSIC, "train").draw, facts["sample_rate_hz"], trainer)
        with new_folder("data/codecs/trained") as temporary:
            codec.save(temporary)
            save_halves(temporary / "codec.safetensors")
            codec = spectral.Codec.load(temporary)      # what is measured is what is shipped
            measured = {name: measure(codec, f"data/timbres/{kind}", params["timbres"]["heldout"], params["seed"])
                        for kind, name in KINDS.items()}
            print("round trip of unseen clips:", measured)
            for one in measured.values():
                check_gate(one, params["codec_gate"])
            write_json(temporary / "provenance.json", [of_corpus(folder) for folder in dict.fromkeys(MUSIC)])
            seal(temporary)
        write_json("metrics/codec.json", measured)
        trainer.finish()
        clock.update(spent)


def measure(codec, folder, count, seed):
    """Return the round trip of `count` unseen clips of a corpus folder."""
    draw = Recordings((folder,), "valid").draw
    return round_trip(codec, draw(count, CLIP_FRAMES * codec.hop_samples, np.random.default_rng(seed)))


if __name__ == "__main__":
    main()
