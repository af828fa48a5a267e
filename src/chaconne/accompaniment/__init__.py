"""Accompaniment: given one or more voices in time, a diffusion model makes the others, or the full mix."""
