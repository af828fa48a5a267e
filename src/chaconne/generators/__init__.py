"""Generators: one module each, one contract (chaconne.training.contract.generator.Generator)."""
