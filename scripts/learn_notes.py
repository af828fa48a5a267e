"""Teach the decoder of notes what a note is: python scripts/learn_notes.py [CLIPS] (3,000; seven minutes on one core).

Run it where data/scores is (`dvc repro`). Renders music whose notes are known, chords and lines of chance and the
training pieces of both corpora, on timbres of General MIDI, and fits the network of
chaconne.evaluation.reference.note_decoding, which is written beside it. benchmarks/ears.py measures what it hears, on
timbres and pieces that are not in here.
"""

import sys
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

import numpy as np  # noqa: E402
import torch  # noqa: E402
from tqdm import tqdm  # noqa: E402

from chaconne.corpora.rendering.plan import plan  # noqa: E402
from chaconne.corpora.rendering.render import render  # noqa: E402
from chaconne.evaluation.reference import note_decoding, transcription  # noqa: E402
from chaconne.running.params.corpora import read_settings  # noqa: E402
from chaconne.running.params.reading import read_params  # noqa: E402
from chaconne.scores.pieces.score import unpack  # noqa: E402
from chaconne.storage.files import save_arrays  # noqa: E402

CORPORA = {"chorales": "data/scores/corpus", "folk": "data/scores/genre"}
# Those that this soundfont plays at the pitch that is written, organs with stops below it, but for what
# benchmarks/ears.py keeps to itself.
TIMBRES = [
    "Acoustic Grand Piano", "Bright Acoustic Piano", "Electric Grand Piano", "Honky-tonk Piano", "Clavinet", "Celesta",
    "Vibraphone", "Marimba", "Church Organ", "Drawbar Organ", "Harmonica", "Acoustic Guitar (nylon)",
    "Acoustic Guitar (steel)", "Electric Guitar (jazz)", "Electric Guitar (clean)", "Orchestral Harp", "Viola",
    "Contrabass", "Tremolo Strings", "String Ensemble 1", "String Ensemble 2", "Synth Strings 1", "Synth Strings 2",
    "Voice Oohs", "Synth Choir", "Pad 2 (warm)", "Pad 5 (bowed)", "Trumpet", "Trombone", "French Horn", "Brass Section",
    "Synth Brass 1", "Soprano Sax", "Alto Sax", "English Horn", "Bassoon", "Clarinet", "Piccolo", "Recorder",
    "Pan Flute", "Ocarina", "Lead 3 (calliope)", "Koto", "Sitar", "Banjo",
]
SECONDS, QUIET_S = 3.65, 0.05   # of a clip, and of its end, where no note begins
NEAR_S = 0.08                   # how far an onset may lie from the score's
HIDDEN, EPOCHS, BATCH = (64, 16), 8, 512
LEARNING_RATE, WEIGHT_DECAY = 0.003, 0.01
SHAKEN = 0.025                  # deviation of noise on the features: what is generated sounds less clean than this


def main(clips=3000):
    """Render, fit, write."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    examples = [examples_of(*clip) for clip in tqdm(music(int(clips), np.random.default_rng(0)), total=int(clips))]
    weights = fit(*(np.concatenate(part) for part in zip(*examples, strict=True)))
    save_arrays(note_decoding.WEIGHTS, **weights)


def music(count, rng):
    """Yield so many clips: (posteriors of notes, of onsets, [notes, 3] of onset and end in s and MIDI pitch)."""
    rate = read_params()["audio"]["sample_rate_hz"]
    banks = [training_pieces(*one) for one in CORPORA.items()]
    for _ in range(count):
        which = rng.choice(4, p=[0.35, 0.25, 0.22, 0.18])
        notes = chords(rng) if which == 0 else lines(rng) if which == 1 else excerpt(banks[which - 2], rng)
        sound = np.zeros(round(SECONDS * rate))
        # A third has two instruments, which share the voices, one of them softer.
        layer = notes["voice"] % 2 * (rng.random() < 0.3)
        for one in np.unique(layer):
            organ = which == 2 and rng.random() < 0.3       # the chorales' own
            sound += played({key: column[layer == one] for key, column in notes.items()}, rate, organ, rng)
        if rng.random() < 0.3:
            sound += rng.standard_normal(len(sound)) * 32767 * 10 ** (-rng.uniform(35, 60) / 20)
        sound = np.clip(sound, -32767, 32767).astype(np.int16)
        truth = np.stack([notes["onset"], notes["onset"] + notes["duration"], notes["pitch"]], 1)
        yield *transcription.posteriors(transcription.at_rate(sound, rate)), np.unique(truth.round(4), axis=0)


def played(notes, rate, organ, rng):
    """Render notes (times in s) on a timbre of chance."""
    row = {"piece": "practice", "instrument": "Church Organ" if organ else str(rng.choice(TIMBRES)), "lead": 0,
           "transpose_semitones": 0, "quarter_samples": rate, "samples": round(SECONDS * rate)}
    settings = {"held": 1.0, "reverb": int(rng.integers(0, 80)), "loudness_db": -20 - rng.uniform(0, 8)}
    return render(notes, row, settings, rate).astype(float)


def as_notes(rows):
    """Return (onset, duration, pitch, voice) rows as what is rendered: those that begin in time, ended in time."""
    onset, duration, pitch, voice = np.array(rows, float).T
    kept = onset < SECONDS - 2 * QUIET_S
    ended = np.minimum(duration, SECONDS - QUIET_S - onset)
    return {"onset": onset[kept], "duration": ended[kept], "pitch": pitch[kept].astype(int),
            "voice": voice[kept].astype(int)}


def chords(rng):
    """Return chords of chance: one to four notes, neighbours 1 to 12 semitones apart, that begin together."""
    rows, now = [], rng.uniform(0, 0.5)
    while now < SECONDS:
        step, pitch, held = rng.choice([0.2, 0.3, 0.5, 0.8, 1.3, 2.5]), rng.integers(36, 82), rng.uniform(0.5, 1.0)
        for voice in range(rng.choice([1, 2, 3, 4], p=[0.2, 0.35, 0.22, 0.23])):
            if pitch <= 98:
                rows.append((now, step * held, pitch, voice))
            pitch += rng.integers(1, 13)
        now += step * rng.choice([1, 2], p=[0.8, 0.2])
    return as_notes(rows)


def lines(rng):
    """Return one to three lines that know nothing of each other: small steps, leaps, repeated notes."""
    rows = []
    for voice in range(rng.integers(1, 4)):
        now, pitch, grid = rng.uniform(0, 0.4), rng.integers(40, 85), rng.choice([0.12, 0.18, 0.25, 0.37, 0.5])
        while now < SECONDS:
            step = grid * rng.choice([1, 1, 2, 3])
            rows.append((now, 0.95 * step, pitch, voice))
            now += step
            pitch = np.clip(pitch + rng.integers(-4, 5) * rng.choice([1, 3], p=[0.8, 0.2]), 36, 96)
    return as_notes(rows)


def training_pieces(name, folder):
    """Return the training pieces of a corpus as it is rendered: [(row of the plan, its notes)]."""
    params = read_params()
    pieces, notes = unpack(folder)
    rows = plan(pieces, notes, read_settings(name), params["audio"], params["split"], params["seed"])
    return [(row, notes[row["index"]]) for row in rows if row["split"] == "train"]


def excerpt(bank, rng):
    """Return some seconds of one of the pieces, in a key near its own."""
    while True:
        row, notes = bank[rng.integers(len(bank))]
        quarter_s = row["quarter_samples"] / read_params()["audio"]["sample_rate_hz"]
        begin = rng.integers(0, max(1, int(row["seconds"] - SECONDS)))
        onset = (notes["onset"] + row["lead"]) * quarter_s - begin
        kept = (onset >= 0) & (onset < SECONDS - 2 * QUIET_S)
        if kept.any():
            pitch = notes["pitch"] + row["transpose_semitones"] + rng.integers(-3, 4)
            columns = onset, 0.95 * quarter_s * notes["duration"], pitch, notes["voice"]
            return as_notes(np.stack(columns, 1)[kept])


def examples_of(notes, onsets, truth):
    """Return what is learned from a clip: features [peaks, features], and which peaks begin a note, [peaks] 0 or 1.

    Of the peaks within 80 ms of a note's onset the highest is that note; what the others are is left open.
    """
    frame_s = transcription.HOP_SAMPLES / transcription.RATE_HZ
    frames, pitches = note_decoding.peaks(onsets)
    begins, unclear = np.zeros(len(frames), np.float32), np.zeros(len(frames), bool)
    for onset, _, pitch in truth:
        near = np.flatnonzero((pitches == pitch - note_decoding.LOWEST) & (abs(frames * frame_s - onset) <= NEAR_S))
        if len(near):
            unclear[near] = True
            begins[near[onsets[frames[near], pitches[near]].argmax()]] = 1
    clear = ~unclear | (begins > 0)
    return note_decoding.features(notes, onsets, frames, pitches)[clear], begins[clear]


def fit(x, y):
    """Return the weights of a network that tells y [peaks], 0 or 1, by x [peaks, features]: as log odds."""
    mean, scale = x.mean(0), x.std(0) + 0.05
    inputs, shaken = torch.from_numpy((x - mean) / scale), torch.from_numpy(SHAKEN / scale)
    sizes = [x.shape[1], *HIDDEN]
    parts = [part for pair in pairwise(sizes) for part in (torch.nn.Linear(*pair), torch.nn.ReLU())]
    network = torch.nn.Sequential(*parts, torch.nn.Linear(sizes[-1], 1))
    steps = EPOCHS * (len(x) // BATCH)
    optimizer = torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps)
    targets = torch.from_numpy(y)
    for _ in range(EPOCHS):
        batches = torch.randperm(len(x))[: len(x) // BATCH * BATCH].view(-1, BATCH)
        total = 0.0
        for batch in batches:
            told = network(inputs[batch] + shaken * torch.randn(BATCH, len(mean)))[:, 0]
            loss = torch.nn.functional.binary_cross_entropy_with_logits(told, targets[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(f"cross entropy {total / len(batches):.4f}")
    layers = [part for part in network if isinstance(part, torch.nn.Linear)]
    weights = {f"weight{i}": layer.weight.detach().numpy().T for i, layer in enumerate(layers)}
    weights |= {f"bias{i}": layer.bias.detach().numpy() for i, layer in enumerate(layers)}
    # The decoder's features come as they are.
    weights["bias0"] = weights["bias0"] - (mean / scale) @ weights["weight0"]
    weights["weight0"] = weights["weight0"] / scale[:, None]
    return {name: np.ascontiguousarray(weight, np.float32) for name, weight in weights.items()}


if __name__ == "__main__":
    main(*sys.argv[1:])
