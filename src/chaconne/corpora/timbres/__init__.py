"""Short excerpts of scores in every timbre and many rooms: what a codec has to have heard to carry any music."""
