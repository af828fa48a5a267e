"""Quality against effort: function evaluations of a sample, steps of a training."""


from chaconne.evaluation.sweeps.measuring import MODELS, digest, ground_of, kept, measure
from chaconne.running.clocks import TABLE
from chaconne.running.files import read_json
from chaconne.running.models import load_generator, load_variation
from chaconne.training.fitting import INPUTS, pretrain

EVALUATIONS = (1, 2, 4, 8, 16, 32, 64)
FEW = (1, 2, 4)     # of a generator that has learned to do with them
SHARES = (0.25, 0.5)  # of the steps of params; all of them are those of the workspace's own models


def train(name, steps, params):
    """Train the generator `name` for `steps` steps, unless that was done. Returns (folder, its clock)."""
    settings, folder = params[name]["train"] | {"steps": steps}, MODELS / f"{name}_{steps}"
    kind = load_variation("generators", name).Model
    key = digest(training_key(name, steps, params), INPUTS)
    return folder, kept(folder, key, lambda: pretrain(f"sweeps/{name}_{steps}", kind, settings, params,
                                                      str(folder), None))


def training_key(name, steps, params):
    """Return what decides a training, beside the latents."""
    return [name, params[name]["train"] | {"steps": steps}, *(params[k] for k in ("seed", "threads", "conditions"))]


def workspace_clock(name):
    """Return {train_cpu_seconds} of the pipeline's own training, the last one of which the clocks are known; or {}."""
    clock = read_json(TABLE).get(name, {}) if TABLE.exists() else {}
    return {key: clock[key] for key in ("train_cpu_seconds",) if key in clock}


def evaluations(params):
    """Return [(what it is, key, function that measures it)] of the sweep over function evaluations."""
    ground, ground_key = ground_of(params)
    found = {}
    for name in params["generators"]:
        folder, own = f"data/models/{name}", params[name]["sample"]
        settings = [own]
        if hasattr(load_variation("generators", name).Model, "begin_as"):
            settings = [own | {"steps": n} for n in FEW if n != own["steps"]] + [own]
        if "method" in own:
            a_step = load_generator(folder).function_evaluations(own | {"method": "euler", "steps": 1})
            settings = [own | {"method": "euler", "steps": n // a_step} for n in EVALUATIONS if n >= a_step] + [own]
        for knobs in settings:
            key = digest([ground_key, knobs], [f"{folder}/model.safetensors"])
            label = ", ".join([name, *([knobs["method"]] if "method" in knobs else []),
                               *([f"{knobs['steps']} steps"] if "steps" in knobs else [])])
            found[key] = label, lambda folder=folder, knobs=knobs: measure(folder, knobs, params, ground)
    return [(label, key, make) for key, (label, make) in found.items()]


def training(params):
    """Return [(what it is, key, function that measures it)] of the sweep over training time."""
    ground, ground_key = ground_of(params)
    found = []
    for name in params["generators"]:
        if hasattr(load_variation("generators", name).Model, "begin_as"):
            continue    # it goes on from the trainings of others: its time does not compare with theirs
        full, knobs = params[name]["train"]["steps"], params[name]["sample"]
        for steps in [max(1, round(share * full)) for share in SHARES]:
            key = digest([ground_key, knobs, training_key(name, steps, params)], INPUTS)
            found.append((f"{name}, {steps} of {full} steps", key,
                          lambda name=name, steps=steps: trained(name, steps, params, ground)))
        key = digest([ground_key, knobs], [f"data/models/{name}/model.safetensors"])
        found.append((f"{name}, all {full} steps", key, lambda name=name: whole(name, params, ground)))
    return found


def trained(name, steps, params, ground):
    """Train on a part of the steps and measure."""
    folder, clock = train(name, steps, params)
    point, clocks = measure(folder, params[name]["sample"], params, ground)
    return point, clocks | clock


def whole(name, params, ground):
    """Measure the workspace's own model."""
    point, clocks = measure(f"data/models/{name}", params[name]["sample"], params, ground)
    return point, clocks | workspace_clock(name)
