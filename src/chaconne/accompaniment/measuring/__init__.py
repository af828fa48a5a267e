"""How well an accompaniment fits its voice."""
