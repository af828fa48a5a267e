"""How much music a reference holds: seconds and recordings, not clips, for clips may overlap."""

# Recordings below which held-out music makes no floor. Their interval has one degree of freedom fewer than they are:
# at 6 it is 1.3 times as wide as with endlessly many (Student's t), at 3 2.2 times, and with 2 it says nothing (6.5).
FEW = 6


def music_in(table, crop_samples, rate):
    """Return {recordings, seconds} of a table of crops: its distinct pieces, and what the crops cover together.

    table: columns piece, start [sample of audio.npy], as of crops.choose; crop_samples: length of each crop;
    rate: samples a second. What several crops hold counts once.
    """
    starts = table["start"].sort_values().to_numpy()
    after = (starts[1:] - starts[:-1]).clip(max=crop_samples).sum() + crop_samples * (len(starts) > 0)
    return {"recordings": int(table["piece"].nunique()), "seconds": round(float(after / rate), 3)}


def too_little(about):
    """Tell whether the held-out music of a reference is too little for a floor. about: its about.json."""
    return about["heldout_clips_overlap"] or about["heldout"]["recordings"] < FEW


def warnings_of(about, row, intervals):
    """Return a list with one sentence where the held-out music is too little for a floor.

    about: about.json of the reference; row, intervals: of `real`, with what rows.left_out says where it does.
    """
    if not too_little(about):
        return []
    held = about["heldout"]
    few = held["recordings"] < FEW
    said = (
        f"real: {about['clips']} clips{' that overlap' if about['heldout_clips_overlap'] else ''}, out of "
        f"{held['seconds']:.0f} s of {counted(held['recordings'])}, are too little held-out music for a floor: "
        f"{'other recordings would give another distance' if few else 'clips that overlap count for fewer'}, and a row "
        "that lies below it is no better than real music for that"
    )
    if "fad" not in intervals:
        said += "; of so few recordings there are no intervals"
    for name, value in list(row.get("left_out", {}).get("fad", {}).items())[:1]:
        low, high = intervals["left_out"]["fad"][name]
        said += (
            f"; a recording left out lies at {value:.3g} ({low:.3g} to {high:.3g}) from all the others "
            f"(Fréchet distance, {name}; mean of {row['left_out']['recordings']})"
        )
    return [said]


def counted(recordings):
    """Return '1 recording', '2 recordings'."""
    return f"{recordings} recording{'s' * (recordings != 1)}"


def told(about):
    """Return how much music stands behind a table, for its settings: heldout, training: {recordings, seconds}.

    about: about.json of a reference.
    """
    return {key: about[key] for key in ("heldout", "training")}
