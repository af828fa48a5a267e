"""Tests of chaconne.pages."""
