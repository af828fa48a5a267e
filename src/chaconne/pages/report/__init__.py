"""The page people open, and the pictures `dvc plots` compares."""
