"""`chaconne species`: a counterpoint of the first species against a given line."""

from pathlib import Path
from typing import Annotated

import typer

from chaconne.commands.check import AsWritten, Key, Parts, Snap, names_of, show
from chaconne.commands.listen import said


def species(
    cantus: Annotated[Path, typer.Argument(help="cantus firmus in notes of equal length: MIDI, MusicXML or ABC")],
    below: Annotated[bool, typer.Option("--below", help="write the counterpoint below the cantus firmus")] = False,
    key: Key = None,
    snap: Snap = False,
    parts: Parts = None,
    as_written: AsWritten = False,
    seed: Annotated[int, typer.Option(min=0, help="another seed, another line")] = 0,
    out: Annotated[Path | None, typer.Option(help="what to write, without ending  [default: NAME.first]")] = None,
    sound: Annotated[bool, typer.Option(help="write a WAV too")] = True,
):
    """Set one note against each note of a cantus firmus, by the rules of Fux (first species).

    Example: chaconne species cantus.mid --key d --below
    """
    found = said(made, cantus, below, key, seed, snap, parts, not as_written)
    from chaconne.counterpoint.composers.works import write_work

    written = said(write_work, found["judgement"], out or cantus.with_name(f"{cantus.stem}.first"), sound)
    show(found | {"files": [str(path) for path in written]})


def made(path, below, key, seed, snap=False, parts=None, repeats=True):
    """Return {path, judgement, remarks} of the exercise."""
    from chaconne.counterpoint.composers.judging import judge
    from chaconne.counterpoint.first_species import compose, with_voice
    from chaconne.scores.formats.lines import read_score

    grid, remarks = read_score(path, snap, key, parts=names_of(parts), repeats=repeats)
    given = 0 if below else 1
    try:
        return {"path": path, "remarks": remarks,
                "judgement": judge(compose(with_voice(grid, below), given, seed), 1, given)}
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
