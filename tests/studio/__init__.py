"""Tests of chaconne.studio."""
