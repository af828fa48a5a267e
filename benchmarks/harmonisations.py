"""How often two good harmonisations agree: python benchmarks/harmonisations.py [OUT.json]

Run it where `dvc repro report_accompaniment reinforce` ran. The sopranos that the accompanist was measured with are
harmonised note by note: by rules, and by the trained network that knows Bach's counterpoint. What comes out is rendered
as the other voices were and measured alike. Nobody hears sound here: it is what one gets who knows every note of the
soprano, its key and its fermatas, and it says what chord agreement with Bach can be expected of anybody but Bach.
"""

import sys
from functools import cache
from pathlib import Path

import numpy as np
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from chaconne.accompaniment import tables
from chaconne.accompaniment.fit import measure
from chaconne.accompaniment.heldout import together
from chaconne.commands.harmonize import harmonizer_of
from chaconne.corpora.plan import plan
from chaconne.corpora.render import render
from chaconne.corpora.score import unpack
from chaconne.corpora.settings import read_settings
from chaconne.counterpoint.grid import from_corpus, notes_of
from chaconne.files import read_json, read_table, write_json
from chaconne.stage import read_params

SAMPLES, SCORES = "data/accompaniment/samples", "data/scores/corpus"
HARMONIZERS = {"learned": 3, "rules": 1}    # and how many times each harmonises everything: rules take seconds a piece


def main(out="benchmarks/harmonisations.json"):
    """Measure, print and keep the rows."""
    params, known = read_params(), read_json("metrics/accompaniment.json")["rows"]
    settings, rate = read_settings(params["data"]), params["audio"]["sample_rate_hz"]
    pieces, notes = unpack(SCORES)
    known_as = list(pieces.itertuples())    # rows of another kind have a method `mode`
    rows = {row["clip"]: row for row in plan(pieces, notes, settings, params["audio"], params["split"], params["seed"])}
    excerpts = read_table(f"{SAMPLES}/given/excerpts.csv", ("clip", "start", "samples"), ("piece",))
    manifest = read_table("data/corpus/manifest.csv", ("clip", "start"), ("piece",)).set_index("clip")
    given, real = (tables.clips_of(SAMPLES, row) for row in ("given", "real"))
    samples, beats = given.shape[1], excerpts.beat_samples.to_numpy(int)
    found = {}
    for name, seeds in HARMONIZERS.items():
        who = harmonizer_of(name)
        for seed in range(seeds):
            @cache
            def sound(clip, who=who, seed=seed):
                row = rows[clip]
                melody = from_corpus(known_as[row["index"]], notes[row["index"]]).select([0])
                made = notes_of(who.harmonize(melody, seed))
                kept = made["voice"] > 0
                return render({key: column[kept] for key, column in made.items()}, row, settings, rate)

            starts = (excerpts.start - excerpts["clip"].map(manifest.start)).astype(int)
            alone = np.stack([sound(clip)[start:start + samples] for clip, start in tqdm(
                zip(excerpts["clip"], starts, strict=True), desc=f"{name}, seed {seed}", total=len(excerpts))])
            figures = measure(together(given, alone, 0.0), alone, given, real, beats, rate)
            found[f"{name}, seed {seed}"] = {key: float(np.nanmean(column)) for key, column in figures.items()}
    ends = [known[row]["chord_agreement"] for row in ("random", "true")]
    for row in found.values():
        row["halfway"] = (row["chord_agreement"] - ends[0]) / (ends[1] - ends[0])
    for name, row in found.items():
        print(f"{name}: chord agreement {row['chord_agreement']:.3f}, {100 * row['halfway']:.0f} % of the way from "
              f"random ({ends[0]:.3f}) to true ({ends[1]:.3f}); pitch classes {row['chroma_similarity']:.2f}, "
              f"dissonance {row['dissonance']:.3f}")
    write_json(out, {"rows": found, "random": ends[0], "true": ends[1], "excerpts": len(excerpts)})


if __name__ == "__main__":
    main(*sys.argv[1:])
