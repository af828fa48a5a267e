"""The section `How to change it`: commands that fit the parameters of this run."""


def commands(params, generators, model):
    """Return [(command, what it does)]; params: as read_params returns them, only names of knobs are taken."""
    other = next((name for name in generators if name != model), model)
    sampling = [(name, list((params.get(name) or {}).get("sample") or {})) for name in generators]
    return [
        (
            f"dvc exp run -S model={other}",
            f"Fine-tune and report {other} instead of {model}; what the corpus "
            "taught is kept, and going back costs nothing.",
        ),
        *(
            (
                f"dvc exp run -S {name}.sample.{knobs[0]}=VALUE",
                f"Sample {name} differently (knobs: {', '.join(knobs)}). Trains nothing.",
            )
            for name, knobs in sampling
            if knobs
        ),
        (
            "dvc exp run -S finetune.learning_rate=VALUE",
            "Fine-tune harder or gentler; the section finetune of "
            "params.yaml has more: which layers, how much old music is mixed in.",
        ),
        ("dvc exp run -S genre=NAME", "Fine-tune on other music: any file of conf/data."),
        ("dvc exp run -S data=NAME", "Learn other music from the start: any file of conf/data."),
        ("dvc exp run -S seed=1", "The same again with other dice: how much of a difference is luck?"),
        (
            "dvc exp run -S scale=gpu",
            "The same on a larger machine; smoke instead of gpu runs everything in minutes.",
        ),
        (
            "chaconne sweep evaluations && chaconne sweep training",
            "Measure quality against function evaluations and against training time, then `dvc repro`.",
        ),
        *(
            [
                (
                    f"chaconne listen --systems {generators[0]} {generators[1]}",
                    "Make a page for blind listening; `chaconne preference` counts what listeners send back.",
                )
            ]
            if len(generators) > 1
            else []
        ),
        (
            "dvc repro stages/counterpoint/dvc.yaml",
            "Compose note by note: metrics/counterpoint.html beside this page has scores to read and to hear.",
        ),
        (
            "dvc repro stages/accompaniment/dvc.yaml",
            "Give the diffusion model a voice to play to: metrics/duets.html beside this page.",
        ),
        (
            "dvc repro stages/controls/dvc.yaml",
            "Ask for tempo, density, register, brightness or an instrument: metrics/controls.html beside this page.",
        ),
        (
            "dvc metrics diff && dvc plots diff",
            "What the last change did to numbers, curves and spectrograms.",
        ),
    ]
