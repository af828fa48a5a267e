"""Judges judged: known damage of known strength done to held-out music, and which measures grow with it."""
