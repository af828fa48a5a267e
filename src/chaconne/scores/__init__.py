"""Scores: what a piece is, the grid of sixteenths, and the formats that people have."""
