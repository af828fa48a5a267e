"""Sample the fine-tuned generator, in the new genre and in the old, and the one trained from scratch."""

from functools import partial

from chaconne.running.models import load_codec, load_generator
from chaconne.running.params.reading import read_params
from chaconne.running.resume import Parts
from chaconne.running.stage import stage
from chaconne.training.sampling import draw_conditions, sample_clips

ROWS = {                     # row: (model, latents whose attributes are asked for)
    "after": ("data/models/finetuned", "data/genre_latents"),
    "scratch": ("data/models/scratch", "data/genre_latents"),
    "old_after": ("data/models/finetuned", "data/latents"),
}


def main():
    """Write data/samples/finetune/<row>."""
    params = read_params()
    seed, evaluate = params["seed"], params["evaluate"]
    with stage("sample_finetune", seed, params["threads"]):
        codec, models = load_codec("data/codec"), {row: load_generator(folder) for row, (folder, _) in ROWS.items()}
        knobs = {model.name: params[model.name]["sample"] for model in models.values()}
        parts = Parts("sample_finetune", [knobs, evaluate, params["conditions"], seed, params["threads"]], [
            "data/codec", *(name for folder, latents in ROWS.values() for name in (folder, f"{latents}/index.csv"))])
        for row, (_, latents) in ROWS.items():
            conditions = draw_conditions(f"{latents}/index.csv", params["conditions"], evaluate["clips"], seed)
            parts.make(row, partial(sample_clips, model=models[row], codec=codec, conditions=conditions,
                                    knobs=knobs[models[row].name], seconds=evaluate["clip_seconds"], seed=seed))
        parts.place("data/samples/finetune", {row: row for row in ROWS})


if __name__ == "__main__":
    main()
