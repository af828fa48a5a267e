"""Sample the generator before and after fine-tuning, in the new genre and in the old, and the one from scratch."""

from functools import partial

import numpy as np

from chaconne.running.models import load_codec, load_generator
from chaconne.running.params.reading import codec_folder, read_params, start_folder
from chaconne.running.resume import Parts
from chaconne.running.stage import stage
from chaconne.storage.files import load_array
from chaconne.training.sampling import draw_conditions, encode_clips, sample_clips, write_clips

GENRE, OLD = "data/genre_latents", "data/latents"     # whose attributes are asked for


def main():
    """Write data/samples/finetune/<row>; the row `codec` has held-out music of the genre, there and back."""
    params = read_params()
    seed, evaluate = params["seed"], params["evaluate"]
    # Before it has met the new genre it can be asked for the old one alone.
    places = {"before": (start_folder(params), OLD), "after": ("data/models/finetuned", GENRE),
              "old_after": ("data/models/finetuned", OLD)}
    if params["finetune"]["scratch"]:
        places["scratch"] = ("data/models/scratch", GENRE)
    with stage("sample_finetune", seed, params["threads"]):
        codec = load_codec(codec_folder(params))
        models = {row: load_generator(folder) for row, (folder, _) in places.items()}
        knobs = {model.name: params[model.name]["sample"] for model in models.values()}
        parts = Parts("sample_finetune", [knobs, evaluate, params["conditions"], seed, params["threads"]], [
            codec_folder(params), "data/genre_reference/heldout.npy",
            *(name for folder, latents in places.values() for name in (folder, f"{latents}/index.csv"))])
        heldout = load_array("data/genre_reference/heldout.npy", np.int16, 2)
        parts.make("codec", lambda folder: write_clips(folder, codec, encode_clips(codec, heldout),
                                                       evaluate["clip_seconds"]))
        for row, (_, latents) in places.items():
            conditions = draw_conditions(f"{latents}/index.csv", params["conditions"], evaluate["clips"], seed)
            parts.make(row, partial(sample_clips, model=models[row], codec=codec, conditions=conditions,
                                    knobs=knobs[models[row].name], seconds=evaluate["clip_seconds"], seed=seed))
        parts.place("data/samples/finetune", {row: row for row in ("codec", *places)})


if __name__ == "__main__":
    main()
