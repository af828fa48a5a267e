"""`chaconne power`: how many answers part two systems?"""

from pathlib import Path
from typing import Annotated

import typer

from chaconne.commands.listen import KeepAll, Key, MayMiss, said


def power(
    files: Annotated[list[Path] | None, typer.Argument(
        help="answers that listeners saved: the effect that they show", show_default=False)] = None,
    share: Annotated[list[float] | None, typer.Option(
        help="how often one system is chosen, repeatable  [default: that of the files, or 0.55 to 0.8]")] = None,
    power: Annotated[float, typer.Option(help="chance that the difference is then shown")] = 0.8,
    pairs: Annotated[list[int] | None, typer.Option(
        min=1, help="of the two systems that each listener hears, repeatable  [default: 10 20 40]")] = None,
    between: Annotated[float, typer.Option(
        help="with --share: the standard deviation of the listeners' own shares (0.1: most lie within 0.2)")] = 0.0,
    key: Key = Path("listening.key.json"),
    may_miss: MayMiss = 0,
    keep_all: KeepAll = False,
):
    """Tell how many answers part two systems, by the exact binomial test at 95 %, and how many listeners give them.

    From a share that you expect, or from the answers to a first test: their share, the nearer end of its interval, and
    how much listeners and pairs differ. With more than two systems each pair of systems needs as many.

    Example: chaconne power --share 0.6 --between 0.1 or chaconne power answers-*.json --key listening.key.json
    """
    if files and (share or between):
        typer.echo("chaconne: expected files or --share (and --between), got both", err=True)
        raise typer.Exit(2)
    each = sorted(set(pairs or (10, 20, 40)))
    if files:
        lines = said(from_answers, files, key, may_miss, keep_all, power, each)
    else:
        lines = said(planned, share or [0.55, 0.6, 0.65, 0.7, 0.75, 0.8], between, power, each)
    typer.echo(f"Forced choices of two systems for {100 * power:g} % power: independent answers by the exact binomial "
               "test,\nand listeners until `chaconne preference` shows it")
    for line in [row("share", "answers", *(f"{number} pairs each" for number in each)), *lines]:
        typer.echo(line)


def planned(shares, between, power, each):
    """Return the rows of the table for shares (0..1) that are expected."""
    from chaconne.pages.listening import power as planning

    return [needed(f"{100 * share:g} %", share, planning.between(between, share), power, each) for share in shares]


def from_answers(files, key, may_miss, keep_all, power, each):
    """Return the lines for what answers show: of each two systems what was measured, and two rows of the table."""
    from chaconne.pages.listening import power as planning

    lines = []
    for found in planning.measured(files, key, may_miss, keep_all):
        one, other = found["systems"]
        if found["share"] is None:
            lines.append(f"{one} and {other}: no answer with a preference")
            continue
        share, (low, high), alike = found["share"], found["interval"], found["alike"]
        nearer = low if share > 0.5 else high
        lines.append(f"{other} against {one}: {100 * share:.0f} % ({100 * low:.0f} to {100 * high:.0f} %) by "
                     f"{found['listeners']} listener{'' if found['listeners'] == 1 else 's'}; of the variance "
                     f"{100 * alike.listeners:.0f} % lies between listeners, {100 * alike.pairs:.0f} % between pairs")
        for name, value in (("measured", share), ("nearer end", nearer)):
            if abs(value - 0.5) < planning.NEAREST or (value > 0.5) != (share > 0.5):
                lines.append(f"{name}: 50 % or beyond; no number of answers is enough")
            else:
                lines.append(needed(f"{100 * value:.0f} % {name}", value, alike, power, each))
    return lines


def needed(name, share, alike, power, each):
    """Return a row of the table: how many answers, and how many listeners with `each` pairs."""
    from chaconne.pages.listening import power as planning

    listeners = [planning.listeners_needed(share, number, alike, power) for number in each]
    return row(name, planning.answers_needed(share, power),
               *("more pairs" if number is None else number for number in listeners))


def row(name, *cells):
    """Return a line of the table."""
    return f"{name:16}" + "".join(f"{cell:>16}" for cell in cells)
