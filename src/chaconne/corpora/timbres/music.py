"""What a codec for all music learns from: three packed corpora, of which none is anybody's own.

timbres   excerpts of both sets of scores in every timbre (drawing, colouring); as `valid`: unseen pieces in timbres
          that no training excerpt has, rendered plainly
chorales, folk   some of the pieces as those corpora sound; as `valid`: pieces that no training of theirs meets
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from chaconne.corpora.rendering.packing import pack
from chaconne.corpora.rendering.plan import plan
from chaconne.corpora.rendering.render import render, synthesize
from chaconne.corpora.timbres.colouring import coloured, rms
from chaconne.corpora.timbres.drawing import HELD_OUT, excerpt
from chaconne.scores.pieces.score import unpack
from chaconne.scores.pieces.splits import fraction

CORPORA = ("chorales", "folk")  # modules of chaconne.corpora whose scores are at hand without a network
SHARES = (0.6, 0.4)  # of the excerpts, out of each
SECONDS = 10  # of an excerpt
AUDIBLE = 1e-4  # root mean square below which an excerpt is drawn anew: the notes were out of the stretch
ABOUT = {"name": "timbres", "title": "Excerpts of chorales and fiddle tunes in every timbre",
         "licence": "compositions public domain; encodings: see music21/corpus/license.txt",
         "citation": "rendered by chaconne with TimGM6mb.sf2 (GPL, Tim Brechbill)"}
UNKNOWN = dict(piece="", title="", source="music21 corpus", licence=ABOUT["licence"], instrument="", key="", mode="",
               metre="", tempo_qpm=0.0, note_density=0.0, transpose_semitones=0, melody="", beat_samples=0)


def write_music(scores, folder, settings, audio, split, counts, seed, workers, journals):
    """Write the three corpora into folders of `folder`; see chaconne.corpora.rendering.packing.

    scores: folder with the parsed scores of each of CORPORA; settings: {name: what conf/data/<name>.yaml says};
    counts: how many `excerpts`, `pieces` of each corpus and `heldout` clips of each kind; journals: a folder for notes
    of how far a run got. Returns a dictionary of facts.
    """
    facts, planned = {}, {}
    for name in CORPORA:
        pieces, notes = unpack(Path(scores, name))
        planned[name] = plan(pieces, notes, settings[name], audio, split, seed)
    for name in CORPORA:
        rows = [*chosen(planned[name], "train", counts["pieces"]),
                *chosen(planned[name], "test", counts["heldout"])]
        facts[name] = write(rows, Pieces(str(scores), name, settings[name], audio), Path(folder, name),
                            settings[name], audio, workers, journals)
    rows = [*excerpt_rows(counts["excerpts"], audio), *heldout_rows(planned, counts["heldout"])]
    training = {name: [row["index"] for row in planned[name] if row["split"] == "train"] for name in CORPORA}
    facts["timbres"] = write(rows, Excerpts(str(scores), training, settings, audio, seed), Path(folder, "timbres"),
                             ABOUT, audio, workers, journals)
    return facts


def write(rows, audio_of, folder, about, audio, workers, journals):
    """Pack rows into `folder`, one after another; returns the facts of `pack`."""
    folder.mkdir(parents=True, exist_ok=True)
    start = 0
    for number, row in enumerate(rows):
        row |= {"clip": number, "start": start}
        start += row["samples"]
    return pack(rows, audio_of, folder, about, audio, workers, Path(journals, f"{folder.name}.json"))


def chosen(rows, split, count):
    """Return `count` rows of a split by a hash of their pieces; those of `test` are called `valid`: nothing is tested.

    The split is that of the corpus as a whole, so that what its generators are measured on stays unheard here.
    """
    some = sorted((row for row in rows if row["split"] == split), key=lambda row: fraction(row["piece"]))[:count]
    return [dict(row, split="train" if split == "train" else "valid") for row in some]


def excerpt_rows(count, audio):
    """Return the rows of training excerpts."""
    samples = SECONDS * audio["sample_rate_hz"] // audio["grid_samples"] * audio["grid_samples"]
    return [UNKNOWN | {"piece": f"excerpt {number}", "split": "train", "samples": samples, "seconds": SECONDS}
            for number in range(count)]


def heldout_rows(planned, count):
    """Return `count` rows of test pieces, played in turn by the instruments of HELD_OUT and plainly rendered."""
    import pretty_midi

    unseen, rows = {name: chosen(planned[name], "test", count) for name in CORPORA}, []
    for number in range(count):
        name = CORPORA[number % len(CORPORA)]
        row = unseen[name][number // len(CORPORA) % len(unseen[name])]
        instrument = pretty_midi.program_to_instrument_name(HELD_OUT[number // len(CORPORA) % len(HELD_OUT)])
        rows.append(dict(row, instrument=instrument, corpus=name))
    return rows


@dataclass(frozen=True)
class Pieces:
    """Renders rows of a plan as its corpus sounds: a worker's function."""

    scores: str
    name: str
    settings: dict
    audio: dict

    def __call__(self, row):
        """Return int16 [row['samples']]."""
        return render(notes_of(self.scores, self.name)[row["index"]], row, self.settings, self.audio["sample_rate_hz"])


@dataclass(frozen=True)
class Excerpts:
    """Makes the rows of `timbres`: a worker's function, the same result in whichever process.

    training: {corpus: numbers of its pieces that excerpts are taken from}.
    """

    scores: str
    training: dict
    settings: dict
    audio: dict
    seed: int

    def __call__(self, row):
        """Return int16 [row['samples']]."""
        if row["split"] != "train":
            name = row["corpus"]
            return Pieces(self.scores, name, self.settings[name], self.audio)(row)
        rng = np.random.default_rng([self.seed, row["clip"]])
        sound = self.drawn(row["samples"], rng)
        return np.rint(coloured(sound, self.audio["sample_rate_hz"], rng) * 32767).astype(np.int16)

    def drawn(self, samples, rng):
        """Return an excerpt, full scale 1: [samples]."""
        import soxr

        rate = self.audio["sample_rate_hz"]
        while True:
            name = CORPORA[rng.choice(len(CORPORA), p=SHARES)]
            pieces = [notes_of(self.scores, name)[number] for number in self.training[name]]
            sound, at = synthesize(excerpt(pieces, samples / rate, rng))
            sound = soxr.resample(sound, at, rate)[:samples]
            if rms(sound) > AUDIBLE:
                return np.pad(sound, (0, samples - len(sound)))


@cache
def notes_of(scores, name):
    """Return the notes of every piece of a corpus, read once in each process."""
    return unpack(Path(scores, name))[1]
