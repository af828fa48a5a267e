"""Kills at random moments: the result must be that of a quiet run."""
