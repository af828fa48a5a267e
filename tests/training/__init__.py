"""Tests of chaconne.training."""
