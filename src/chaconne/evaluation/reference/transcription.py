"""Notes out of audio: the posteriors of basic-pitch (Bittner 2022), and from them notes and `pretty_midi`.

Only the ONNX file of the wheel is used, by onnxruntime; nothing of the package is imported, nor TensorFlow. What is a
note in the posteriors is for chaconne.evaluation.reference.note_decoding to say. A clip goes through the network once
and both the embedder `notes` and the note statistics live on that pass: what was heard of a clip is remembered by its
samples.
"""

import hashlib
import importlib.util
from collections import OrderedDict
from dataclasses import dataclass
from functools import cache
from multiprocessing.pool import ThreadPool
from pathlib import Path

import numpy as np
import torch

from chaconne.evaluation.reference.note_decoding import decode
from chaconne.running.files import new_file
from chaconne.storage.files import save_arrays

RATE_HZ, HOP_SAMPLES = 22050, 256
WINDOW_SAMPLES, WINDOW_FRAMES = 43844, 172  # what the network takes and gives: 2 s
# Of each clip two windows are heard, 3.6 s: 0.1 s of a core. They overlap by 30 frames and are cut in the middle,
# as in basic-pitch: side by side they would hear more, but a held note would begin anew in the second one.
STEP_FRAMES = WINDOW_FRAMES - 30
HEARD_SAMPLES = STEP_FRAMES * HOP_SAMPLES + WINDOW_SAMPLES
FEWEST_FRAMES = 17  # a rest of a clip shorter than 0.2 s is not worth a window
SECOND_FRAMES = 86  # embeddings are means over about a second
REMEMBERED = 4096  # clips, about 4 KB each


@dataclass
class Heard:
    """What was heard in one clip."""

    features: np.ndarray  # float32 [S, 176], mean posteriors of 88 notes and 88 onsets; S parts of about a second
    notes: np.ndarray  # int16 [notes, 3]: first frame, frame after the last, MIDI pitch; by onset
    seconds: float  # how much of the clip was heard

    def midi(self):
        """Return the notes as a pretty_midi.PrettyMIDI."""
        import pretty_midi

        frame_s = HOP_SAMPLES / RATE_HZ
        piano = pretty_midi.Instrument(program=0)
        piano.notes = [
            pretty_midi.Note(velocity=90, pitch=pitch, start=first * frame_s, end=end * frame_s)
            for first, end, pitch in self.notes.tolist()
        ]
        midi = pretty_midi.PrettyMIDI()
        midi.instruments.append(piano)
        return midi


def missing():
    """Return None, or what to do before anything can be transcribed."""
    if importlib.util.find_spec("onnxruntime") is None:
        return "install onnxruntime: `pip install onnxruntime`"
    if network_path() is None:
        # With its dependencies basic-pitch would bring TensorFlow.
        return "install basic-pitch without its dependencies: `pip install --no-deps 'basic-pitch>=0.4,<0.5'`"
    return None


def network_path():
    """Return the path of nmp.onnx in the installed basic-pitch, without importing it; None if it is not there."""
    spec = importlib.util.find_spec("basic_pitch")
    folders = spec.submodule_search_locations if spec else []
    paths = [Path(folder, "saved_models", "icassp_2022", "nmp.onnx") for folder in folders]
    return next((path for path in paths if path.exists()), None)


_memory = OrderedDict()  # digest of a clip: Heard; the one used longest ago comes first


def transcribe(clips, sample_rate_hz):
    """Return what is heard in each of clips [N, samples] int16: a list of Heard.

    As many clips at once as torch has threads; the result does not depend on it.
    """
    keys = [digest(clip, sample_rate_hz) for clip in clips]
    new = [i for i, key in enumerate(keys) if key not in _memory]
    with ThreadPool(torch.get_num_threads()) as pool:
        found = pool.map(lambda i: hear(clips[i], sample_rate_hz), new, chunksize=1)
    found = dict(zip(new, found, strict=True))
    heard = [found[i] if i in found else _memory[key] for i, key in enumerate(keys)]
    remember(keys, heard)
    return heard


def digest(clip, sample_rate_hz):
    """Return what a clip is remembered by: a hash of its rate and samples, 64 characters."""
    return hashlib.sha256(f"{sample_rate_hz} ".encode() + np.ascontiguousarray(clip).tobytes()).hexdigest()


def remember(keys, heard):
    """Keep what was heard under the digests of the clips, and forget what was not used for longest."""
    for key, one in zip(keys, heard, strict=True):
        _memory[key] = one
        _memory.move_to_end(key)
    while len(_memory) > REMEMBERED:
        _memory.popitem(last=False)


def save(path, clips, sample_rate_hz):
    """Write what is heard in clips to an .npz file, for `load` in another process."""
    heard = transcribe(clips, sample_rate_hz)
    with new_file(path) as temporary:
        save_arrays(
            temporary,
            keys=np.array([digest(clip, sample_rate_hz) for clip in clips]),
            features=np.stack([one.features for one in heard]),
            seconds=np.array([one.seconds for one in heard]),
            notes=np.concatenate([one.notes for one in heard]),
            ends=np.cumsum([len(one.notes) for one in heard]),
        )


def load(path):
    """Remember what `save` wrote, so that these clips are not transcribed again."""
    with np.load(path) as file:
        saved = {name: file[name] for name in file.files}
    notes = np.split(saved["notes"], saved["ends"][:-1])
    each = zip(saved["features"], notes, saved["seconds"].tolist(), strict=True)
    remember(saved["keys"].tolist(), [Heard(*one) for one in each])


def hear(clip, sample_rate_hz):
    """Return what is heard in one clip [samples] int16."""
    notes, onsets = posteriors(at_rate(clip, sample_rate_hz))
    parts = np.array_split(np.concatenate([notes, onsets], 1), max(1, round(len(notes) / SECOND_FRAMES)))
    features = np.stack([part.mean(0) for part in parts])
    return Heard(features, decode(notes, onsets), len(notes) * HOP_SAMPLES / RATE_HZ)


def at_rate(clip, sample_rate_hz):
    """Return the stretch of a clip that is heard: float32 at 22.05 kHz, full scale 1."""
    import soxr

    needed = -(-HEARD_SAMPLES * sample_rate_hz // RATE_HZ) + sample_rate_hz // 10  # and what a filter looks ahead
    sound = np.asarray(clip[:needed], np.float32) / 32767
    if sample_rate_hz != RATE_HZ:
        sound = soxr.resample(sound, sample_rate_hz, RATE_HZ, quality="HQ")
    return sound[:HEARD_SAMPLES]


def posteriors(sound):
    """Return the posteriors of notes and of onsets: float32 [frames, 88] each.

    sound: float32 [samples] at 22.05 kHz. A second window, where there is one, ends with the sound.
    """
    frames = min(len(sound) // HOP_SAMPLES + 1, WINDOW_FRAMES)
    padded = np.pad(sound[:WINDOW_SAMPLES], (0, max(0, WINDOW_SAMPLES - len(sound))))
    first = [part[:frames] for part in run(padded)]
    start = (len(sound) - WINDOW_SAMPLES) // HOP_SAMPLES
    if start < FEWEST_FRAMES:
        return first
    second = run(sound[start * HOP_SAMPLES :][:WINDOW_SAMPLES])
    cut = (start + WINDOW_FRAMES) // 2  # the middle of what both have heard
    return [np.concatenate([a[:cut], b[cut - start :]]) for a, b in zip(first, second, strict=True)]


def run(window):
    """Run the network on one window, float32 [43844]: posteriors of notes and onsets, [172, 88] each."""
    names = ["StatefulPartitionedCall:1", "StatefulPartitionedCall:2"]  # as in basic_pitch.inference
    return [out[0] for out in session().run(names, {"serving_default_input_2:0": window[None, :, None]})]


@cache
def session():
    """Return the onnxruntime session. One thread a call: several calls at once are faster than one in threads."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(network_path()), options, providers=["CPUExecutionProvider"])
