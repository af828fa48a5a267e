"""Sample the fine-tuned generator, in the new genre and in the old, and the one trained from scratch."""

from chaconne.files import new_folder
from chaconne.modules import load_codec, load_generator
from chaconne.sampling import draw_conditions, sample_clips
from chaconne.stage import read_params, stage

ROWS = {                     # row: (model, latents whose attributes are asked for)
    "after": ("data/models/finetuned", "data/genre_latents"),
    "scratch": ("data/models/scratch", "data/genre_latents"),
    "old_after": ("data/models/finetuned", "data/latents"),
}


def main():
    """Write data/samples/finetune/<row>."""
    params = read_params()
    seed, evaluate = params["seed"], params["evaluate"]
    with stage("sample_finetune", seed, params["threads"]), new_folder("data/samples/finetune") as temporary:
        codec = load_codec("data/codec")
        for row, (folder, latents) in ROWS.items():
            model = load_generator(folder)
            conditions = draw_conditions(f"{latents}/index.csv", params["conditions"], evaluate["clips"], seed)
            sample_clips(temporary / row, model, codec, conditions, params[model.name]["sample"],
                         evaluate["clip_seconds"], seed)


if __name__ == "__main__":
    main()
