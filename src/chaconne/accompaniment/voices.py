"""Voices alone: of every clip of a corpus some voices (`given`) and the others (`rest`), each as a corpus of its own.

Their clips lie where the clips of the mix lie, sample for sample, so that latents of the three are aligned. Scores are
rendered again, voice by voice; recordings need stems (conf/data: `take`). Every part has the loudness of a whole clip:
how loud two parts are beside each other is for whoever mixes them.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from chaconne.accompaniment.absence import PARTS, NoVoices
from chaconne.corpora.rendering.packing import pack
from chaconne.corpora.rendering.plan import COLUMNS, plan
from chaconne.corpora.rendering.render import PEAK, program, render
from chaconne.scores.pieces.score import unpack
from chaconne.scores.pieces.splits import fraction
from chaconne.storage.files import load_array, read_table, write_csv

SILENT = 1e-5   # root mean square below which there is nothing to make louder


def write_voices(corpus, scores, folder, settings, params, journals):
    """Write the corpora `given` and `rest` of a corpus folder below `folder`, and voices.csv: clip, given, as.

    `as`: the instrument that scores are given on; of recordings ''.

    scores: the folder that the corpus was rendered from; settings: conf/data/<name>.yaml; params: those of the
    pipeline; journals: a folder for what a run that goes on needs. NoVoices where the corpus has no separate voices.
    """
    knobs, rate = params["accompaniment"], params["audio"]["sample_rate_hz"]
    if "kind" in settings:
        rows, voices = stems_of(corpus, settings["name"])
        makers = {part: Stems(str(corpus), settings["loudness_db"], part == "given") for part in PARTS}
    else:
        pieces, notes = unpack(scores)
        rows = plan(pieces, notes, settings, params["audio"], params["split"], params["seed"])
        voices = {row["clip"]: sorted(set(notes[row["index"]]["voice"].tolist())) for row in rows}
        for instrument in knobs["instruments"]:
            program(instrument)     # an unknown name fails before the first minute of work
        makers = {part: Rendered(str(scores), settings, rate, part == "given") for part in PARTS}
    drawing = knobs if "kind" not in settings else knobs | {"instruments": [""]}
    rows = [row | drawn(row, voices.get(row["clip"], []), drawing, params["seed"], settings["name"]) for row in rows]
    for part, maker in makers.items():
        where = Path(folder, part)
        where.mkdir(exist_ok=True)
        pack(rows, maker, where, settings, params["audio"], params["corpus"]["workers"], Path(journals, f"{part}.json"))
    table = [{"clip": row["clip"], "given": " ".join(map(str, row["given"])), "as": row["as"]} for row in rows]
    write_csv(Path(folder, "voices.csv"), pd.DataFrame(table))


def drawn(row, voices, knobs, seed, corpus):
    """Return {given: voices, as: instrument} of a row: by hash in training, the first of the sets elsewhere.

    NoVoices for a piece of one voice: there is nothing left to be added.
    """
    if len(voices) < 2:
        raise NoVoices(f"accompaniment: expected pieces of two voices or more, got {row['piece']} of {corpus} with "
                       f"{len(voices)}; data=chorales has four")
    sets = [kept for kept in ([v for v in one if v in voices] for one in knobs["given"]) if 0 < len(kept) < len(voices)]
    sets = sets or [voices[:1]]
    name = row["piece"]
    pick = int(fraction(name, seed, "given") * len(sets)) if row["split"] == "train" else 0
    instruments = knobs["instruments"]
    return {"given": sets[pick], "as": instruments[int(fraction(name, seed, "as") * len(instruments))]}


@dataclass(frozen=True)
class Rendered:
    """Renders the given voices of a row, in an instrument of their own, or the rest: a worker's function."""

    scores: str
    settings: dict
    rate: int
    given: bool

    def __call__(self, row):
        """Return int16 [row['samples']]."""
        notes = _notes(self.scores)[row["index"]]
        kept = np.isin(notes["voice"], row["given"]) == self.given
        row = row | {"instrument": row["as"]} if self.given else row
        return render({name: column[kept] for name, column in notes.items()}, row, self.settings, self.rate)


@cache
def _notes(folder):
    return unpack(folder)[1]


@dataclass(frozen=True)
class Stems:
    """Adds up the stems of a recording that are given, or the others: a worker's function."""

    corpus: str
    loudness_db: float
    given: bool

    def __call__(self, row):
        """Return int16 [row['samples']]."""
        stems = load_array(Path(self.corpus, "stems.npy"), np.int16, 2)
        kept = [k for k in range(len(stems)) if (k in row["given"]) == self.given]
        sound = stems[kept, row["start"]:row["start"] + row["samples"]].sum(0, dtype=np.float64) / 32767
        rms = np.sqrt(np.square(sound).mean())
        if rms < SILENT:    # an instrument that pauses
            return np.zeros(row["samples"], np.int16)
        return np.rint(sound * min(10 ** (self.loudness_db / 20) / rms, PEAK / np.abs(sound).max()) * 32767).astype(
            np.int16)


def stems_of(corpus, name):
    """Return (rows of the manifest, {clip: its stems}) of a corpus of recordings; NoVoices where it has no stems."""
    if not Path(corpus, "stems.csv").exists():
        raise NoVoices(f"accompaniment: expected a corpus with separate voices, got {name} without stems; of "
                       "CocoChorales take: [mix, stems] (conf/data/cocochorales.yaml), or data=chorales")
    manifest = read_table(Path(corpus, "manifest.csv"), ("clip", "start", "samples"), ("piece", "split"))
    table = read_table(Path(corpus, "stems.csv"), ("clip", "stem"))
    return manifest[COLUMNS].to_dict("records"), table.groupby("clip").stem.apply(sorted).to_dict()
