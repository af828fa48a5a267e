"""Tests of chaconne.corpora."""
