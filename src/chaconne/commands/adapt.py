"""`chaconne adapt`: a model that ships with the project, moved to your own music."""

import pkgutil
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from chaconne.commands.options import told

BRANCH, PAGE = "stages/genre/dvc.yaml", "metrics/genre.html"


@told
def adapt(
    folder: Annotated[Path, typer.Argument(help="your recordings and scores: wav, mp3, mid, mxl, ...")],
    model: Annotated[str, typer.Option("--model", "-m", help="diffusion or gan")] = "diffusion",
    trained: Annotated[bool, typer.Option("--trained", help="start from the model trained here, not from the one that "
                                                            "ships")] = False,
    scale: Annotated[str | None, typer.Option(help="smoke, laptop, better, gpu  [default: params.yaml]")] = None,
):
    """Move a model to your own music, and make a page to hear and measure it: minutes, no training of anything else.

    It runs a part of the pipeline and sets genre, folder, model and finetune.base in params.yaml, as `dvc exp run`
    does; stopped, the same command goes on. A second time only what changed in the folder is made anew.

    [bold]Examples[/bold]

      chaconne adapt ~/Music/organ

      chaconne adapt music --model gan
    """
    from chaconne import generators
    from chaconne.corpora.folder import SCORES, SUFFIXES, walk
    from chaconne.trained.packs.opening import shipped
    from chaconne.trained.packs.places import project_root

    root = project_root()
    if root is None:
        raise ValueError("no project here (params.yaml and dvc.yaml); go to the folder of the project")
    if not folder.is_dir():
        raise ValueError(f"expected a folder of music, got {folder}")
    if not any(path.suffix.lower() in {*SUFFIXES, *SCORES} for path in walk(folder)[0]):
        raise ValueError(f"{folder}: expected music (audio, MIDI, MusicXML, ABC or kern), found none")
    scales = sorted(path.stem for path in Path(root, "conf/scale").glob("*.yaml"))
    if scale and scale not in scales:
        raise ValueError(f"--scale: expected {' or '.join(scales)}, got {scale!r}")
    kinds = sorted(module.name for module in pkgutil.iter_modules(generators.__path__))
    models = kinds if trained else [name for name in shipped(root) if name in kinds]
    if not models:
        raise ValueError(f"{root}: no model ships here in pretrained/ (git checkout pretrained brings them back); "
                         "--trained starts from the one that was trained here")
    if model not in models:
        raise ValueError(f"--model: expected {' or '.join(models)}, got {model!r}")
    place = folder.resolve()
    place = place.relative_to(root) if place.is_relative_to(root) else place
    asked = {"genre": "folder", "folder": quoted(place), "model": model,
             "finetune.base": "data/models" if trained else "pretrained"} | ({"scale": scale} if scale else {})
    typer.echo(f"adapting {model} to {folder}: {BRANCH} of the pipeline runs, as far as it is not there already")
    began = time.perf_counter()
    settings = [part for name, value in asked.items() for part in ("-S", f"{name}={value}")]
    done = subprocess.run([sys.executable, "-m", "dvc", "exp", "run", *settings, BRANCH], cwd=root)
    if done.returncode:
        raise typer.Exit(1)
    minutes, seconds = divmod(round(time.perf_counter() - began), 60)
    typer.echo(f"done in {minutes} min {seconds} s; open {root / PAGE}, or type: chaconne generate finetuned")


def quoted(path):
    """Return a path as `dvc exp run -S` takes it whatever signs it has (the grammar of Hydra's overrides)."""
    text = re.sub(r"(\\*)\$\{", r"\1\1\\${", str(path))
    text = re.sub(r"(\\*)('|$)", lambda found: 2 * found[1] + ("\\'" if found[2] else ""), text)
    return f"'{text}'"
