"""Names, one-line descriptions and colours of rows."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Label:
    """name: heading. text: what one hears. css: colour class of page.css."""

    name: str
    text: str
    css: str


KNOWN = {
    "real": ("Real", "Held-out music: no training has met these pieces."),
    "codec": ("Codec", "The same clips, compressed and restored. No generator can sound better than this."),
    "shuffled": ("Shuffled", "Real frames in random order: right sounds, no music."),
    "noise": ("Noise", "Random frames, decoded: what an untrained generator gives."),
    "gan": ("GAN", "An adversarial network makes all frames in one pass."),
    "diffusion": ("Diffusion", "A rectified flow turns noise into frames in a few steps."),
}


def label_rows(generators):
    """Return {row: Label} of the comparison; a generator nobody described goes by its own name."""
    labels = {}
    for row in ("real", "codec", *generators, "shuffled", "noise"):
        name, text = KNOWN.get(
            row, (row.replace("_", " ").capitalize(), "A generator that learned the same frames.")
        )
        css = f"g{generators.index(row) % 5 + 1}" if row in generators else row
        labels[row] = Label(name, text, css)
    return labels


def label_tuned(model, genre, corpus):
    """Return {row: Label} of fine-tuning; model, genre, corpus: names for people."""
    return {
        "genre": Label(f"Real {genre}", f"Held-out music of {genre}: no training has met it.", "real"),
        "real": Label(f"Real {genre}", "Held-out music.", "real"),
        "before": Label("Before", f"{model} as it learned {corpus}, asked for nothing else.", "before"),
        "after": Label("After", f"The same network after a short training on {genre}.", "after"),
        "scratch": Label(
            "From scratch", f"A new network, trained on {genre} with the same small budget.", "scratch"
        ),
        "old_after": Label(
            f"After, {corpus} again",
            f"The fine-tuned network, asked for {corpus} once more: how much has it forgotten?",
            "after",
        ),
    }


def label_kept(corpus):
    """Return {row: Label} of the table on forgetting."""
    return {
        "real": Label(f"Real {corpus}", "Held-out music.", "real"),
        "old_before": Label("Before", "Before fine-tuning.", "before"),
        "old_after": Label("After", "After fine-tuning.", "after"),
    }
