"""The modes that music is in: their scales, and which of major and minor each is nearest to."""

# Semitones above the tonic; freygish is the Phrygian with a major third, of klezmer, flamenco and synagogue.
SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10), "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10), "lydian": (0, 2, 4, 6, 7, 9, 11), "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "locrian": (0, 1, 3, 5, 6, 8, 10), "freygish": (0, 1, 4, 5, 7, 8, 10),
}
USUAL = ("major", "minor")  # what keys are in since Bach; the other modes are older, or of other traditions


def scale_of(mode):
    """Return the scale of a mode, of an unknown one ('other') that of major."""
    return SCALES.get(mode, SCALES["major"])


def nearest(mode):
    """Return major or minor, by the third of a mode: what rules and networks of major and minor take it for."""
    return "minor" if 3 in scale_of(mode) else "major"


def modal(mode):
    """Is this a mode besides major and minor?"""
    return mode in SCALES and mode not in USUAL
