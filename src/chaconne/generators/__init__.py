"""Generators: one module each, one contract (chaconne.generator.Generator)."""
