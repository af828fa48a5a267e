"""Music generation in a highly compressed latent space: one ground, many variations."""

import os

# At the end of every operation threads of torch (its libgomp) wait for each other: some milliseconds in a loop, then
# asleep. Beside a busy program that loop takes the core that the other thread waits for; some microseconds of it are
# all that idle cores gain by (docs/speed.md). It is read when torch is imported, so this must come before.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "2000")


def _instructions(about):
    """Return what MKL_CBWR must be for a processor that /proc/cpuinfo tells `about`, or None.

    On Intel MKL divides long sums by the number of threads: with other bytes no training could give way to other
    programs (chaconne.running.pace). Nothing less than STRICT makes them equal, and it costs nothing (docs/speed.md).
    """
    if "GenuineIntel" not in about:
        return None
    return f"{'AVX512' if 'avx512f' in about else 'AVX2'},STRICT"


if os.path.exists("/proc/cpuinfo") and "MKL_CBWR" not in os.environ:  # elsewhere than on Linux all threads stay
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as _processor:
        _wanted = _instructions(_processor.read())
    if _wanted:
        os.environ["MKL_CBWR"] = _wanted
