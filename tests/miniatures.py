"""Small corpora in the layout of the large ones, out of music rendered here."""

import bz2
import csv
import hashlib
import io
import tarfile
import zipfile
from functools import cache

import mido
import numpy as np
import soundfile
import soxr

from chaconne.corpora.rendering.render import render

RATE = 22050
MAESTRO_COLUMNS = ["canonical_composer", "canonical_title", "split", "year", "midi_filename", "audio_filename",
                   "duration"]


def notes_of(seed, seconds, voices=4):
    """Return notes of some consonant wandering lines, half a second a note: dictionary of arrays (score.COLUMNS)."""
    rng, count = np.random.default_rng(seed), int(seconds * 2)
    scale = np.array([0, 2, 4, 5, 7, 9, 11])
    columns = {"onset": [], "duration": [], "pitch": [], "voice": []}
    for voice in range(voices):
        steps = np.clip(np.cumsum(rng.choice([-2, -1, 1, 2], count)) + 7, 0, 14)
        columns["pitch"] += (72 - 7 * voice + 12 * (steps // 7 - 1) + scale[steps % 7]).tolist()
        columns["onset"] += (np.arange(count) / 2).tolist()
        columns["duration"] += [0.5] * count
        columns["voice"] += [voice] * count
    return {name: np.array(values) for name, values in columns.items()}


@cache
def music(seed, seconds=20.0, instrument="Church Organ", voices=4):
    """Return rendered music: float32 [samples] at 22.05 kHz."""
    notes = notes_of(seed, seconds, voices)
    row = {"piece": "x", "instrument": instrument, "quarter_samples": RATE, "lead": 0.0, "transpose_semitones": 0,
           "samples": int(seconds * RATE)}
    return render(notes, row, {"held": 0.95, "reverb": 40, "loudness_db": -20}, RATE) / np.float32(32768)


def audio_bytes(samples, rate=RATE, channels=1, form="WAV", subtype=None):
    """Return samples [at 22.05 kHz] as the bytes of an audio file; the channels differ in loudness."""
    if rate != RATE:
        samples = soxr.resample(samples, RATE, rate)
    out = io.BytesIO()
    spread = np.stack([samples * (1 - 0.2 * channel / channels) for channel in range(channels)], 1)
    soundfile.write(out, spread, rate, format=form, subtype=subtype)
    return out.getvalue()


def midi_bytes(seed, seconds=20.0, voices=4, program=19):
    """Return the same music as a MIDI file: a quarter is a second, each voice a track of its own."""
    notes, file = notes_of(seed, seconds, voices), mido.MidiFile(ticks_per_beat=480)
    for voice in range(voices):
        track, now = file.add_track(), 0
        track.append(mido.MetaMessage("set_tempo", tempo=1_000_000))
        track.append(mido.Message("program_change", channel=voice, program=program))
        mine = notes["voice"] == voice
        for onset, length, pitch in zip(*(notes[k][mine] for k in ("onset", "duration", "pitch")), strict=True):
            on, off = round(onset * 480), round((onset + length) * 480)
            track.append(mido.Message("note_on", channel=voice, note=int(pitch), velocity=80, time=on - now))
            track.append(mido.Message("note_off", channel=voice, note=int(pitch), time=off - on))
            now = off
    out = io.BytesIO()
    file.save(file=out)
    return out.getvalue()


def maestro(seconds=30.0, counts=(8, 2, 2)):
    """Return {file name: bytes} of a MAESTRO with as many train, validation and test pieces."""
    rows, sounds, notes, seed = [], {}, {}, 100
    for split, count in zip(("train", "validation", "test"), counts, strict=True):
        for i in range(count):
            seed, year = seed + 1, 2004 + 2 * (i % 3)
            name = f"{year}/MIDI-Unprocessed_{seed}_R1_{year}"
            rate = (44100, 48000)[i % 2]
            sounds[f"{name}.wav"] = audio_bytes(music(seed, seconds, "Acoustic Grand Piano"), rate, 2)
            notes[f"{name}.midi"] = midi_bytes(seed, seconds, program=0)
            composer = ("Johann Sebastian Bach", "Frédéric Chopin")[i % 2]
            rows.append([composer, f"Prelude, No. {seed}", split, year, f"{name}.midi", f"{name}.wav", seconds])
    table = io.StringIO()
    csv.writer(table).writerows([MAESTRO_COLUMNS, *rows])
    return {"maestro-v3.0.0.csv": table.getvalue().encode(), "maestro-v3.0.0.zip": zip_bytes(sounds),
            "maestro-v3.0.0-midi.zip": zip_bytes(notes)}


def zip_bytes(files):
    """Return a zip with everything below maestro-v3.0.0/."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.mkdir("maestro-v3.0.0")
        for name, data in files.items():
            archive.writestr(f"maestro-v3.0.0/{name}", data)
    return out.getvalue()


def cocochorales(seconds=20.0, tracks=5, stems=4):
    """Return {file name: bytes} of a CocoChorales with one shard a split; some tracks share their MIDI file."""
    files, seed, parts = {}, 0, ("0_violin", "1_violin", "2_viola", "3_cello")[:stems]
    for split in ("train", "valid", "test"):
        shards = {"main_dataset": {}, "metadata": {}, "note_expression": {}}
        for _ in range(tracks):
            seed += 1
            ensemble = ("string", "brass", "woodwind", "random")[seed % 4]
            track = f"1/{ensemble}_track{seed:06d}"
            mixed = np.zeros(int(seconds * 16000), np.float32)
            for k, part in enumerate(parts):
                line = music(1000 + 10 * seed + k, seconds, "Violin", 1)
                stem = soxr.resample(line, RATE, 16000)[: len(mixed)] / 4
                mixed[: len(stem)] += stem
                shards["main_dataset"][f"{track}/stems_audio/{part}.wav"] = wav16(stem)
            shards["main_dataset"][f"{track}/mix.wav"] = wav16(mixed)
            shards["main_dataset"][f"{track}/mix.mid"] = midi_bytes(seed, seconds)
            about = f"ensemble: {ensemble}\nmidi_file: coconet/{seed // 2}.mid\n".encode()
            shards["main_dataset"][f"{track}/metadata.yaml"] = shards["metadata"][f"{track}/metadata.yaml"] = about
            shards["note_expression"][f"{track}/notes.csv"] = b"onset,offset\n0,1\n"
        for part, members in shards.items():
            files[f"{part}/{split}/1.tar.bz2"] = tar_bytes(members)
    sums = [f"{hashlib.md5(data).hexdigest()}  {name}" for name, data in files.items()]
    return files | {"cocochorales_md5s.txt": "\n".join(sums).encode()}


def wav16(samples):
    """Return samples at 16 kHz as a WAV file."""
    out = io.BytesIO()
    soundfile.write(out, samples, 16000, format="WAV", subtype="PCM_16")
    return out.getvalue()


def tar_bytes(files):
    """Return a .tar.bz2."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return bz2.compress(out.getvalue(), 1)


ABC = """X:{0}
T:Tune {0}
M:4/4
L:1/8
Q:1/4=120
K:G
"""
MUSIC_XML = """<?xml version="1.0"?><score-partwise version="3.1"><part-list><score-part id="P1">
<part-name>A</part-name></score-part></part-list><part id="P1">{}</part></score-partwise>"""
MEASURE = """<measure number="{}">{}{}</measure>"""
FIRST = """<attributes><divisions>1</divisions><key><fifths>-1</fifths></key><time><beats>4</beats>
<beat-type>4</beat-type></time></attributes><direction><sound tempo="100"/></direction>"""
NOTE = """<note><pitch><step>{}</step><octave>{}</octave></pitch><duration>1</duration><type>quarter</type></note>"""


def abc_text(number, bars=12):
    """Return one tune in ABC, 24 seconds long."""
    rng = np.random.default_rng(number)
    lines = ["".join(rng.choice(list("DEFGABcdefg"), 8)) for _ in range(bars)]
    return ABC.format(number) + "|".join(lines) + "|]\n"


def music_xml(seed, bars=10):
    """Return one part in MusicXML, 24 seconds long."""
    rng, measures = np.random.default_rng(seed), []
    for number in range(1, bars + 1):
        notes = "".join(NOTE.format(rng.choice(list("CDEFGA")), rng.integers(4, 6)) for _ in range(4))
        measures.append(MEASURE.format(number, FIRST if number == 1 else "", notes))
    return MUSIC_XML.format("".join(measures))


def mixed_folder(folder, seconds=25.0):
    """Fill a folder with twenty files of every kind, in folders of their own; returns their relative names."""
    made = {
        "wav/mono 8 bit.wav": {"rate": 8000, "subtype": "PCM_U8"},
        "wav/192k.wav": {"rate": 192000, "subtype": "PCM_24"},
        "wav/float.wav": {"rate": 44100, "subtype": "FLOAT"}, "wav/double.wav": {"subtype": "DOUBLE"},
        "wav/six.wav": {"rate": 48000, "channels": 6}, "wav/32.wav": {"subtype": "PCM_32", "channels": 2},
        "a.flac": {"form": "FLAC", "rate": 96000}, "b.FLAC": {"form": "FLAC", "channels": 2},
        "c.mp3": {"form": "MP3", "rate": 44100, "channels": 2}, "d.mp3": {"form": "MP3"},
        "e.ogg": {"form": "OGG", "rate": 32000}, "f.opus": {"form": "OGG", "subtype": "OPUS", "rate": 48000},
        "g.aiff": {"form": "AIFF", "rate": 11025}}
    for seed, (name, how) in enumerate(made.items(), 300):
        put(folder / name, audio_bytes(music(seed, seconds, "Violin" if seed % 2 else "Church Organ"), **how))
    for seed in range(3):
        put(folder / f"scores/{seed}.mid", midi_bytes(400 + seed, seconds))
    put(folder / "scores/song.musicxml", music_xml(1).encode())
    put(folder / "scores/other.xml", music_xml(2).encode())
    put(folder / "scores/tunes.abc", "".join(abc_text(n) for n in (1, 2)).encode())
    put(folder / "h.m4a", m4a_bytes(music(320, seconds)))
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def m4a_bytes(samples):
    """Return samples as AAC in an MP4 container."""
    import av

    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=RATE, layout="mono")
        for first in range(0, len(samples), 1024):
            frame = av.AudioFrame.from_ndarray(samples[None, first : first + 1024], format="fltp", layout="mono")
            frame.sample_rate, frame.pts = RATE, first
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def put(path, data):
    """Write bytes, folders included."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
