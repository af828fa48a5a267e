"""Tests of chaconne.accompaniment."""
