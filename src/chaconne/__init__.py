"""Music generation in a highly compressed latent space: one ground, many variations."""

import os

# At the end of every operation threads of torch (its libgomp) wait for each other: some milliseconds in a loop, then
# asleep. Beside a busy program that loop takes the core that the other thread waits for; some microseconds of it are
# all that idle cores gain by (docs/speed.md). It is read when torch is imported, so this must come before.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "2000")
