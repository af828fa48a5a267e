"""The page of the symbolic branch: scores drawn and played, rates beside Bach's, learning curves."""
