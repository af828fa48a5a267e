"""`chaconne harmonize`: three voices below a melody."""

from pathlib import Path
from typing import Annotated

import typer

from chaconne.commands.check import AsWritten, Key, Parts, Pickup, Snap, as_dict, names_of, show
from chaconne.commands.compose import MODEL
from chaconne.commands.listen import said


def harmonize(
    melody: Annotated[Path, typer.Argument(help="MIDI, MusicXML, ABC or kern; of several voices the highest is taken")],
    out: Annotated[Path | None, typer.Option(help="what to write, without ending  [default: NAME.harmonized]")] = None,
    harmonizer: Annotated[str, typer.Option(help="rules, learned (by `dvc repro`), or a folder")] = "rules",
    key: Key = None,
    pickup: Pickup = None,
    seed: Annotated[int, typer.Option(min=0, help="another seed, another setting")] = 0,
    snap: Snap = False,
    parts: Parts = None,
    as_written: AsWritten = False,
    tempo: Annotated[float | None, typer.Option(min=20, max=400, help="quarters a minute")] = None,
    sound: Annotated[bool, typer.Option(help="write a WAV too")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON instead of lines")] = False,
):
    """Harmonise a melody as a four-part chorale and say which rules the result breaks.

    Writes MIDI, MusicXML, an engraved score and audio. Example: chaconne harmonize melody.mid --key e --seed 3
    """
    import json

    found = said(made, melody, harmonizer, key, pickup, seed, snap, tempo, parts, not as_written)
    from chaconne.counterpoint.composers.works import write_work

    written = said(write_work, found["judgement"], out or melody.with_name(f"{melody.stem}.harmonized"), sound)
    found["files"] = [str(path) for path in written]
    if as_json:
        typer.echo(json.dumps(as_dict(found), indent=2))
    else:
        show(found)


def made(path, harmonizer, key, pickup, seed, snap, tempo, parts=None, repeats=True):
    """Return {path, judgement, remarks} of the harmonised melody."""
    from dataclasses import replace

    from chaconne.counterpoint.composers.harmonizers import melody_of
    from chaconne.counterpoint.composers.judging import judge
    from chaconne.scores.formats.lines import read_score

    who = harmonizer_of(harmonizer)
    grid, remarks = read_score(path, snap, key, pickup, names_of(parts), repeats)
    melody = melody_of(grid, remarks)
    remarks.append(f"{melody.key} {melody.mode}" + (" as asked" if key else "; --key names another"))
    if tempo:
        melody = replace(melody, tempo_qpm=tempo)
    try:
        made = who.harmonize(melody, seed)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return {"path": path, "judgement": judge(made), "remarks": remarks}


def harmonizer_of(name):
    """Return the Harmonizer of this name, or that of the network in the folder `name`."""
    from chaconne.counterpoint.composers.harmonizers import HARMONIZERS

    if name in HARMONIZERS:
        return HARMONIZERS[name]()
    name = MODEL if name == "learned" else name
    if not Path(name, "network.json").exists():
        raise ValueError(f"--harmonizer: expected {', '.join(HARMONIZERS)}, learned or a folder with network.json, got "
                         f"{str(name)!r}; `dvc repro stages/counterpoint/dvc.yaml:reinforce` trains one")
    from chaconne.counterpoint.learned import ModelHarmonizer
    from chaconne.counterpoint.network.model import load
    from chaconne.running.files import read_json

    band = Path(name, "band.json")
    return ModelHarmonizer(load(name), read_json(band) if band.exists() else None)
