"""Which library reads scores right? python benchmarks/reading.py [FOLDER ...]: the table of docs/reading.md.

Every kind of file of tests/scores/kinds.py, whose notes are known, goes through each library that is installed
(music21, partitura, verovio, symusic, pretty_midi) as its documentation says, at sounding pitch, with repeats played
where it can, and through this project's reader. A file is right when all its notes are: onset, duration and pitch. For
each FOLDER below which are scores nobody knows the truth of, every bar is read once, as written: the notes that a
library and this reader have in common are counted, those of another length, and those that one of them alone has.
"""

import multiprocessing
import sys
import tempfile
import time
import warnings
from collections import Counter
from contextlib import suppress
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tqdm import tqdm

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[1] / "src")]

from tests.scores.kinds import EVERY  # noqa: E402

FORMATS = {".abc": "ABC", ".mid": "MIDI", ".midi": "MIDI", ".musicxml": "MusicXML", ".mxl": "MusicXML",
           ".xml": "MusicXML", ".krn": "kern"}
NEAR = 0.02     # quarters between two onsets, or two lengths, that are one


def by_music21(path, repeats=True):
    """Return notes as music21 has them."""
    from music21 import converter

    score = converter.parse(path, forceSource=True)
    score = score.expandRepeats() if repeats and score.recurse().getElementsByClass("Repeat") else score
    score = score.toSoundingPitch().stripTies()
    return [(float(note.getOffsetInHierarchy(score)), float(note.quarterLength), pitch.midi) for note in
            score.recurse().notes if type(note).__name__ in ("Note", "Chord") and not note.duration.isGrace
            for pitch in note.pitches]


def by_partitura(path, repeats=True):
    """Return notes as partitura has them."""
    import partitura

    score = partitura.load_score(str(path))
    found = []
    for part in score:
        if repeats:
            part = partitura.score.unfold_part_maximal(part, update_ids=False, ignore_leaps=False)
        for note in part.note_array(include_grace_notes=False, include_time_signature=False):
            found.append((float(note["onset_quarter"]), float(note["duration_quarter"]), int(note["pitch"])))
    first = min((note[0] for note in found), default=0)
    return [(onset - min(first, 0), length, pitch) for onset, length, pitch in found]


def by_verovio(path, repeats=True):
    """Return notes as verovio plays them into a MIDI file, read by mido; it plays no repeats."""
    import base64
    import io

    import mido
    import verovio

    verovio.enableLog(verovio.LOG_OFF)
    player = verovio.toolkit()
    if not player.loadFile(str(path)):
        raise ValueError("refused")
    return by_mido(mido.MidiFile(file=io.BytesIO(base64.b64decode(player.renderToMIDI()))))


def by_mido(file):
    """Return the notes of a file of verovio's, each ended by the next message of its channel and pitch.

    It ends every note a tick early.
    """
    found = []
    for track in file.tracks:
        tick, sounding = 0, {}
        for message in track:
            tick += message.time
            if message.type in ("note_on", "note_off") and message.channel != 9:
                key = message.channel, message.note
                if key in sounding:
                    begin = sounding.pop(key)
                    found.append((begin / file.ticks_per_beat, (tick + 1 - begin) / file.ticks_per_beat, message.note))
                if message.type == "note_on" and message.velocity:
                    sounding[key] = tick
    return [note for note in found if note[1] > 0]


def by_symusic(path, repeats=True):
    """Return notes as symusic has them."""
    import symusic

    score = symusic.Score(str(path)).to("quarter")
    return [(note.time, note.duration, note.pitch) for track in score.tracks if not track.is_drum
            for note in track.notes]


def by_pretty_midi(path, repeats=True):
    """Return notes as pretty_midi has them, its seconds turned back into quarters."""
    import pretty_midi

    midi = pretty_midi.PrettyMIDI(str(path))
    return [(midi.time_to_tick(note.start) / midi.resolution,
             (midi.time_to_tick(note.end) - midi.time_to_tick(note.start)) / midi.resolution, note.pitch)
            for track in midi.instruments if not track.is_drum for note in track.notes]


def by_chaconne(path, repeats=True):
    """Return notes as this project has them; without repeats all endings, as the others have them then."""
    from chaconne.scores.formats import found
    from chaconne.scores.formats.reading import read

    if not repeats:
        found.as_written = lambda bars: range(len(bars))     # of this process only
    return [note[:3] for note in read(path, repeats).notes]


READERS = {"music21": (by_music21, FORMATS), "partitura": (by_partitura, FORMATS), "verovio": (by_verovio, FORMATS),
           "symusic": (by_symusic, {".mid", ".midi", ".abc"}), "pretty_midi": (by_pretty_midi, {".mid", ".midi"}),
           "chaconne": (by_chaconne, FORMATS)}


def notes_of(name, path, repeats=True):
    """Return (a library's notes, None where it refuses the file or knows no such format; seconds)."""
    read, endings = READERS[name]
    if path.suffix not in endings:
        return None, 0.0
    start, (ours, theirs) = time.perf_counter(), multiprocessing.Pipe(duplex=False)
    # In a process of its own: a library that ends it has refused the file.
    child = multiprocessing.get_context("fork").Process(target=answer, args=(read, path, repeats, theirs))
    child.start()
    theirs.close()
    try:
        found = ours.recv()
    except EOFError:
        found = None
    child.join()
    return found, time.perf_counter() - start


def answer(read, path, repeats, pipe):
    """Send the notes of a file, None where the library refuses it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pipe.send([(float(onset), float(length), int(pitch)) for onset, length, pitch in read(path, repeats)])
    except Exception:  # each library has errors of its own
        pipe.send(None)


def kinds(names):
    """Print how many kinds of each format a library reads right, and which it does not."""
    right, wrong, total = Counter(), {}, Counter(FORMATS[Path(kind.name).suffix] for kind in EVERY)
    with tempfile.TemporaryDirectory() as folder:
        for kind in EVERY:
            path = Path(folder, kind.name)
            path.write_bytes(kind.data)
            for name in names:
                if path.suffix in READERS[name][1]:
                    found, _ = notes_of(name, path)
                    same = found is not None and common(kind.notes, found) == {"same": len(kind.notes)}
                    right[name, FORMATS[path.suffix]] += same
                    if not same:
                        wrong.setdefault(name, []).append(kind.name + (" (refused)" if found is None else ""))
    print("\nright of " + ", ".join(f"{count} {what}" for what, count in total.items()))
    for name in names:
        print(f"{name:12s}" + "".join(f"{right[name, what]:6d}" if (name, what) in right else "     -"
                                      for what in total))
    for name, failed in wrong.items():
        print(f"\n{name}: {', '.join(failed)}")


def common(ours, theirs):
    """Return a Counter: same, other length, ours, theirs (alone) of two lists of (onset, length, pitch)."""
    found, pitches = Counter(), {}
    for side, notes in enumerate((ours, theirs)):
        for onset, length, pitch, *_ in notes:
            pitches.setdefault(pitch, ([], []))[side].append((onset, length))
    for mine, others in (map(sorted, pair) for pair in pitches.values()):
        while mine and others:
            if abs(mine[0][0] - others[0][0]) < NEAR:
                near = abs(mine.pop(0)[1] - others.pop(0)[1]) < NEAR
                found["same" if near else "other length"] += 1
            else:
                first = mine if mine[0] < others[0] else others
                first.pop(0)
                found["ours" if first is mine else "theirs"] += 1
        found.update({"ours": len(mine), "theirs": len(others)})
    return +found


def folder(root, names):
    """Print what each library and this project have in common for the scores below a folder, as written."""
    counts, seconds, refused = {name: Counter() for name in names}, Counter(), Counter()
    paths = sorted(path for path in Path(root).rglob("*") if path.suffix in FORMATS)
    for path in tqdm(paths, unit="file"):
        ours, took = notes_of("chaconne", path, repeats=False)
        seconds["chaconne"] += took
        for name in names:
            if name != "chaconne" and path.suffix in READERS[name][1]:
                found, took = notes_of(name, path, repeats=False)
                seconds[name] += took
                if found is None:
                    refused[name] += 1
                else:
                    different = common(ours or [], found)
                    counts[name] += different + Counter({"files without a difference": different.keys() <= {"same"}})
    print(f"\n{root}: {len(paths)} files")
    for name in names:
        print(f"{name:12s} {dict(counts[name])}, {refused[name]} refused, {seconds[name]:.0f} s")


def main():
    """Compare."""
    names = []
    for module in ("music21", "partitura", "symusic", "verovio"):
        with suppress(ImportError):
            import_module(module)   # once, before the processes part
    for name in READERS:
        try:
            print(f"{name} {version(name)}")
            names.append(name)
        except PackageNotFoundError:
            names += [name] if name == "chaconne" else []
    kinds(names)
    for root in sys.argv[1:]:
        folder(root, names)


if __name__ == "__main__":
    main()
