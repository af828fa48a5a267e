"""Tests of chaconne.editing."""
