"""Excerpts in every timbre, and some pieces of the embedded corpora: what the codec of all music learns from."""

from functools import partial

from chaconne.corpora.gathering.scores import parse_corpus
from chaconne.corpora.timbres.music import CORPORA, write_music
from chaconne.running.params.corpora import read_settings_or_exit
from chaconne.running.params.reading import read_params
from chaconne.running.resume import Parts
from chaconne.running.stage import stage

COUNTS = ("excerpts", "pieces", "heldout")


def main():
    """Write data/timbres."""
    params = read_params()
    with stage("timbres", seed=params["seed"]) as clock:
        settings = {name: read_settings_or_exit(name) for name in CORPORA}
        counts, workers = {key: params["timbres"][key] for key in COUNTS}, params["corpus"]["workers"]
        parts = Parts("timbres", [settings, params["audio"], params["split"], counts, params["seed"]])
        for name in CORPORA:
            # Split without regard to twins: all that is trained on here is in training there, too, and a codec need not
            # be learned anew when twins are looked for in another way.
            parts.make(f"scores/{name}", partial(parse_corpus, name, settings[name], workers=workers, related=False))
        music = parts.folder / "music"
        facts = write_music(parts.folder / "scores", music, settings, params["audio"], params["split"], counts,
                            params["seed"], workers, parts.folder)
        clock["hours"] = round(sum(one["hours"] for one in facts.values()), 2)
        parts.place("data/timbres", {"music": ""})


if __name__ == "__main__":
    main()
