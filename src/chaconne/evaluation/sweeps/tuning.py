"""Fine-tuning against training from scratch, on shares and multiples of the budget; and what is forgotten."""

from chaconne.evaluation.sweeps.measuring import MODELS, digest, ground_of, kept, measure
from chaconne.running.params.reading import start_folder
from chaconne.training.finetuning.finetuning import GENRE, OLD, fine_tune, from_scratch

SHARES = (0.25, 0.5, 1, 2)  # of the steps of params
WAYS = {"fine-tuned": fine_tune, "from scratch": from_scratch}
# what a model is measured against: (reference, latents whose attributes are asked for, way as the point says it)
NEW = ("data/genre_reference", "data/genre_latents", "{way}")
FORGETTING = ("data/reference", "data/latents", "{way}, against the old corpus")


def finetuning(params):
    """Return [(what it is, key, function that measures it)] of the sweep over the budget of fine-tuning."""
    name, found = params["model"], []
    knobs, start = params[name]["sample"], start_folder(params)
    for way, against in (("fine-tuned", NEW), ("from scratch", NEW), ("fine-tuned", FORGETTING)):
        folder, latents, said = against
        ground, ground_key = ground_of(params, folder, latents)
        for share in SHARES:
            steps = max(1, round(share * params["finetune"]["steps"]))
            decides = [name, way, steps, *(params[k] for k in (name, "finetune", "seed", "threads", "conditions"))]
            trained = digest(decides, [*GENRE, *OLD, f"{start}/model.safetensors"])
            point = {"way": said.format(way=way), "steps": steps}
            found.append((f"{point['way']}, {steps} steps", digest([ground_key, knobs, point, trained]),
                          lambda way=way, steps=steps, trained=trained, point=point, ground=ground, latents=latents:
                          tuned(way, steps, trained, params, ground, latents, point)))
    return found


def tuned(way, steps, key, params, ground, latents, about):
    """Train (unless that was done under `key`) and measure."""
    model = f"{params['model']}_{way.replace(' ', '_')}_{steps}"
    folder = MODELS / model
    clock = kept(folder, key, lambda: WAYS[way](params, steps, f"sweeps/{model}", (str(folder), None)))
    point, clocks = measure(folder, params[params["model"]]["sample"], params, ground, latents)
    return point | about, clocks | clock
