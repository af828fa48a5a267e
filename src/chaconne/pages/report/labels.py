"""Names, one-line descriptions and colours of rows."""

from chaconne.pages.shared.listen import Label

KNOWN = {
    "real": ("Real", "Held-out music: no training has met these pieces."),
    "codec": ("Codec", "The same clips, compressed and restored. No generator can sound better than this."),
    "shuffled": ("Shuffled", "Real frames in random order: right sounds, no music."),
    "noise": ("Noise", "Random frames, decoded: what an untrained generator gives."),
    "gan": ("GAN", "An adversarial network makes all frames in one pass."),
    "diffusion": ("Diffusion", "A rectified flow turns noise into frames in a few steps."),
    "distilled": ("Distilled", "Both: the flow, taught on by the critic of the GAN until one or two steps are enough."),
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
