""".npz files: read by numpy, and the same bytes from every Python, today and tomorrow."""

import hashlib

import numpy as np
import pytest

from chaconne.storage.files import save_arrays


def test_numpy_reads_what_was_written(tmp_path):
    given = {"table": np.arange(6, dtype=np.int16).reshape(2, 3), "number": 2.5, "names": np.array(["a", "bé"]),
             "none": np.zeros((0, 3), np.float32)}
    save_arrays(tmp_path / "some.npz", **given)
    with np.load(tmp_path / "some.npz", allow_pickle=False) as read:
        assert read.files == list(given)
        for name, array in given.items():
            np.testing.assert_array_equal(read[name], array)
            assert read[name].dtype == np.asarray(array).dtype


def test_the_bytes_are_those_of_every_python(tmp_path):
    """`np.savez` fails this: 3.11.2 and 3.11.7 write different headers."""
    save_arrays(tmp_path / "a.npz", b=np.arange(6).reshape(2, 3), a=np.float32(3))
    assert hashlib.sha256((tmp_path / "a.npz").read_bytes()).hexdigest() == (
        "8b7e85f3a97844ad063fbbd77aaea987c4d6c32a1552143afec64dafc0a15931")


def test_objects_are_refused(tmp_path):
    with pytest.raises(ValueError):
        save_arrays(tmp_path / "a.npz", a=np.array([{}]))
