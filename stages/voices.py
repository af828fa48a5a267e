"""Render or add up the voices of the corpus: some to be given, the others to be learned."""

from pathlib import Path

from chaconne.accompaniment.absence import NoVoices, stand_in
from chaconne.accompaniment.voices import write_voices
from chaconne.running.params.corpora import read_settings_or_exit
from chaconne.running.params.reading import read_params
from chaconne.running.resume import Parts
from chaconne.running.stage import stage

CORPUS, SCORES, VOICES = "data/corpus", "data/scores/corpus", "data/accompaniment/voices"


def main():
    """Write data/accompaniment/voices: given and rest, two corpora aligned with data/corpus, and voices.csv."""
    params = read_params()
    with stage("accompaniment/voices", seed=params["seed"]):
        settings = read_settings_or_exit(params["data"])
        inputs = [path for path in (SCORES, *(f"{CORPUS}/{name}" for name in (
            "manifest.csv", "stems.csv", "stems.npy"))) if Path(path).exists()]
        parts = Parts("voices", [settings, params["accompaniment"]["given"], params["accompaniment"]["instruments"],
                                 params["audio"], params["split"], params["seed"]], inputs)
        made = parts.folder / "made"
        made.mkdir(exist_ok=True)
        try:
            write_voices(CORPUS, SCORES, made, settings, params, parts.folder)
        except NoVoices as error:
            stand_in(str(error), VOICES)
            parts.finish()
        else:
            parts.place(VOICES, {"made": ""})


if __name__ == "__main__":
    main()
