"""`chaconne listen` and `chaconne preference`."""

import json
from pathlib import Path
from typing import Annotated

import typer

Key = Annotated[Path, typer.Option(help="the key beside the page")]
MayMiss = Annotated[int, typer.Option(min=0, help="checks; a listener who misses more is left out")]
KeepAll = Annotated[bool, typer.Option("--keep-all", help="count those who fail the checks, too")]


def listen(
    rows: Annotated[list[str] | None, typer.Argument(
        metavar="SYSTEM", help="the rows to compare, two or more, as in data/samples  [default: gan diffusion]",
        show_default=False)] = None,
    systems: Annotated[list[str] | None, typer.Option(
        help="may stand before the first of them: --systems gan diffusion codec")] = None,
    pairs: Annotated[int | None, typer.Option(
        min=1, help="how many, beside the checks; 20 take ten minutes  [default: about 20, or all there are]")] = None,
    reference: Annotated[str, typer.Option(help="row that X is taken of; '' leaves X out")] = "real",
    forced: Annotated[bool, typer.Option("--forced/--ties", help="A or B, or also `no preference`")] = True,
    checks: Annotated[int | None, typer.Option(
        min=0, help="hidden pairs of the reference and the row noise  [default: 4, 0 where a row is missing]")] = None,
    repeats: Annotated[int, typer.Option(min=0, help="pairs that come again with sides swapped")] = 1,
    samples: Annotated[Path, typer.Option(help="folder of the rows")] = Path("data/samples"),
    seed: Annotated[int, typer.Option(min=0, help="another seed, other clips in another order")] = 0,
    out: Annotated[Path, typer.Option(help="page to write (.html); its key stands beside it")] = Path("listening.html"),
):
    """Make a page for blind listening: X is real music, A and B one of each system, nobody sees which.

    Every two systems meet equally often, on both sides. Among the pairs are checks and repeats that only the key tells.

    Example: chaconne listen --systems gan diffusion codec --pairs 21 --out listening.html
    """
    from chaconne.pages.listening.page import make

    compared = [*(systems or []), *(rows or [])] or ["gan", "diffusion"]
    key, asked = said(make, out, compared, pairs, seed, samples, reference or None, forced, checks, repeats)
    typer.echo(f"{out}: {asked.pairs} pairs, {asked.checks} checks and {asked.repeats} repeated, one file to send to "
               f"listeners\n{key}: what A and B were; keep it to yourself")
    if checks is None and not asked.checks:
        typer.echo(f"no checks: they need the rows {asked.better} and {asked.worse} in {samples}")


def preference(
    files: Annotated[list[Path], typer.Argument(help="answers that listeners saved (.json)")],
    key: Key = Path("listening.key.json"),
    may_miss: MayMiss = 0,
    keep_all: KeepAll = False,
    out: Annotated[Path | None, typer.Option(help="file for the same as JSON")] = None,
):
    """Tell which system listeners preferred, with a 95 % interval, from the answers they saved.

    More than two systems are ranked (Bradley-Terry): strengths are logarithms, 1 apart is 73 % to 27 %. A listener who
    misses a check (--may-miss: more than so many) is left out; whether repeats agree is told, and decides nothing.

    Example: chaconne preference answers-*.json --key listening.key.json
    """
    from chaconne.pages.listening.tally import preference as tally
    from chaconne.storage.files import write_json

    found = said(tally, files, key, may_miss=may_miss, keep=keep_all)
    for name, result in found["listeners"].items():
        wins = ", ".join(f"{system} {count}" for system, count in result["wins"].items())
        between = result["interval"] and " to ".join(f"{100 * bound:.0f}" for bound in result["interval"])
        share = f"; {100 * result['share']:.0f} % {found['systems'][1]} ({between} %)" if between else ""
        typer.echo(f"{quoted(name)}: {wins}, no preference {result['ties']}{share}{checked(found, name)}")
    for line in rule(found):
        typer.echo(line)
    for one in found.get("ranking", []):
        wins = ", ".join(f"{other} {found['wins'][one['system']][other]} of {heard}"
                         for other, heard in found["answers"][one["system"]].items())
        low, high = one["interval"]
        typer.echo(f"{one['rank']}. {one['system']}: {one['strength']:.2f} ({low:.2f} to {high:.2f}); "
                   f"chosen over {wins}")
    typer.echo(found["text"])
    if out:
        write_json(out, found)


def checked(found, name):
    """Return how a listener did in the checks and repeats; '' where the page has none."""
    if "checks" not in found:
        return ""
    one = found["checks"]["listeners"][name]
    return f"; checks {one['passed']} of {one['checks']}, repeats agreed {one['agreed']} of {one['repeats']}"


def rule(found):
    """Return lines: the rule of the checks, and one for each listener who is left out."""
    about = found.get("checks", {})
    if not any(one["checks"] for one in about.get("listeners", {}).values()):
        return []
    if about["kept_all"]:
        return ["Checks: everyone counts (--keep-all)."]
    missed = {name: one["checks"] - one["passed"] for name, one in about["listeners"].items()}
    most = f"more than {about['may_miss']}" if about["may_miss"] else "one"
    return [f"Checks: who misses {most} is left out; {len(missed) - len(about['left_out'])} of "
            f"{len(missed)} listeners count.",
            *(f"{quoted(name)} is left out: {missed[name]} checks missed" for name in about["left_out"])]


def quoted(name):
    """Return a name from outside as it can be printed: no control characters."""
    return json.dumps(name, ensure_ascii=False)


def said(work, *arguments, **more):
    """Return work(*arguments, **more); what is wrong with the input becomes one line and exit status 2."""
    try:
        return work(*arguments, **more)
    except (FileNotFoundError, ValueError) as error:
        typer.echo(f"chaconne: {error}", err=True)
        raise typer.Exit(2) from None
