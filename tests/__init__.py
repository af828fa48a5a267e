"""Tests: each knows its answer beforehand; those marked slow run the pipeline at scale smoke."""
