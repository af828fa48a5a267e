"""Pieces as every corpus keeps them: notes, key, melody, split."""
