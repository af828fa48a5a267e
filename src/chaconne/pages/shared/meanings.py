"""What each number means, in one line, and which way is better. One entry per metric, one place."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Meaning:
    """label: short name. better: 'lower' | 'higher' | 'real' (like real music) | '' (a fact, not a score).

    group: heading in the table. ratio: whether the value over that of real music says something.
    """

    label: str
    text: str
    better: str
    group: str
    ratio: bool = False


DISTANCE, VARIETY, NOTES, RHYTHM, TAGS, SIZE = (
    "Distance to real music",
    "Variety and copying",
    "Notes and chords",
    "Rhythm",
    "What a music tagger hears",
    "Size and effort",
)
OTHER = "Other measures"
GROUPS = (DISTANCE, VARIETY, NOTES, RHYTHM, TAGS, OTHER, SIZE)
ARROWS = {
    "lower": "↓ lower is better",
    "higher": "↑ higher is better",
    "real": "≈ closer to real is better",
    "": "",
}

# A key is a path in comparison.json, or its beginning: `fad` stands for `fad.logmel` and all the others.
MEANINGS = {
    "fad": Meaning(
        "Fréchet distance",
        "How far the cloud of clips lies from training music, as two Gaussians. "
        "Depends on the number of clips, so read the ratio to real.",
        "lower",
        DISTANCE,
        ratio=True,
    ),
    "fad_infinity": Meaning(
        "Fréchet distance, endless clips",
        "The same, extrapolated to infinitely many clips: free of the bias, but rougher.",
        "lower",
        DISTANCE,
        ratio=True,
    ),
    "fad_infinity_fit": Meaning(
        "Fit of that line",
        "R² of the straight line behind the extrapolation; well below 1, do not trust it.",
        "",
        DISTANCE,
    ),
    "kad": Meaning(
        "Kernel distance",
        "The same question without assuming Gaussians and without bias by the number "
        "of clips; about 0 (or just below) for the same kind of music.",
        "lower",
        DISTANCE,
        ratio=True,
    ),
    "mad": Meaning(
        "MAUVE divergence",
        "How differently clips and training music fall into the same clusters: 0 alike, 5.5 nothing in common. What is "
        "missing counts as much as what is too much.",
        "lower",
        DISTANCE,
        ratio=True,
    ),
    "left_out.fad": Meaning(
        "Fréchet distance of one recording",
        "Each recording left out in turn and measured against all the others: mean and interval over recordings. No "
        "floor: one recording varies less than many, which alone makes a distance.",
        "",
        DISTANCE,
    ),
    "left_out.recordings": Meaning("Recordings left out in turn", "So many were measured in this way.", "", DISTANCE),
    "coverage": Meaning(
        "Coverage",
        "Share of training music that has a clip like it close by. Low: always the same.",
        "higher",
        VARIETY,
        ratio=True,
    ),
    "density": Meaning(
        "Density",
        "How deep inside the training music the clips lie; about 1 for real music. Above 1: "
        "typical, but perhaps all alike.",
        "real",
        VARIETY,
        ratio=True,
    ),
    "nearest_train": Meaning(
        "Distance to the nearest training clip",
        "1 is as far as music that training never saw; far below 1 would be copying, 0 a copy.",
        "real",
        VARIETY,
        ratio=True,
    ),
    "copied": Meaning(
        "Copies",
        "Share of clips that lie less than half as far from a training clip as unseen music does.",
        "lower",
        VARIETY,
    ),
    "notes.simultaneity_distance": Meaning(
        "Distance of chords",
        "How differently intervals sound together, moment by moment, than in the training music: 0 alike, "
        "1 disjoint. Sees wrong notes best.",
        "lower",
        NOTES,
        ratio=True,
    ),
    "notes.pitch_class_distance": Meaning(
        "Distance of pitch classes, by sound",
        "How differently the twelve notes are used than in the training music, from the energy of the sound: "
        "0 alike, 1 disjoint.",
        "lower",
        NOTES,
        ratio=True,
    ),
    "notes.pitch_distance": Meaning(
        "Distance of pitch classes, by note",
        "The same, counted over transcribed notes.",
        "lower",
        NOTES,
        ratio=True,
    ),
    "notes.interval_distance": Meaning(
        "Distance of melodic steps",
        "How differently the highest voice moves from note to note: 0 alike, 1 disjoint.",
        "lower",
        NOTES,
        ratio=True,
    ),
    "notes.in_key": Meaning(
        "In one key",
        "Share of sound energy on the seven notes of the scale that fits best. Noise reads high too.",
        "real",
        NOTES,
        ratio=True,
    ),
    "notes.dissonance": Meaning(
        "Dissonance",
        "Share of the time in which notes a semitone apart, or a major seventh, sound together.",
        "real",
        NOTES,
        ratio=True,
    ),
    "notes.density": Meaning("Notes a second", "Transcribed notes of all voices.", "real", NOTES, ratio=True),
    "notes.polyphony": Meaning(
        "Voices", "How many notes sound at once, where any sounds.", "real", NOTES, ratio=True
    ),
    "adjacent_similarity": Meaning(
        "Similarity of neighbouring eighths",
        "Do chords hold on for longer than an eighth? Scrambled music changes too often and reads low.",
        "real",
        RHYTHM,
        ratio=True,
    ),
    "notes.onset_rate": Meaning("Onsets a second", "How often something is struck.", "real", RHYTHM, ratio=True),
    "notes.onset_regularity": Meaning(
        "Regularity of onsets",
        "How well beginnings of notes fit a steady pulse, 0 to 1; random ones reach about 0.6.",
        "real",
        RHYTHM,
        ratio=True,
    ),
    "notes.silence": Meaning("Silence", "Share of time below −50 dB of full scale.", "real", RHYTHM),
    "notes": Meaning("", "A property of the notes heard.", "real", NOTES),
    "tags": Meaning(
        "",
        "How sure musicnn is of this word, 0 to 1; the words it is surest of in the training music are shown.",
        "real",
        TAGS,
    ),
    "parameters": Meaning(
        "Parameters, training", "All that was trained: with the critic, where there is one.", "", SIZE
    ),
    "inference_parameters": Meaning("Parameters, sampling", "Those used to make music.", "", SIZE),
    "train_examples": Meaning("Training examples", "Crops seen in training.", "", SIZE),
    "runs": Meaning("Trainings", "The row is the mean over so many, which differ in the seed.", "", SIZE),
    "function_evaluations": Meaning(
        "Network evaluations", "Passes through the network for one crop of music.", "", SIZE
    ),
}


def meaning_of(path):
    """Return the Meaning of a path such as `fad.logmel`; one that nobody described is shown by its name."""
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        found = MEANINGS.get(".".join(parts[:length]))
        if found:
            rest = " ".join(parts[length:]).replace("_", " ")
            label = f"{found.label} ({rest})" if found.label and rest else found.label or rest
            return Meaning(label, found.text, found.better, found.group, found.ratio)
    label = path.replace(".", ", ").replace("_", " ")
    return Meaning(label, "Not described on this page yet: see chaconne/pages/shared/meanings.py.", "", OTHER)


def order_of(path):
    """Return a sort key: groups in order, described metrics in the order above, then by name."""
    keys = list(MEANINGS)
    parts = path.split(".")
    known = [
        keys.index(".".join(parts[:n])) for n in range(len(parts), 0, -1) if ".".join(parts[:n]) in MEANINGS
    ]
    return GROUPS.index(meaning_of(path).group), known[0] if known else len(keys), path


def pretty(metric):
    """Return the name of a curve for people: 'valid/loss' -> 'valid: loss'."""
    return metric.replace("/", ": ").replace("_", " ")
