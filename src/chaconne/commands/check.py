"""`chaconne check`: a linter for counterpoint."""

import json
from pathlib import Path
from typing import Annotated

import typer

from chaconne.commands.listen import said

Key = Annotated[str | None, typer.Option(help="G, Bb, f#, 'e minor'  [default: what the file says, or the notes]")]
Snap = Annotated[bool, typer.Option("--snap", help="move triplets and played rhythms to the nearest sixteenth")]
Pickup = Annotated[float | None, typer.Option(min=0, help="quarters before the first barline  [default: the file's]")]
Parts = Annotated[str | None, typer.Option(help="parts to take, apart by commas: Soprano,Alto  [default: all]")]
AsWritten = Annotated[bool, typer.Option("--as-written", help="repeats once, of several endings the last")]
Names = Annotated[list[str] | None, typer.Option(help="a rule; repeat for more")]


def check(
    scores: Annotated[list[Path], typer.Argument(help="MIDI, MusicXML, ABC or kern")],
    species: Annotated[int | None, typer.Option(min=1, max=5, help="of Fux, two voices  [default: four-part]")] = None,
    cantus: Annotated[str, typer.Option(help="the given voice: upper, lower; auto: the one with even notes")] = "auto",
    key: Key = None,
    pickup: Pickup = None,
    select: Names = None,
    ignore: Names = None,
    snap: Snap = False,
    parts: Parts = None,
    as_written: AsWritten = False,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON instead of lines")] = False,
    write: Annotated[bool, typer.Option(help="write NAME.checked.musicxml and .svg")] = True,
    out: Annotated[Path | None, typer.Option(help="folder for them  [default: that of the score]")] = None,
):
    """Say which rules of counterpoint a score breaks, with bar, beat and voices.

    Ends with 0 when it breaks none, 1 when it does, 2 when a score cannot be read; a score of ABC tunes with one voice
    is checked for full bars. Example: chaconne check chorale.mid --ignore nonchord
    """
    import sys

    places = {"upper": 0, "lower": 1, "auto": None}
    if cantus not in places:
        typer.echo(f"chaconne: --cantus: expected one of {', '.join(places)}; got {cantus!r}", err=True)
        raise typer.Exit(2)
    found, unread = [], 0
    for path in scores:
        try:
            found.append(said(check_one, path, species, places[cantus], key, select, ignore or (), snap, pickup,
                              parts, not as_written))
        except typer.Exit:
            # The other scores are checked all the same.
            unread += 1
    for result in found:
        judgement, remarks = result["judgement"], result["remarks"]
        files = ()
        if write and judgement is not None:
            from chaconne.counterpoint.composers.judging import annotate

            folder = out or result["path"].parent
            folder.mkdir(parents=True, exist_ok=True)
            files = annotate(judgement, folder / f"{result['path'].stem}.checked")
        result["files"] = [str(path) for path in files]
        if not as_json:
            show(result)
        else:
            for remark in remarks:
                print(f"{result['path']}: {remark}", file=sys.stderr)
    if as_json:
        typer.echo(json.dumps([as_dict(result) for result in found], indent=2))
    if unread or any(result["problems"] for result in found):
        raise typer.Exit(2 if unread else 1)


def names_of(parts):
    """Return the names in 'Soprano, Alto', None for none."""
    return [name.strip() for name in parts.split(",") if name.strip()] if parts else None


def check_one(path, species, cantus, key, select, ignore, snap, pickup, parts=None, repeats=True):
    """Return {path, judgement or None, remarks, problems} of one file."""
    from chaconne.counterpoint.composers.judging import judge
    from chaconne.scores.formats.abc.checking import file_problems
    from chaconne.scores.formats.lines import read_score
    from chaconne.scores.formats.reading import is_score

    if species is None and is_score(path, ("abc",)):
        tunes = file_problems(path)
        if tunes is not None:
            return {"path": path, "judgement": None, "remarks": [], "problems": tunes}
    grid, remarks = read_score(path, snap, key, pickup, names_of(parts), repeats)
    try:
        judgement = judge(grid, species, cantus, select, ignore)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return {"path": path, "judgement": judgement, "remarks": remarks, "problems": judgement.violations}


def show(result):
    """Print one score's lines and its summary."""
    path, judgement = result["path"], result["judgement"]
    for remark in result["remarks"]:
        typer.echo(f"{path}: note: {remark}")
    if judgement is None:
        for line in result["problems"]:
            typer.echo(f"{path}: {line}")
        count = len(result["problems"])
        typer.echo(f"{path}: " + (f"{count} problems" if count else "valid, bars are full"))
        return
    for v in judgement.violations:
        typer.echo(f"{path}:{v.bar}:{v.beat:g}: {v.rule} ({', '.join(v.voices)}): {v.text}")
    grid = judgement.grid
    typer.echo(f"{path}: {judgement.title}, {grid.key} {grid.mode}, {grid.metre}: "
               f"{len(judgement.violations)} violations in {grid.frames // 4} quarters")
    for name, count in judgement.counts.items():
        if count:
            typer.echo(f"  {name:22s}{count:4d}{judgement.rates[name]:8.2f} per 100 beats")
    if result["files"]:
        typer.echo("  written: " + ", ".join(result["files"]))


def as_dict(result):
    """Return what --json prints of one score."""
    if result["judgement"] is None:
        return {"path": str(result["path"]), "problems": result["problems"]}
    return {"path": str(result["path"]), "remarks": result["remarks"], "files": result["files"],
            **result["judgement"].as_dict()}
