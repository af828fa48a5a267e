"""Threads give way to other programs, and no result depends on it."""

import subprocess
import sys

import pytest
import torch

import chaconne
from chaconne.running import pace
from chaconne.running.pace import Load, Pace, same, threads


class Total:
    """Something with a state: a sum of what came."""

    def __init__(self):
        self.value = torch.zeros(3)

    def state_dict(self):
        return {"value": self.value}

    def load_state_dict(self, state):
        self.value = state["value"].clone()


@pytest.fixture
def busy(monkeypatch):
    """Return a Pace of two threads, and a list whose last entry says how many cores others take."""
    taken = [1.0]
    with threads(2):
        one = Pace()
        one.load.cores = 2
        monkeypatch.setattr(one.load, "of_others", lambda: taken[-1])
        monkeypatch.setattr(pace, "EVERY_S", -1)
        yield one, taken


def adds(total, seen, exact=True):
    """Return work that adds to `total`; where it is not exact, what it adds depends on the threads."""
    def work():
        count = torch.get_num_threads()
        seen.append(count)
        total.value += 1 if exact else count
        return {"sum": total.value.sum()}
    return work


def test_it_gives_way_once_the_bytes_are_known_to_be_the_same(busy):
    one, taken = busy
    total, seen = Total(), []
    for i in range(pace.TRIALS + 2):
        assert float(one(adds(total, seen), {"total": total})["sum"]) == 3 * (i + 1)
    assert seen == [2, 1] * pace.TRIALS + [1, 1]
    assert torch.get_num_threads() == 2
    taken.append(0.0)
    one(adds(total, seen), {"total": total})
    assert seen[-1] == 2


@pytest.mark.parametrize("from_the", [1, 4])
def test_where_threads_change_the_result_all_of_them_stay(busy, from_the):
    one, _ = busy
    total, seen = Total(), []
    for i in range(1, 8):
        one(adds(total, seen, exact=i < from_the), {"total": total})
    assert total.value.tolist() == [from_the - 1 + 2 * (8 - from_the)] * 3      # as with two threads all the time
    assert seen[-3:] == [2, 2, 2]


def test_what_others_do_in_a_pause_is_no_reason(busy, monkeypatch):
    one, _ = busy
    total, seen = Total(), []
    monkeypatch.setattr(pace, "PAUSE_S", -1)
    one(adds(total, seen), {"total": total})
    assert seen == [2]


def test_it_counts_the_cores_that_are_left(busy):
    one, taken = busy
    one.most, one.load.cores = 4, 8
    for others, expected in ((0.0, 4), (4.2, 4), (4.5, 3), (5.0, 3), (5.3, 3), (5.5, 2), (9.0, 1), (4.3, 1), (4.1, 4)):
        taken.append(others)
        assert one.wanted() == expected, others


def test_a_busy_program_is_seen():
    load = Load()
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as other:
        try:
            for _ in range(12):
                sum(i * i for i in range(4_000_000))
            after = load.of_others()
        finally:
            other.kill()
    assert 0.3 < after <= load.cores + 0.2      # a clock of the system ticks every hundredth


@pytest.mark.parametrize(("a", "b", "expected"), [
    (torch.tensor([1.0, float("nan")]), torch.tensor([1.0, float("nan")]), True),
    (torch.tensor(0.0), torch.tensor(-0.0), False),
    (torch.ones(2), torch.ones(2, dtype=torch.float64), False),
    (torch.ones(2), torch.ones(1, 2), False),
    ({"a": [torch.ones(2), 1]}, {"a": [torch.ones(2), 1]}, True),
    ({"a": [torch.ones(2), 1]}, {"a": [torch.ones(2), 2]}, False),
    ({"a": 1}, {"b": 1}, False),
])
def test_the_same_means_the_last_byte(a, b, expected):
    assert same(a, b) is expected


@pytest.mark.parametrize(("environment", "expected"), [
    ({}, "2000"), ({"GOMP_SPINCOUNT": "5"}, "5"), ({"OMP_WAIT_POLICY": "PASSIVE"}, "None")])
def test_waiting_threads_go_to_sleep_soon_unless_one_asked_for_something_else(environment, expected):
    code = "import chaconne, os; print(os.environ.get('GOMP_SPINCOUNT'))"
    clean = {"PATH": "/usr/bin"}
    done = subprocess.run([sys.executable, "-c", code], env=clean | environment, capture_output=True, text=True)
    assert done.stdout.strip() == expected, done.stderr


@pytest.mark.parametrize(("about", "expected"), [
    ("vendor_id\t: GenuineIntel\nflags\t\t: fpu avx2 avx512f amx_bf16", "AVX512,STRICT"),
    ("vendor_id\t: GenuineIntel\nflags\t\t: fpu avx2", "AVX2,STRICT"),
    ("vendor_id\t: AuthenticAMD\nflags\t\t: fpu avx2 avx512f", None), ("CPU implementer\t: 0x41", None)])
def test_mkl_sums_in_one_order_on_intel(about, expected):
    assert chaconne._instructions(about) == expected
