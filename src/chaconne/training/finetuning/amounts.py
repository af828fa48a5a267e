"""What fine-tuning does by default, by how much music there is: measured on a piano and on tunes (docs/search.md)."""

# From so many minutes of training music on, what holds where a knob of params.yaml says `auto`.
BY_MINUTES = {
    0: {"layers": "all", "augment_noise": 0.0, "stop_every": 50},
    30: {"layers": "all", "augment_noise": 0.0, "stop_every": 0},
}


def minutes_of(latents):
    """Return the minutes of music in one split (chaconne.storage.latents.latents.Latents)."""
    return float(latents.index.frames.sum() * latents.facts["hop_samples"] / latents.facts["sample_rate_hz"] / 60)


def settled(knobs, minutes):
    """Return params' section `finetune` with every `auto` settled for so many minutes of music; it is said, too."""
    row = BY_MINUTES[max(least for least in BY_MINUTES if least <= minutes)]
    chosen = {knob: value for knob, value in row.items() if knobs[knob] == "auto"}
    if chosen:
        print(f"fine-tuning on {minutes:.0f} min of music: " + ", ".join(f"{k} {v}" for k, v in chosen.items()))
    return knobs | chosen
