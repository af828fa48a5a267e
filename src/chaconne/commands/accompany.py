"""`chaconne accompany`: the other voices for a recording of one."""

from pathlib import Path
from typing import Annotated

import typer

from chaconne.commands.options import (
    Conditions,
    Format,
    Guidance,
    Json,
    Method,
    Out,
    Seed,
    Steps,
    Threads,
    asked_conditions,
    beside,
    heard,
    tell,
    told,
    write,
)

TASKS = ("rest", "mix")


@told
def accompany(
    file: Annotated[Path, typer.Argument(help="a recording of one voice: singing, a flute, ...")],
    task: Annotated[str, typer.Option(help="rest: what is made is added to the recording; mix: all is made")] = "rest",
    seed: Seed = 0,
    balance_db: Annotated[float, typer.Option("--balance", min=-40, max=40, help="decibels by which the recording is "
                                              "louder than its accompaniment")] = 0.0,
    alone: Annotated[bool, typer.Option("--alone", help="write the accompaniment without the recording")] = False,
    key: Annotated[str | None, typer.Option(help="of the recording: G, Bb, f# (minor), 'e minor'  [default: as it "
                                                 "sounds]")] = None,
    condition: Conditions = None, steps: Steps = None, method: Method = None, guidance: Guidance = None,
    out: Out | None = None, format: Format = None, threads: Threads = None, as_json: Json = False,
):
    """Play the other voices to a recording of one, of any length, level, tuning and key.

    The model is the one that `dvc repro stages/accompaniment/dvc.yaml` trains.

    [bold]Examples[/bold]

      chaconne accompany flute.wav

      chaconne accompany song.mp3 --seed 3 --balance 3 --out together.flac

      chaconne accompany flute.wav --task mix
    """
    if task not in TASKS:
        raise ValueError(f"--task: expected one of {', '.join(TASKS)}; got {task!r}")
    if alone and task != "rest":
        raise ValueError("--alone: a mix has the voice in it; take --task rest")
    if balance_db and (alone or task != "rest"):
        raise ValueError("--balance: there is a balance where what is made is added to the recording (--task rest)")
    place = beside(file, "accompanied", out, format)
    from chaconne.accompaniment import playing
    from chaconne.editing.making import open_recording
    from chaconne.trained.packs.places import project_root

    root = project_root()
    if root is None:
        raise ValueError("no project here (params.yaml and dvc.yaml); go to the folder of the project")
    if threads:
        import torch

        torch.set_num_threads(threads)
    trained = playing.open_accompanist(root).with_knobs(steps=steps, method=method, guidance=guidance)
    conditions = asked_conditions(trained, condition)
    if "task" in conditions:
        raise ValueError("--condition: the task is named with --task")
    recording = heard(open_recording(trained, file))
    found = playing.bearings(recording, root, key)
    conditions = found.conditions(trained, conditions)
    write(place, trained, lambda progress: playing.accompanied(
        trained, recording, task, seed, conditions, found.semitones, balance_db, alone, progress))
    tell(as_json, [place], trained, recording.seconds, source=str(file), seed=seed, conditions=conditions, task=task,
         key=found.key, mode=found.mode, tuning_semitones=round(found.tuning, 3),
         heard_higher_semitones=round(found.semitones, 3))
