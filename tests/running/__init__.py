"""Tests of chaconne.running."""
