"""`chaconne compose` and `chaconne continue-score`: four voices or a tune, from a trained network or by rules."""

from pathlib import Path
from typing import Annotated

import typer

from chaconne.commands.check import AsWritten, Key, Parts, Pickup, Snap, as_dict, names_of, show
from chaconne.commands.listen import said

MODEL = Path("data/counterpoint/reinforced")
TUNES = Path("data/counterpoint/tunes")
Model = Annotated[str, typer.Option(help=f"rules, or the folder of a trained network  [default: {MODEL}]")]
Seed = Annotated[int, typer.Option(min=0, help="another seed, another piece")]
Best = Annotated[int, typer.Option("-k", "--best-of", min=1, max=1000, help="pieces drawn, the nearest to Bach kept")]
Guide = Annotated[float, typer.Option(min=0, max=10, help="strength of the rules while notes are drawn; 0: none")]
Temperature = Annotated[float, typer.Option(min=0.1, max=2, help="below 1 is more typical")]
Density = Annotated[float | None, typer.Option(min=0.1, max=4, help="onsets a beat and voice; Bach: 1.08")]
Ranges = Annotated[list[str] | None, typer.Option("--range", metavar="VOICE=LOW-HIGH",
                                                  help="MIDI pitches, such as soprano=60-79; for each voice")]
Sound = Annotated[bool, typer.Option(help="write a WAV too")]
Json = Annotated[bool, typer.Option("--json", help="print JSON instead of lines")]


def compose(
    out: Annotated[Path, typer.Option(help="what to write, without ending")] = Path("piece"),
    key: Annotated[str, typer.Option(help="G, Bb, f# (minor), 'e minor'")] = "G",
    metre: Annotated[str, typer.Option(help="4/4, 3/4; tunes: 6/8, 2/4, ...")] = "4/4",
    bars: Annotated[int, typer.Option(min=1, max=128)] = 8,
    phrase: Annotated[int, typer.Option(min=1, help="bars to a fermata")] = 2,
    model: Model = str(MODEL),
    seed: Seed = 0,
    best_of: Best = 8,
    guide: Guide = 0.0,
    temperature: Temperature = 1.0,
    density: Density = None,
    ranges: Ranges = None,
    tempo: Annotated[float | None, typer.Option(min=20, max=400, help="quarters a minute")] = None,
    tune: Annotated[bool, typer.Option("--tune", help="a fiddle tune of one voice, written as ABC too")] = False,
    sound: Sound = True,
    as_json: Json = False,
):
    """Compose a chorale of four voices (or a tune) from nothing and say which rules it breaks.

    Writes MIDI, MusicXML, an engraved score and audio. Example: chaconne compose --key e --bars 12 --out piece
    """
    if tune:
        grid = said(new_tune, key, metre, bars, model, seed, best_of, temperature, tempo, density, ranges)
        finish_tune(grid, out, sound)
    else:
        found = said(new_piece, key, metre, bars, phrase, model, seed, best_of, guide, temperature, tempo, density,
                     ranges)
        finish(found, out, sound, as_json)


def go_on(
    score: Annotated[Path, typer.Argument(help="four voices: MIDI, MusicXML, ABC or kern")],
    out: Annotated[Path | None, typer.Option(help="what to write, without ending  [default: NAME.continued]")] = None,
    bars: Annotated[int, typer.Option(min=1, max=128, help="to add")] = 4,
    model: Model = str(MODEL),
    key: Key = None,
    pickup: Pickup = None,
    snap: Snap = False,
    parts: Parts = None,
    as_written: AsWritten = False,
    seed: Seed = 0,
    best_of: Best = 8,
    guide: Guide = 0.0,
    temperature: Temperature = 1.0,
    sound: Sound = True,
    as_json: Json = False,
):
    """Continue a piece of four voices by some bars and say which rules the whole breaks.

    Writes MIDI, MusicXML, an engraved score and audio. Example: chaconne continue-score beginning.mid --bars 8 --seed 3
    """
    found = said(continued, score, bars, model, key, pickup, snap, seed, best_of, guide, temperature, parts,
                 not as_written)
    finish(found, out or score.with_name(f"{score.stem}.continued"), sound, as_json)


def new_piece(key, metre, bars, phrase, model, seed, k, guide, temperature, tempo, density=None, ranges=None):
    """Return {judgement, remarks} of a new piece."""
    from dataclasses import replace

    from chaconne.counterpoint.composers.composing import RuleComposer, plan_of
    from chaconne.counterpoint.composers.judging import judge
    from chaconne.counterpoint.composers.wishes import check_ranges, parse_range
    from chaconne.scores.formats.reading import parse_key

    tonic, mode = parse_key(key)
    within = dict(parse_range(text) for text in ranges or ())
    check_ranges(within)
    if (density or within) and model == "rules":
        raise ValueError("--density, --range: only a trained network hears them; rules alone do not")
    plan = replace(plan_of(tonic, mode, metre, bars, phrase), title=f"Piece {seed}")
    plan = replace(plan, tempo_qpm=tempo or plan.tempo_qpm)
    composer = RuleComposer() if model == "rules" else composer_of(model, k, guide, temperature, density, within)
    return {"judgement": judge(composer.compose([plan], seed=seed)[0]), "remarks": []}


def continued(path, bars, model, key, pickup, snap, seed, k, guide, temperature, parts=None, repeats=True):
    """Return {judgement, remarks} of a piece that goes on."""
    from chaconne.counterpoint.composers.judging import judge
    from chaconne.scores.formats.lines import read_score

    if model == "rules":
        raise ValueError("--model: continuing needs a trained network; rules alone cannot")
    grid, remarks = read_score(path, snap, key, pickup, names_of(parts), repeats)
    if grid.voices != 4:
        raise ValueError(f"{path}: expected four voices, got {grid.voices}; `chaconne harmonize` adds them to a melody")
    try:
        whole = composer_of(model, k, guide, temperature).extend(grid, bars, seed)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return {"judgement": judge(whole), "remarks": remarks}


def composer_of(model, k, guide, temperature, density=None, ranges=None):
    """Return the NetworkComposer of a folder; ValueError says how to make one."""
    from chaconne.counterpoint.composers.composing import NetworkComposer
    from chaconne.counterpoint.network.model import load
    from chaconne.running.files import read_json

    folder = trained(model)
    band = folder / "band.json"
    if k > 1 and not band.exists():
        raise ValueError(f"--best-of: {folder} has no band.json to choose by; take {MODEL}, or --best-of 1")
    return NetworkComposer(load(folder), read_json(band) if band.exists() else None, k, guide, temperature, density,
                           ranges)


def trained(model):
    """Return the folder of a network, or raise ValueError that says how to make one."""
    if not Path(model, "network.json").exists():
        raise ValueError(f"--model: expected rules or a folder with network.json, got {model}; "
                         "`dvc repro stages/counterpoint/dvc.yaml:reinforce` trains one (20 minutes)")
    return Path(model)


def new_tune(key, metre, bars, model, seed, k, temperature, tempo, density, ranges):
    """Return the Grid of a tune."""
    from dataclasses import replace

    from chaconne.counterpoint.composers.tunes import compose_tune
    from chaconne.counterpoint.network.model import load
    from chaconne.scores.formats.reading import parse_key

    if density or ranges:
        raise ValueError("--density, --range: only pieces of four voices hear them, not --tune")
    tonic, mode = parse_key(key)
    network = load(trained(TUNES if model == str(MODEL) else model))
    if network.voices != 1:
        raise ValueError(f"--model: a tune needs a network of one voice, {model} has {network.voices}")
    grid = compose_tune(network, tonic, mode, metre, bars, seed, k, temperature)
    return replace(grid, title=f"Tune {seed}", tempo_qpm=tempo or grid.tempo_qpm)


def finish(found, out, sound, as_json):
    """Write a judged piece and say what it breaks."""
    import json

    from chaconne.counterpoint.composers.works import write_work

    found |= {"path": out, "files": [str(path) for path in said(write_work, found["judgement"], out, sound)]}
    if as_json:
        typer.echo(json.dumps(as_dict(found), indent=2))
    else:
        show(found)


def finish_tune(grid, out, sound):
    """Write a tune."""
    from chaconne.counterpoint.composers.tunes import write_tune

    typer.echo("written: " + ", ".join(str(path) for path in said(write_tune, grid, out, 1, sound)))
