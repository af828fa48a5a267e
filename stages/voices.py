"""Render or add up the voices of the corpus: some to be given, the others to be learned."""

from chaconne.accompaniment.voices import write_voices
from chaconne.corpora.settings import read_settings_or_exit
from chaconne.resume import Parts
from chaconne.stage import read_params, stage

CORPUS, SCORES = "data/corpus", "data/scores/corpus"


def main():
    """Write data/accompaniment/voices: given and rest, two corpora aligned with data/corpus, and voices.csv."""
    params = read_params()
    with stage("accompaniment/voices", seed=params["seed"]):
        settings = read_settings_or_exit(params["data"])
        parts = Parts("voices", [settings, params["accompaniment"]["given"], params["accompaniment"]["instruments"],
                                 params["audio"], params["split"], params["seed"]], [SCORES, f"{CORPUS}/manifest.csv"])
        made = parts.folder / "made"
        made.mkdir(exist_ok=True)
        write_voices(CORPUS, SCORES, made, settings, params, parts.folder)
        parts.place("data/accompaniment/voices", {"made": ""})


if __name__ == "__main__":
    main()
