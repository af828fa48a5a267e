"""Tests of chaconne.trained."""
