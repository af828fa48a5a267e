"""What is heard of notes that begin together: python benchmarks/ears.py [OUT.json] (four minutes on one core)

Run it where data/scores is (`dvc repro`). One to four notes of General MIDI timbres, from C3 to C6, are rendered and
transcribed, by the decoder of this project and by basic-pitch's from the same posteriors; then held-out pieces of both
corpora, as they are rendered and as the codec that ships gives them back. A note is heard when its onset is found
within 80 ms; a note that is found and is none of the score's is false, be it an overtone or a held note that begins
anew.
"""

import sys
import time
from collections import defaultdict
from pathlib import Path

import mir_eval
import numpy as np
import torch
from basic_pitch.note_creation import output_to_notes_polyphonic

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from chaconne.codec import spectral
from chaconne.corpora.rendering.plan import plan
from chaconne.corpora.rendering.render import render
from chaconne.evaluation.reference import harmony, transcription
from chaconne.evaluation.reference.note_decoding import decode
from chaconne.running.params.corpora import read_settings
from chaconne.running.params.reading import read_params
from chaconne.scores.pieces.score import unpack
from chaconne.storage.files import write_json

OUT = "benchmarks/ears.json"
# The first are among those that the decoder was taught with (scripts/learn_notes.py), the others are not.
TIMBRES = {
    "taught": ("Acoustic Grand Piano", "Church Organ", "String Ensemble 1", "Clarinet", "Acoustic Guitar (nylon)",
               "Trumpet"),
    "new": ("Violin", "Flute", "Reed Organ", "Cello", "Oboe", "Harpsichord", "Choir Aahs", "Electric Piano 1"),
}
LOWEST, HIGHEST = (48, 53, 58, 63, 67, 72), 84
TRIADS = ((0, 3, 7), (0, 4, 7), (0, 3, 6), (0, 4, 8), (0, 5, 7), (0, 1, 7), (0, 5, 9), (0, 3, 8))
FOURS = ((0, 4, 7, 11), (0, 4, 7, 10), (0, 3, 7, 10), (0, 3, 6, 9), (0, 4, 7, 12), (0, 7, 16, 24), (0, 7, 12, 15),
         (0, 2, 5, 9))
SHAPES = ((0,), *((0, apart) for apart in range(1, 13)), *TRIADS, *FOURS)
BEGIN_S, HELD_S, CLIP_S = 0.5, 1.0, 2.0
NEAR_S = 0.08
CORPORA = {"chorales": "data/scores/corpus", "folk": "data/scores/genre"}
PIECES, HEARD_SAMPLES = 60, 43 * 2048     # of a corpus, held out; of each, 4 s: whole frames of the codec
CODEC = "pretrained/codec"
FRAME_S = transcription.HOP_SAMPLES / transcription.RATE_HZ


def basic_pitch(notes, onsets):
    """Return the notes that basic-pitch finds, with the thresholds that this project had for it."""
    found = []
    if notes.max() > 0.4:   # it divides by the largest rise of a note, which silence has none of
        found = output_to_notes_polyphonic(
            notes, onsets, onset_thresh=0.5, frame_thresh=0.4, min_note_len=6, infer_onsets=True, max_freq=None,
            min_freq=None, melodia_trick=False)
    return np.array(sorted(note[:3] for note in found), np.int16).reshape(-1, 3)


DECODERS = {"ours": decode, "basic_pitch": basic_pitch}


def chord(pitches, instrument, rate):
    """Return int16 [samples] of notes that begin together."""
    count = len(pitches)
    notes = {"onset": np.full(count, BEGIN_S), "duration": np.full(count, HELD_S), "pitch": np.array(pitches),
             "voice": np.arange(count)}
    row = {"piece": "chord", "instrument": instrument, "lead": 0, "transpose_semitones": 0, "quarter_samples": rate,
           "samples": round(CLIP_S * rate)}
    return render(notes, row, {"held": 1.0, "reverb": 40, "loudness_db": -20}, rate)


def posteriors(sound, rate):
    """Return the posteriors of a clip int16 [samples]."""
    return transcription.posteriors(transcription.at_rate(sound, rate))


def chords(timbres, rate):
    """Return {decoder: figures} of all chords of some timbres."""
    counts = {name: defaultdict(lambda: np.zeros(2)) for name in DECODERS}    # key: (what there is, of how many)
    for instrument in timbres:
        for shape in SHAPES:
            for lowest in (low for low in LOWEST if low + shape[-1] <= HIGHEST):
                pitches = [lowest + step for step in shape]
                heard = posteriors(chord(pitches, instrument, rate), rate)
                for name, decoder in DECODERS.items():
                    tally(counts[name], instrument, shape, pitches, decoder(*heard))
    return {name: {kind: shares(found, kind) for kind in ("intervals", "notes", "false")}
            for name, found in counts.items()}


def tally(counts, instrument, shape, pitches, notes):
    """Add what was heard of one chord to counts."""
    begins = np.abs(notes[:, 0] * FRAME_S - BEGIN_S) <= NEAR_S
    right = len({pitch for pitch in notes[begins, 2].tolist() if pitch in pitches})
    for who in (instrument, "all"):
        if len(shape) == 2:
            counts["intervals", who, shape[1]] += right == 2, 1
        counts["notes", who, len(shape)] += right, len(shape)
        counts["false", who, "all"] += len(notes) - right, len(notes)
        counts["false", who, len(shape)] += len(notes) - right, len(notes)


def shares(counts, kind):
    """Return {timbre: {interval or size: share}} of one kind of counts."""
    found = defaultdict(dict)
    for (name, who, key), (part, whole) in counts.items():
        if name == kind:
            found[who][str(key)] = round(float(part / max(1, whole)), 4)
    return dict(found)


def corpus(name, folder, params, way=lambda sound: sound):
    """Return {decoder: precision, recall, F and what harmony says} of held-out pieces; `score` says what is true.

    way: what happens to the sound, int16 [samples], before it is heard.
    """
    rate, settings = params["audio"]["sample_rate_hz"], read_settings(name)
    pieces, notes = unpack(folder)
    rows = plan(pieces, notes, settings, params["audio"], params["split"], params["seed"])
    rows = [row for row in rows if row["split"] == "test"]
    drawn = np.random.default_rng(0).permutation(len(rows))[:PIECES]
    figures = defaultdict(list)
    for row in (rows[i] for i in sorted(drawn)):
        whole = notes[row["index"]]
        early = (whole["onset"] + row["lead"]) * row["quarter_samples"] < HEARD_SAMPLES
        piece = {key: column[early] for key, column in whole.items()}
        heard = posteriors(way(render(piece, row | {"samples": HEARD_SAMPLES}, settings, rate)), rate)
        seconds = len(heard[0]) * FRAME_S
        score = truth(piece, row, settings, rate, seconds)
        figures["score"].append(said(score, seconds))
        for decoder, decode_notes in DECODERS.items():
            begun = time.perf_counter()
            found = decode_notes(*heard)
            spent = 1000 * (time.perf_counter() - begun)
            figures[decoder].append(agreement(score, found, seconds) | said(found, seconds) | {"milliseconds": spent})
    return {name: {key: round(float(np.mean([one[key] for one in each])), 4) for key in each[0]}
            for name, each in figures.items()}


def coded(sound):
    """Return what the codec makes of int16 [samples]: as long."""
    codec = spectral.Codec.load(CODEC)
    with torch.no_grad():
        audio = codec.decode(codec.encode(torch.from_numpy(sound[None] / np.float32(32767))))
    return np.rint(audio[0].numpy() * 32767).astype(np.int16)


def truth(notes, row, settings, rate, seconds):
    """Return the notes of a score that begin within so many seconds: int [notes, 3] as the decoders give them."""
    quarter_s = row["quarter_samples"] / rate
    begin = (notes["onset"] + row["lead"]) * quarter_s
    end = np.minimum(begin + notes["duration"] * settings["held"] * quarter_s, seconds)
    rows = np.stack([begin / FRAME_S, end / FRAME_S, notes["pitch"] + row["transpose_semitones"]], 1)[begin < seconds]
    rows = rows[np.lexsort((-rows[:, 1], rows[:, 2], rows[:, 0]))]
    _, first = np.unique(rows[:, [0, 2]], axis=0, return_index=True)    # of a unison the longer one
    return np.rint(rows[first]).astype(int)


def agreement(score, found, seconds):
    """Return precision, recall and F of onsets; the last 0.15 s, where notes have hardly begun, count for nothing."""
    early = [notes[notes[:, 0] * FRAME_S < seconds - 0.15] for notes in (score, found)]
    if not all(map(len, early)):
        return {"precision": 0.0, "recall": 0.0, "f": 0.0}
    pairs = [(notes[:, :2] * FRAME_S, 440 * 2 ** ((notes[:, 2] - 69) / 12)) for notes in early]
    got = mir_eval.transcription.precision_recall_f1_overlap(
        *pairs[0], *pairs[1], onset_tolerance=NEAR_S, offset_ratio=None)
    return dict(zip(("precision", "recall", "f"), got[:3], strict=True))


def said(notes, seconds):
    """Return what harmony says of notes."""
    described = harmony.describe(transcription.Heard(None, notes, seconds).midi(), seconds)
    return {name: described[name] for name in ("density", "polyphony", "dissonance")}


def main(out=OUT):
    """Render, listen, print, keep."""
    torch.set_num_threads(1)
    params = read_params()
    rate = params["audio"]["sample_rate_hz"]
    found = {"chords": {name: chords(timbres, rate) for name, timbres in TIMBRES.items()},
             "corpora": {name: corpus(name, folder, params) for name, folder in CORPORA.items()},
             "through_the_codec": {name: corpus(name, folder, params, coded) for name, folder in CORPORA.items()}}
    for name, decoders in found["chords"].items():
        for decoder, one in decoders.items():
            heard, false = one["intervals"]["all"], one["false"]["all"]["all"]
            worst = min(share for key, share in heard.items() if key != "12")
            print(f"{name} timbres, {decoder}: of every interval but the octave at least {100 * worst:.0f} % heard, "
                  f"octaves {100 * heard['12']:.0f} %, false {100 * false:.1f} %")
    for kind in ("corpora", "through_the_codec"):
        for name, decoders in found[kind].items():
            print(kind, name, {decoder: one.get("f") for decoder, one in decoders.items()})
    write_json(out, found)


if __name__ == "__main__":
    main(*sys.argv[1:])
