"""Tests of chaconne.storage."""
