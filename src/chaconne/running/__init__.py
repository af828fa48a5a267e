"""How a stage runs: declared, alone, watched, resumed, in several processes; its params, whole files, clocks.

No stage depends on this room, which must not change a byte of any result (tests/running/test_machinery.py)."""
