"""Reading models that can be steered, wherever they come from: their files are checked as those of others are."""

from chaconne.modules import load


def load_steered(folder):
    """Read the model in `folder`; ValueError names what is wrong, and what makes it again."""
    return load("controls", folder, "model", lambda module: module.Model)
