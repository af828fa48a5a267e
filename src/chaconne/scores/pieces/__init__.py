"""Pieces as every corpus keeps them: notes, key, mode, split."""
