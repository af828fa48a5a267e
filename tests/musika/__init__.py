"""Tests of chaconne.musika."""
