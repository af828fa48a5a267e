"""Recordings and latents on disk: packed, memory-mapped, with whose music they are."""
