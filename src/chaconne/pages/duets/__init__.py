"""The page of accompaniments: voices, what was made beside them, and how well it fits."""
