"""Make a folder of ten hours of music to measure with: python scripts/ten_hours.py FOLDER

Chorales of the default corpus again and again, in orders of their own: one file of two hours, the others of ten
minutes, stereo, as wav, flac, mp3 and ogg. The sampling rates differ, and with them speed and pitch: the same piece in
two files is two performances. Takes five minutes and 5 GB.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile

from chaconne.corpora.gathering.scores import parse_corpus
from chaconne.corpora.rendering.plan import plan
from chaconne.corpora.rendering.render import render
from chaconne.running.params.corpora import read_settings
from chaconne.scores.pieces.score import unpack

RATE, PIECES = 44100, 40
LONG_S, SHORT_S, ALL_S = 7200, 600, 36000
FORMS = (("wav", "PCM_16"), ("flac", "PCM_16"), ("mp3", "MPEG_LAYER_III"), ("ogg", "VORBIS"))


def pieces():
    """Return renderings of chorales: a list of int16 [samples] at 44.1 kHz."""
    settings = read_settings("chorales")
    with tempfile.TemporaryDirectory() as folder:
        parse_corpus("chorales", settings, folder, PIECES)
        table, notes = unpack(folder)
    audio, split = {"sample_rate_hz": RATE, "grid_samples": 4096}, {"test": 0.15, "valid": 0.05}
    return [render(notes[row["index"]], row, settings, RATE) for row in plan(table, notes, settings, audio, split, 0)]


def write(path, music, seconds, rate, subtype, rng):
    """Write at least `seconds` of pieces in random order, the right channel at half the loudness."""
    left = seconds * rate
    with soundfile.SoundFile(path, "w", rate, 2, subtype) as file:
        while left > 0:
            samples = music[rng.integers(len(music))]
            file.write(np.stack([samples, samples // 2], 1))
            left -= len(samples)
    return seconds - left / rate


def main(folder):
    """Fill the folder."""
    Path(folder).mkdir(parents=True)
    music, rng = pieces(), np.random.default_rng(0)
    made, number = write(Path(folder, "two hours.flac"), music, LONG_S, RATE, "PCM_16", rng), 0
    while made < ALL_S:
        form, subtype = FORMS[number % 4 if number < 8 else number % 2]
        rate = RATE if form == "mp3" else int(RATE * (0.75 + 0.012 * number))    # mp3 knows few rates
        made += write(Path(folder, f"{number:02d}.{form}"), music, SHORT_S, rate, subtype, rng)
        number += 1
    print(f"{folder}: {made / 3600:.2f} hours in {number + 1} files")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(sys.argv[1])
