"""Tests of chaconne.controls."""
