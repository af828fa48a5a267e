"""The corpus that controls are learned from: every score several times, in other keys, octaves, tempi, instruments and
numbers of voices, so that what people ask for does not hang together; recordings as they are.

A folder of variants is a corpus (rendering.packing) and, of scores, what chaconne.controls.sounding.sounding writes.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from chaconne.controls.sounding.sounding import write_notes
from chaconne.corpora.rendering.packing import pack
from chaconne.corpora.rendering.plan import COLUMNS, row_of
from chaconne.corpora.rendering.render import program, render
from chaconne.scores.pieces.score import unpack
from chaconne.scores.pieces.splits import assign, fraction
from chaconne.storage.files import load_array, read_table


def write_variants(corpus, scores, folder, settings, params, journal):
    """Write the variants of a corpus folder into `folder`.

    scores: the folder that the corpus was rendered from; settings: conf/data/<name>.yaml; params: those of the
    pipeline; journal: what a run that goes on needs. Pieces keep the split they have in the corpus.
    """
    knobs, rate = params["controls"], params["audio"]["sample_rate_hz"]
    if "kind" in settings:
        rows = read_table(Path(corpus, "manifest.csv"), ("clip", "start", "samples"), ("piece", "split"))
        maker, rows = Taken(str(corpus)), rows[COLUMNS].to_dict("records")
    else:
        for instrument in knobs["instruments"]:
            program(instrument)     # an unknown name fails before the first minute of work
        rows = planned(*unpack(scores), settings | {"pitch_range": knobs["pitch_range"]}, params)
        maker = Rendered(str(scores), settings, rate)
        write_notes(folder, [sounding(maker.notes(row), row, settings["held"], rate) for row in rows])
    pack(rows, maker, folder, settings, params["audio"], params["corpus"]["workers"], journal)


def planned(pieces, notes, settings, params):
    """Return the rows of scores: `controls.variants` of every piece, each drawn by hash, so that they stay."""
    knobs, split, seed = params["controls"], params["split"], params["seed"]
    splits = assign(list(pieces.melody), split["test"], split["valid"], seed, list(pieces.family))
    rows, start = [], 0
    for i, piece in enumerate(pieces.itertuples()):
        there = sorted(set(notes[i]["voice"].tolist()))
        for variant in range(knobs["variants"]):
            def drawn(what, among, name=piece.piece, variant=variant):
                return among[int(fraction(name, seed, f"{what} {variant}") * len(among))]

            sets = [kept for kept in ([v for v in one if v in there] for one in knobs["voices"]) if kept] or [there]
            voices = drawn("voices", sets)
            kept = of_voices(notes[i], voices)
            shift = piece.to_c_semitones + drawn("key", knobs["semitones"]) + 12 * drawn("octave", knobs["octaves"])
            row = row_of(piece, kept, settings, params["audio"], drawn("instrument", knobs["instruments"]),
                         drawn("tempo", knobs["tempi_qpm"]), shift)
            rows.append(row | {"clip": len(rows), "split": splits[i], "start": start, "index": i, "voices": voices})
            start += row["samples"]
    return rows


def of_voices(notes, voices):
    """Return the notes (a dictionary of arrays) of some voices."""
    kept = np.isin(notes["voice"], voices)
    return {name: column[kept] for name, column in notes.items()}


def sounding(notes, row, held, rate):
    """Return float32 [N, 3]: begin and end in seconds, pitch of the notes (a dictionary of arrays) of a row."""
    begin = notes["onset"] + row["lead"]
    seconds = row["quarter_samples"] / rate
    return np.stack([begin * seconds, (begin + notes["duration"] * held) * seconds,
                     notes["pitch"] + row["transpose_semitones"]], 1).astype(np.float32)


@dataclass(frozen=True)
class Rendered:
    """Renders the voices of a row: a worker's function."""

    scores: str
    settings: dict
    rate: int

    def notes(self, row):
        """Return the notes of a row as they stand in the score: a dictionary of arrays."""
        return of_voices(_notes(self.scores)[row["index"]], row["voices"])

    def __call__(self, row):
        """Return int16 [row['samples']]."""
        return render(self.notes(row), row, self.settings, self.rate)


@cache
def _notes(folder):
    return unpack(folder)[1]


@dataclass(frozen=True)
class Taken:
    """Copies a clip of a corpus: a worker's function."""

    corpus: str

    def __call__(self, row):
        """Return int16 [row['samples']]."""
        return load_array(Path(self.corpus, "audio.npy"), np.int16, 1)[row["start"]:row["start"] + row["samples"]]
