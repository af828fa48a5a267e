"""Names, one-line descriptions and colours of the rows of fine-tuning."""

from chaconne.pages.shared.listen import Label

YOURS = "your music"    # what the corpus `folder` is called


def real(name):
    """Return what real music of a corpus is called."""
    return "Your music" if name == YOURS else f"Real {name}"


def label_tuned(model, genre, corpus):
    """Return {row: Label} of what was learned; model, genre, corpus: names for people."""
    return {
        "real": Label(real(genre), "Held-out music: no training has met it.", "real"),
        "codec": Label("Codec", "The same clips, compressed and restored: no generator can sound better.", "codec"),
        "before": Label("Before", f"{model} as it learned {corpus}, asked for nothing else.", "before"),
        "after": Label("After", f"The same network after a short training on {genre}.", "after"),
        "scratch": Label("From scratch", f"A new network, trained on {genre} with the same small budget.", "scratch"),
    }


def label_kept(corpus):
    """Return {row: Label} of what was forgotten."""
    return {
        "old_real": Label(real(corpus), "Held-out music.", "real"),
        "old_before": Label("Before", "Before fine-tuning.", "before"),
        "old_after": Label(f"After, {corpus} again", f"The fine-tuned network, asked for {corpus} once more.", "after"),
    }
