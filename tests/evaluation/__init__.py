"""Tests of chaconne.evaluation."""
