"""Tests of chaconne.scores."""
