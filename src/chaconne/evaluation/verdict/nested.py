"""Nested dictionaries as lists of dotted names."""


def leaves(tree, above=""):
    """Yield (dotted name, value) of everything in nested dictionaries that is no dictionary: ('train.steps', 8)."""
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value
