"""What a corpus keeps of what a reader found."""

from chaconne.scores.formats.found import Found
from chaconne.scores.pieces.score import TONICS, Unusable, order

VOICES = [v for v in range(16) if v != 9]  # numbers the renderer may use as channels: the tenth is for drums


def fields_of(found: Found):
    """Return the fields of a Score (chaconne.scores.pieces.score) but its name and origin; Unusable without notes.

    Voices are the lines as they stand: voice 0 is the melody.
    """
    notes = [(onset, length, pitch, VOICES[min(line, len(VOICES) - 1)], fermata)
             for onset, length, pitch, line, fermata in found.notes]
    if not notes:
        raise Unusable("no notes")
    tonic, mode = found.key or ((7 * found.sharps) % 12, "other")
    return {
        "title": " ".join(found.title.split()), "key": TONICS[tonic],
        "mode": mode if mode in ("major", "minor") else "other", "metre": found.metre, "pickup": found.pickup,
        "quarters": max(found.quarters, *(note[0] + note[1] for note in notes)),
        # A signature of n sharps lies n fifths above the white keys.
        "to_c_semitones": (6 - 7 * found.sharps) % 12 - 6, "notes": order(notes)}


def instrument(found: Found):
    """Return the General MIDI program that plays the most notes, None where the file names none."""
    played = [program for note in found.notes if (program := found.lines[note[3]][1]) is not None]
    return max(sorted(set(played)), key=played.count) if played else None
