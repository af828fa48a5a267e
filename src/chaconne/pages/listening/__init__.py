"""Blind listening: a page that hides who made what, and the preference that its answers show."""
