"""`chaconne convert`: a score from one format into another."""

from pathlib import Path
from typing import Annotated

import typer

from chaconne.commands.check import AsWritten, Key, Parts, Pickup, Snap, names_of
from chaconne.commands.listen import said


def convert(
    score: Annotated[Path, typer.Argument(help="MIDI, MusicXML, ABC or kern")],
    out: Annotated[Path, typer.Argument(help="NAME.mid, .musicxml, .abc, .krn, or .svg: engraved")],
    key: Key = None,
    pickup: Pickup = None,
    snap: Snap = False,
    parts: Parts = None,
    as_written: AsWritten = False,
):
    """Write a score in another format, at sounding pitch, repeats played.

    Example: chaconne convert quartet.mxl violin.abc --parts "Violin I" --as-written
    """
    from chaconne.scores.conversion.writing import write_score
    from chaconne.scores.formats.lines import read_score

    grid, remarks = said(read_score, score, snap, key, pickup, names_of(parts), not as_written)
    for remark in remarks:
        typer.echo(f"{score}: note: {remark}")
    said(write_score, grid, out)
    typer.echo(f"written: {out}")
