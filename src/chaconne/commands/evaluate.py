"""`chaconne evaluate`: how far is one folder of audio from another?"""

from pathlib import Path
from typing import Annotated

import typer


def evaluate(
    reference: Annotated[Path, typer.Argument(help="folder of real music: audio files of any kind, rate and level")],
    samples: Annotated[Path, typer.Argument(help="folder of generated music")],
    embedder: Annotated[list[str] | None, typer.Option(help="repeatable  [default: logmel, notes, musicnn]")] = None,
    weights: Annotated[Path | None, typer.Option(help="folder of pretrained ones  [default: the usual caches]")] = None,
    seconds: Annotated[float, typer.Option(min=1.0, max=60.0, help="length of the clips that are cut out")] = 6.0,
    clips: Annotated[int, typer.Option(min=8, help="of every row, at most")] = 240,
    seed: Annotated[int, typer.Option(min=0, help="of the choice of clips, and of the intervals")] = 0,
    out: Annotated[Path | None, typer.Option("--out", "--json", help="file to write the numbers to (.json)")] = None,
    threads: Annotated[int, typer.Option(min=1, help="of the arithmetic; others give other last digits")] = 1,
    cache: Annotated[Path | None, typer.Option(help="where embeddings are kept  [default: ~/.cache/chaconne]")] = None,
):
    """Measure generated music against real music, made with whatever tool.

    Distances with intervals beside a floor (files of the reference held out) and white noise, the same number of
    clips for all; variety, copying, notes. Files that cannot be read are named, and
    the call ends with 2. Example: chaconne evaluate bach/ generated/ --out bach.json
    """
    from threadpoolctl import threadpool_limits

    from chaconne.evaluation import tables
    from chaconne.evaluation.outside import comparison
    from chaconne.running.stage import stage

    settings = {"embedders": embedder or list(comparison.EMBEDDERS), "weights": str(weights or ""), "clips": clips,
                "clip_seconds": seconds, "seed": seed}
    with stage("chaconne evaluate", seed, threads, keep_clock=False, alone=False), threadpool_limits(threads):
        found = comparison.evaluate(reference, samples, settings, cache or comparison.cache_folder())
        if out:
            tables.write_table(out, found)
    show(found)
    if out:
        typer.echo(f"written to {out}")
    for line in [*found["left_out"]["remarks"], *found["left_out"]["unreadable"]]:
        typer.echo(f"chaconne: {line}", err=True)
    if found["left_out"]["unreadable"]:
        raise typer.Exit(2)


def show(found):
    """Print the table of comparison.evaluate."""
    from rich.console import Console
    from rich.table import Table

    from chaconne.evaluation.verdict.nested import leaves

    about = found["settings"]
    drawn = Table(title=f"{about['clips']} clips of {about['clip_seconds']:g} s against {about['reference_clips']} "
                        f"of {about['reference']}", caption="below a number: its 95 % interval")
    names = ("samples", "real", "noise")
    drawn.add_column("", no_wrap=True)
    for name in names:
        drawn.add_column(name, justify="right")
    cells = {name: dict(leaves(found[name])) for name in names}
    bounds = {name: dict(leaves(found["intervals"][name])) for name in names}
    for path in cells["samples"]:
        drawn.add_row(path, *(cell(cells[name].get(path), bounds[name].get(path)) for name in names))
    console = Console()
    console.print(drawn)
    for name, what in found["unavailable"].items():
        console.print(f"{name} is not available: {what}", markup=False)
    for text in found["warnings"]:
        console.print(f"Warning: {text}", markup=False)


def cell(value, interval):
    """Return '1.23' above '1.1 to 1.4'."""
    if value is None:
        return ""
    return f"{value:.3g}" + (f"\n{interval[0]:.3g} to {interval[1]:.3g}" if interval else "")
