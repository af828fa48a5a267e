"""The engine of every training: steps, checkpoints, curves, what goes wrong on the way."""
