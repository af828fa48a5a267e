"""`chaconne sweep`: quality against effort."""

import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Quality against effort, with the models of this folder.")
Again = Annotated[bool, typer.Option("--again", help="measure also what is already measured with these settings")]


@app.command()
def evaluations(again: Again = False):
    """Sample with 1, 2, 4, ... 64 function evaluations and measure.

    Writes metrics/sweeps/evaluations.json and .tsv; stopped, it goes on where it was.
    """
    run("evaluations", again)


@app.command()
def training(again: Again = False):
    """Train on a quarter and a half of the steps and measure, beside the fully trained models.

    Writes metrics/sweeps/training.json and .tsv; stopped, it goes on where it was.
    """
    run("training", again)


@app.command()
def finetuning(again: Again = False):
    """Fine-tune the selected model, and train it from scratch, on a quarter to the double of the budget; measure.

    Writes metrics/sweeps/finetuning.json and .tsv; stopped, it goes on where it was.
    """
    run("finetuning", again)


def run(name, again):
    """Run a sweep as a stage: seeded, one line for what is wrong, exit 130 on Ctrl-C."""
    if not Path("params.yaml").exists():
        sys.exit("chaconne sweep: params.yaml is not here; go to the folder of the project, where `dvc repro` ran")
    from threadpoolctl import threadpool_limits

    from chaconne.evaluation.sweeps.running import FOLDER
    from chaconne.evaluation.sweeps.running import run as sweep
    from chaconne.running.params.reading import read_params
    from chaconne.running.stage import stage

    params = read_params()
    threads = params["threads"]
    with stage(f"sweep {name}", params["seed"], threads, keep_clock=False), threadpool_limits(threads):
        points = sweep(name, params, again)
    typer.echo(f"{FOLDER / name}.json: {len(points)} points; `dvc repro -f report` draws them")
