"""What fine-tuning does by default, by how much music there is: measured on a piano and on tunes (docs/search.md)."""

from pathlib import Path

from chaconne.running.files import read_json
from chaconne.storage.files import read_table

# From so many minutes of training music on, what holds where a knob of params.yaml says `auto`.
BY_MINUTES = {
    0: {"layers": "all", "augment_noise": 0.0, "stop_every": 50},
    30: {"layers": "all", "augment_noise": 0.0, "stop_every": 0},
}
# Minutes below which low-rank additions alone learn as much of a piano, keep more of the old music and copy less. The
# GAN learns too little by them.
LOW_RANK_BELOW = {"diffusion": 5}
LEAST_VALID = 0.5   # minutes of held-out music below which no distance to it says when to stop


def minutes_of(folder):
    """Return {split: minutes of music} of a folder of latents."""
    facts = read_json(Path(folder, "latents.json"))
    index = read_table(Path(folder, "index.csv"), ("frames",), ("split",))
    minutes = index.groupby("split").frames.sum() * facts["hop_samples"] / facts["sample_rate_hz"] / 60
    return {split: float(value) for split, value in minutes.items()}


def settled(knobs, minutes, generator):
    """Return params' section `finetune` with every `auto` settled, and say what that is.

    minutes: {split: minutes}; generator: the name of what is fine-tuned.
    """
    music = minutes.get("train", 0.0)
    row = BY_MINUTES[max(least for least in BY_MINUTES if least <= music)]
    if music < LOW_RANK_BELOW.get(generator, 0):
        row = row | {"layers": "lora"}
    if minutes.get("valid", 0.0) < LEAST_VALID:
        row = row | {"stop_every": 0}
    chosen = {knob: value for knob, value in row.items() if knobs[knob] == "auto"}
    if chosen:
        print(f"fine-tuning on {music:.0f} min of music: " + ", ".join(f"{k} {v}" for k, v in chosen.items()))
    return knobs | chosen
