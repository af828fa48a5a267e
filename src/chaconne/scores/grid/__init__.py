"""Voices on a grid of sixteenths, and how their notes are spelled."""
