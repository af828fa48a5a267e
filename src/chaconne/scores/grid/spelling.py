"""How a pitch is written in a key: twelve notes in a row on the line of fifths."""

LINE = "FCGDAEB"
SIGNS = {-2: "--", -1: "-", 0: "", 1: "#", 2: "##"}  # music21's
FLATTEST = -2  # fifths below the major tonic (of the signature): the lowered seventh
SIGNATURES = {"C": 0, "C#": -5, "D": 2, "Eb": -3, "E": 4, "F": -1, "F#": 6, "G": 1, "G#": -4, "A": 3, "Bb": -2, "B": 5}
MINORS = {"C": -3, "C#": 4, "D": -1, "Eb": -6, "E": 1, "F": -4, "F#": 3, "G": -2, "G#": 5, "A": 0, "Bb": -5, "B": 2}

# Fifths from the major key on a tonic to the signature that musicians write for another mode; a freygish third is
# written as an accidental.
FIFTHS = {"dorian": -2, "phrygian": -4, "lydian": 1, "mixolydian": -1, "locrian": -5, "freygish": -4}


def sharps_of(key, mode):
    """Return the sharps (negative: flats) of the signature of a key, the simpler of two spellings."""
    sharps = (MINORS if mode == "minor" else SIGNATURES)[key] + FIFTHS.get(mode, 0)
    return sharps - 12 * (sharps > 6) + 12 * (sharps < -6)


def spell(pitch, sharps):
    """Return (step, alteration in semitones, octave) of a MIDI pitch: (66, 1) -> ('F', 1, 4).

    Raised fourth, first, fifth and second degrees are sharps, the lowered seventh is a flat: leading
    tones of the keys next door and of the relative minor come out right.
    """
    low = sharps + FLATTEST
    fifths = (7 * pitch - low) % 12 + low
    step, alter = LINE[(fifths + 1) % 7], (fifths + 1) // 7
    octave = (pitch - alter) // 12 - 1
    return step, alter, octave


def name(pitch, sharps):
    """Return music21's name of a MIDI pitch: 'F#4', 'B-3'."""
    step, alter, octave = spell(pitch, sharps)
    return f"{step}{SIGNS[alter]}{octave}"
