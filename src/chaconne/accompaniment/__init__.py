"""Accompaniment: given one or more voices in time, a diffusion model makes the others, or the full mix."""

PARTS = ("given", "rest")   # of a piece: the voices that are given, and the others
