"""Tests of chaconne.codec."""
