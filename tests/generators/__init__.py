"""Tests of chaconne.generators."""
