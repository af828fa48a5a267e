"""`chaconne doctor`: what is here, what is missing, and the command that mends it."""

from typing import Annotated

import typer

SIGNS = {"fine": "[green]ok[/green]", "note": "[yellow]note[/yellow]", "missing": "[red]missing[/red]"}


def doctor(
    gpu: Annotated[bool, typer.Option("--gpu", help="compare the accelerator with the processor: a minute or two")]
    = False,
    device: Annotated[str | None, typer.Option(help="with --gpu: cuda, cuda:1, mps, ...  [default: the first there "
                                                    "is]")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON instead of a table")] = False,
):
    """Look at the environment, the machine, the project, its models and caches; say what is missing and what mends it.

    Ends with 1 when something is missing that will be needed.

    [bold]Examples[/bold]

      chaconne doctor

      chaconne doctor --gpu

      chaconne doctor --json > machine.json
    """
    from chaconne.commands.doctoring import environment, project

    if device and not gpu:
        raise typer.BadParameter("--device belongs to --gpu")
    found = [*environment.look(), *(accelerated(device) if gpu else project.look())]
    if as_json:
        import json

        typer.echo(json.dumps([one.as_dict() for one in found], indent=2))
    else:
        show(found)
    if any(one.level == "missing" for one in found):
        raise typer.Exit(1)


def accelerated(device):
    """Return the Findings on the accelerator, with the sizes of the project's params.yaml."""
    from chaconne.commands.doctoring import accelerator
    from chaconne.running.params.reading import read_params
    from chaconne.trained.packs.places import project_root

    root = project_root()
    if root is None:
        raise typer.BadParameter("--gpu: no project here (params.yaml and dvc.yaml); go to the folder of the project")
    return accelerator.look(read_params(root), device)


def show(found):
    """Print a table, and the commands below it."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console, table = Console(), Table(box=None, pad_edge=False)
    for head in ("", "", ""):
        table.add_column(head, overflow="fold")
    area = ""
    for one in found:
        if one.area != area:
            area = one.area
            table.add_row(f"[bold]{area}[/bold]", "", "")
        table.add_row(f"  {escape(one.name)}", SIGNS[one.level], escape(one.text))
    console.print(table)
    mends = [one for one in found if one.mend and one.level != "fine"]
    if mends:
        console.print("\n[bold]What mends it[/bold]")
        for one in mends:
            console.print(f"  {escape(one.name)}: {escape(one.mend)}", soft_wrap=True)
