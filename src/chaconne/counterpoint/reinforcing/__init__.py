"""Towards the band of every rule by reinforcement."""
