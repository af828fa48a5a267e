"""How often two good harmonisations agree: python benchmarks/harmonisations.py [--excerpts 60]

Run it where `dvc repro --all-pipelines` ran. The sopranos that the accompanist was measured with are
harmonised note by note: by rules, and by the trained network that knows Bach's counterpoint. What comes out is rendered
as the other voices were and measured alike. Nobody hears sound here: it is what one gets who knows every note of the
soprano, its key and its fermatas, and it says what chord agreement with Bach can be expected of anybody but Bach.
"""

import argparse
import sys
from functools import cache
from pathlib import Path

import numpy as np
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from chaconne.accompaniment.heldout import together
from chaconne.accompaniment.measuring import tables
from chaconne.accompaniment.measuring.fit import measure
from chaconne.commands.harmonize import harmonizer_of
from chaconne.corpora.rendering.plan import plan
from chaconne.corpora.rendering.render import render
from chaconne.running.params.corpora import read_settings
from chaconne.running.params.reading import read_params
from chaconne.scores.grid.grid import from_corpus, notes_of
from chaconne.scores.pieces.score import unpack
from chaconne.storage.files import read_table, write_json

SAMPLES, SCORES = "data/accompaniment/samples", "data/scores/corpus"
HARMONIZERS = ("learned", "rules")
KNOWN = ("random", "true", "made")      # rows of metrics/accompaniment.json, measured on the same excerpts here
OUT = "benchmarks/harmonisations.json"


def main(arguments=None):
    """Measure, print and keep the rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--excerpts", type=int, default=120, help="the first so many; each takes some six seconds")
    asked = parser.parse_args(arguments)
    params = read_params()
    settings, rate = read_settings(params["data"]), params["audio"]["sample_rate_hz"]
    pieces, notes = unpack(SCORES)
    known_as = list(pieces.itertuples())    # rows of another kind have a method `mode`
    rows = {row["clip"]: row for row in plan(pieces, notes, settings, params["audio"], params["split"], params["seed"])}
    excerpts = read_table(f"{SAMPLES}/given/excerpts.csv", ("clip", "start", "samples"), ("piece",))
    excerpts = excerpts.iloc[:asked.excerpts]
    manifest = read_table("data/corpus/manifest.csv", ("clip", "start"), ("piece",)).set_index("clip")
    starts = (excerpts.start - excerpts["clip"].map(manifest.start)).astype(int)

    def clips(row, name="clips"):
        return tables.clips_of(SAMPLES, row, name)[:asked.excerpts]

    given, real, beats = clips("given"), clips("real"), excerpts.beat_samples.to_numpy(int)

    def figures(heard, alone):
        measured = measure(heard, alone, given, real, beats, rate)
        return {name: float(np.nanmean(column)) for name, column in measured.items()}

    found = {row: figures(clips(row), clips(row, "alone")) for row in KNOWN}
    for name in HARMONIZERS:
        who = harmonizer_of(name)

        @cache
        def sound(clip, who=who):
            row = rows[clip]
            melody = from_corpus(known_as[row["index"]], notes[row["index"]]).select([0])
            made = notes_of(who.harmonize(melody, params["seed"]))
            kept = made["voice"] > 0
            return render({key: column[kept] for key, column in made.items()}, row, settings, rate)

        alone = np.stack([sound(clip)[start:start + given.shape[1]] for clip, start in tqdm(
            zip(excerpts["clip"], starts, strict=True), desc=name, total=len(excerpts))])
        found[name] = figures(together(given, alone, 0.0), alone)
    low, high = (found[row]["chord_agreement"] for row in ("random", "true"))
    for name, row in found.items():
        row["halfway"] = (row["chord_agreement"] - low) / (high - low)
        print(f"{name}: chord agreement {row['chord_agreement']:.3f}, {100 * row['halfway']:.0f} % of the way from "
              f"random to true; pitch classes {row['chroma_similarity']:.2f}, dissonance {row['dissonance']:.3f}")
    write_json(OUT, {"rows": found, "excerpts": len(excerpts), "seed": params["seed"]})


if __name__ == "__main__":
    main()
