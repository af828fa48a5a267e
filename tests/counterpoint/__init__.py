"""Tests of chaconne.counterpoint."""
