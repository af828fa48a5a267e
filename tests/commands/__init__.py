"""Tests of chaconne.commands."""
