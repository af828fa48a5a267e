"""Every kind of file that people have is read as it sounds, by the one reader of scores."""

import numpy as np
import pytest

from chaconne.scores.formats.corpus import fields_of
from chaconne.scores.formats.lines import assemble
from chaconne.scores.formats.reading import read
from tests.scores.kinds import EVERY


def rounded(notes):
    """Return (onset, duration, pitch) of notes, sorted, without the last digits."""
    return sorted((round(onset, 4), round(length, 4), pitch) for onset, length, pitch, *_ in notes)


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.name)
def test_it_sounds_as_it_should(kind, tmp_path):
    path = tmp_path / kind.name
    path.write_bytes(kind.data)
    found = read(path)
    assert rounded(found.notes) == rounded(kind.notes)
    for what in kind.about.keys() & {"metre", "tempo_qpm", "key", "sharps", "title", "pickup"}:
        assert getattr(found, what) == kind.about[what], what
    if "program" in kind.about:
        assert found.lines[0][1] == kind.about["program"]
    if "lines" in kind.about:
        assert len(found.lines) == kind.about["lines"]
    if "remark" in kind.about:
        assert kind.about["remark"] in found.remarks
    if kind.about.keys() & {"voices", "names"}:
        grid, _ = assemble(found)
        assert grid.voices == kind.about.get("voices", grid.voices)
        assert grid.names == kind.about.get("names", grid.names)
    # What a corpus keeps is the same by construction.
    assert rounded(fields_of(found)["notes"]) == rounded(kind.notes)


@pytest.mark.parametrize("kind", [kind for kind in EVERY if kind.name.startswith("plain")], ids=lambda kind: kind.name)
def test_what_is_in_a_file_decides_not_its_name(kind, tmp_path):
    path = tmp_path / "music.xyz"
    path.write_bytes(kind.data)
    assert rounded(read(path).notes) == rounded(kind.notes)


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.name)
def test_damage_is_told_in_one_line(kind, tmp_path):
    rng, path = np.random.default_rng(len(kind.data)), tmp_path / kind.name
    for number in range(9):
        data = bytearray(kind.data)
        if number % 3:
            for place in rng.integers(0, len(data), 1 + number // 2):
                data[place] = rng.integers(0, 256)
        else:
            del data[int(rng.integers(0, len(data))):]
        path.write_bytes(bytes(data))
        try:
            assemble(read(path), snap=True)
        except ValueError as error:
            assert "\n" not in str(error) and "no reader understands" not in str(error), error
