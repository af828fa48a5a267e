"""`chaconne listen` and `chaconne preference`."""

import json
from pathlib import Path
from typing import Annotated

import typer


def listen(
    systems: Annotated[tuple[str, str], typer.Option(help="the two rows to compare, as in data/samples")] = (
        "gan", "diffusion"),
    pairs: Annotated[int | None, typer.Option(
        min=1, help="how many pairs; 20 take ten minutes  [default: 20, or all there are]")] = None,
    reference: Annotated[str, typer.Option(help="row that X is taken of; '' leaves X out")] = "real",
    samples: Annotated[Path, typer.Option(help="folder of the rows")] = Path("data/samples"),
    seed: Annotated[int, typer.Option(min=0, help="another seed, other clips in another order")] = 0,
    out: Annotated[Path, typer.Option(help="page to write (.html); its key stands beside it")] = Path("listening.html"),
):
    """Make a page for blind listening: X is real music, A and B one of each system, nobody sees which.

    Example: chaconne listen --systems gan diffusion --pairs 20 --out listening.html
    """
    from chaconne.pages.listening.page import make

    key, pairs = said(make, out, list(systems), pairs, seed, samples, reference or None)
    typer.echo(f"{out}: {pairs} pairs, one file to send to listeners\n{key}: what A and B were; keep it to yourself")


def preference(
    files: Annotated[list[Path], typer.Argument(help="answers that listeners saved (.json)")],
    key: Annotated[Path, typer.Option(help="the key beside the page")] = Path("listening.key.json"),
    out: Annotated[Path | None, typer.Option(help="file for the same as JSON")] = None,
):
    """Tell which system listeners preferred, with a 95 % interval, from the answers they saved.

    Example: chaconne preference answers-*.json --key listening.key.json
    """
    from chaconne.pages.listening.tally import preference as tally
    from chaconne.storage.files import write_json

    found = said(tally, files, key)
    for name, result in found["listeners"].items():
        wins = ", ".join(f"{system} {count}" for system, count in result["wins"].items())
        between = result["interval"] and " to ".join(f"{100 * bound:.0f}" for bound in result["interval"])
        share = f"; {100 * result['share']:.0f} % {found['systems'][1]} ({between} %)" if between else ""
        typer.echo(f"{json.dumps(name, ensure_ascii=False)}: {wins}, no preference {result['ties']}{share}")
    typer.echo(found["text"])
    if out:
        write_json(out, found)


def said(work, *arguments):
    """Return work(*arguments); what is wrong with the input becomes one line and exit status 2."""
    try:
        return work(*arguments)
    except (FileNotFoundError, ValueError) as error:
        typer.echo(f"chaconne: {error}", err=True)
        raise typer.Exit(2) from None
