"""Render the corpus that controls are learned from: every score in several keys, octaves, tempi, instruments."""

from pathlib import Path

from chaconne.controls.sounding.variants import write_variants
from chaconne.running.params.corpora import read_settings_or_exit
from chaconne.running.params.reading import read_params
from chaconne.running.resume import Parts
from chaconne.running.stage import stage

CORPUS, SCORES, VARIANTS = "data/corpus", "data/scores/corpus", "data/controls/variants"
CHOICES = ("variants", "instruments", "tempi_qpm", "semitones", "octaves", "voices", "pitch_range")


def main():
    """Write data/controls/variants, see chaconne.controls.sounding.variants."""
    params = read_params()
    with stage("controls/variants", seed=params["seed"]):
        settings = read_settings_or_exit(params["data"])
        inputs = [path for path in (SCORES, f"{CORPUS}/manifest.csv") if Path(path).exists()]
        parts = Parts("variants", [settings, [params["controls"][key] for key in CHOICES], params["audio"],
                                   params["split"], params["seed"]], inputs)
        made = parts.folder / "made"
        made.mkdir(exist_ok=True)
        write_variants(CORPUS, SCORES, made, settings, params, parts.folder / "clips.json")
        parts.place(VARIANTS, {"made": ""})


if __name__ == "__main__":
    main()
