"""`chaconne generate`, `reconstruct`, `continue`, `vary`, `morph`, `inpaint`: music into files."""

from pathlib import Path
from typing import Annotated

import typer

from chaconne.commands.options import (
    Conditions,
    Format,
    Guidance,
    Json,
    Method,
    Model,
    Out,
    Rev,
    Seed,
    Steps,
    Threads,
    Towards,
    Truncation,
    asked_conditions,
    beside,
    heard,
    names_of,
    open_trained,
    tell,
    told,
    write,
)

File = Annotated[Path, typer.Argument(help="a recording: wav, flac, ogg, mp3, m4a, ... of any length, rate, channels")]
Seconds = Annotated[float | None, typer.Option(min=0.1, max=86400, help="length  [default: 30]")]


@told
def generate(
    name: Annotated[str | None, typer.Argument(metavar="[MODEL]", help="the same as --model")] = None,
    model: Model = None,
    rev: Rev = None,
    seconds: Seconds = None,
    minutes: Annotated[float | None, typer.Option(min=0.01, max=1440, help="length in minutes instead")] = None,
    seed: Seed = 0,
    count: Annotated[int, typer.Option(min=1, max=10000, help="pieces, of this seed and those after it")] = 1,
    condition: Conditions = None,
    steps: Steps = None,
    method: Method = None,
    guidance: Guidance = None,
    truncation: Truncation = None,
    temperature: Annotated[float, typer.Option(min=0.05, max=2, help="of the noise that diffusion starts from, "
                                                                     "times the model's own; below 1 is more "
                                                                     "typical")] = 1.0,
    out: Out = Path("piece.wav"),
    format: Format = None,
    threads: Threads = None,
    as_json: Json = False,
):
    """Make a piece of music.

    Several pieces get the number of their seed in their names, so that each can be made again alone.

    [bold]Examples[/bold]

      chaconne generate --seconds 10

      chaconne generate diffusion --minutes 3 --seed 7 --out piece.flac

      chaconne generate gan --count 8 --truncation 0.7 --condition mode=minor --out minor.ogg

      chaconne generate --model pack.safetensors --seconds 20

      chaconne generate gan --rev exp-wider --out before.wav
    """
    if name and model and name != model:
        raise ValueError(f"expected one model, got {name} and --model {model}")
    if seconds and minutes:
        raise ValueError("expected --seconds or --minutes, got both")
    length = 60 * minutes if minutes else seconds or 30.0
    places = names_of(out, format, [seed + i for i in range(count)] if count > 1 else [None])
    trained = open_trained(name or model, rev, threads, steps=steps, method=method, guidance=guidance,
                           truncation=truncation)
    conditions = asked_conditions(trained, condition)
    from chaconne.editing.making import generated

    for i, place in enumerate(places):
        write(place, trained, lambda progress, one=seed + i: generated(
            trained, length, one, conditions, temperature, progress))
    tell(as_json, places, trained, length, seed=seed, count=count, conditions=conditions, temperature=temperature)


@told
def reconstruct(file: File, model: Model = None, rev: Rev = None, out: Out | None = None, format: Format = None,
                threads: Threads = None, as_json: Json = False):
    """Send a recording through the codec: the ceiling of what a generator on it can sound like.

    [bold]Example[/bold]

      chaconne reconstruct song.mp3 --out song.codec.flac
    """
    place = beside(file, "codec", out, format)
    trained = open_trained(model, rev, threads)
    from chaconne.editing.making import open_recording, reconstructed

    recording = heard(open_recording(trained, file))
    write(place, trained, lambda progress: reconstructed(trained, recording, progress))
    tell(as_json, [place], trained, recording.seconds, source=str(file))


@told
def go_on(file: File, seconds: Seconds = None, model: Model = None, rev: Rev = None, seed: Seed = 0,
          condition: Conditions = None, steps: Steps = None, method: Method = None, guidance: Guidance = None,
          out: Out | None = None, format: Format = None, threads: Threads = None, as_json: Json = False):
    """Go on where a recording ends; the file has the recording and what follows. Needs a diffusion model.

    [bold]Example[/bold]

      chaconne continue sketch.wav --seconds 20 --seed 3
    """
    from chaconne.scores.formats.reading import is_score

    if is_score(file):
        raise ValueError(f"{file}: a score, not a recording; `chaconne continue-score {file}` goes on with it")
    place, length = beside(file, "continued", out, format), seconds or 30.0
    trained = open_flow(model, rev, threads, "continue", steps=steps, method=method, guidance=guidance)
    conditions = asked_conditions(trained, condition)
    from chaconne.editing.making import continued, open_recording

    recording = heard(open_recording(trained, file))
    write(place, trained, lambda progress: continued(trained, recording, length, seed, conditions, progress))
    tell(as_json, [place], trained, recording.seconds + length, source=str(file), seed=seed, conditions=conditions)


@told
def vary(file: File, strength: Annotated[float, typer.Option(min=0.01, max=1, help="0: nothing changes, 1: all")] = 0.5,
         model: Model = None, rev: Rev = None, seed: Seed = 0, condition: Conditions = None, steps: Steps = None,
         method: Method = None, guidance: Guidance = None, out: Out | None = None, format: Format = None,
         threads: Threads = None, as_json: Json = False):
    """Make a variation of a recording: noise part of the way, and back. Needs a diffusion model.

    [bold]Example[/bold]

      chaconne vary tune.wav --strength 0.6 --seed 2
    """
    place = beside(file, "varied", out, format)
    trained = open_flow(model, rev, threads, "vary", steps=steps, method=method, guidance=guidance)
    conditions = asked_conditions(trained, condition)
    from chaconne.editing.making import open_recording, varied

    recording = heard(open_recording(trained, file))
    write(place, trained, lambda progress: varied(trained, recording, strength, seed, conditions, progress))
    tell(as_json, [place], trained, recording.seconds, source=str(file), strength=strength, seed=seed,
         conditions=conditions)


@told
def morph(
    first: Annotated[str, typer.Argument(metavar="A", help="a seed, or a recording")],
    second: Annotated[str, typer.Argument(metavar="B", help="another one")],
    seconds: Annotated[float | None, typer.Option(min=0.1, max=86400, help="length, of seeds  [default: 30]")] = None,
    strength: Annotated[float, typer.Option(min=0.01, max=1, help="of recordings: how far the middle is made "
                                                                  "anew")] = 0.6,
    model: Model = None, rev: Rev = None, seed: Seed = 0, condition: Conditions = None,
    towards: Towards = None, steps: Steps = None, method: Method = None, guidance: Guidance = None,
    truncation: Truncation = None, out: Out = Path("morph.wav"), format: Format = None, threads: Threads = None,
    as_json: Json = False,
):
    """Walk from one seed to another, or from one recording to another, in one piece.

    Seeds work with GAN and diffusion, plain or steered, and what is asked for may turn on the way; recordings work
    with diffusion, and the length is that of the shorter one.

    [bold]Examples[/bold]

      chaconne morph 1 2 --seconds 40 --out walk.wav

      chaconne morph 1 1 --model steered_gan --condition instrument=Violin --towards "instrument=Reed Organ"

      chaconne morph mine.wav yours.wav --model diffusion
    """
    (place,) = names_of(out, format, [None])
    seeds = [int(text) for text in (first, second) if text.isdecimal()]
    if len(seeds) == 1:
        raise ValueError(f"expected two seeds or two recordings, got {first} and {second}")
    if not seeds and seconds:
        raise ValueError("--seconds: two recordings are as long as they are")
    if not seeds and towards:
        raise ValueError("--towards: expected two seeds, got two recordings, which say how it ends")
    trained = open_trained(model or (None if seeds else "diffusion"), rev, threads, steps=steps, method=method,
                           guidance=guidance, truncation=truncation)
    conditions, ends = asked_conditions(trained, condition), asked_conditions(trained, towards, "--towards")
    from chaconne.editing import making

    if seeds:
        length = seconds or 30.0
        write(place, trained, lambda progress: making.morphed_seeds(trained, seeds, length, conditions, ends, progress))
    else:
        making.flow.check(trained, "morph of recordings")
        both = [heard(making.open_recording(trained, path)) for path in (first, second)]
        length = min(one.seconds for one in both)
        write(place, trained, lambda progress: making.morphed_recordings(
            trained, both, strength, seed, conditions, progress))
    tell(as_json, [place], trained, length, source=[first, second], seed=seed, conditions=conditions, towards=ends)


@told
def inpaint(
    file: File,
    start: Annotated[float, typer.Option("--from", min=0, help="seconds: where the new part begins")],
    end: Annotated[float, typer.Option("--to", min=0.01, help="seconds: where it ends")],
    model: Model = None, rev: Rev = None, seed: Seed = 0, condition: Conditions = None, steps: Steps = None,
    method: Method = None, guidance: Guidance = None, out: Out | None = None, format: Format = None,
    threads: Threads = None, as_json: Json = False,
):
    """Make a part of a recording anew, so that it fits what stands before and behind it. Needs a diffusion model.

    [bold]Example[/bold]

      chaconne inpaint take.wav --from 12.5 --to 16 --seed 5
    """
    place = beside(file, "inpainted", out, format)
    trained = open_flow(model, rev, threads, "inpaint", steps=steps, method=method, guidance=guidance)
    conditions = asked_conditions(trained, condition)
    from chaconne.editing.making import inpainted, open_recording

    recording = heard(open_recording(trained, file))
    write(place, trained, lambda progress: inpainted(trained, recording, start, end, seed, conditions, progress))
    tell(as_json, [place], trained, recording.seconds, source=str(file), start=start, end=end, seed=seed,
         conditions=conditions)


def open_flow(model, rev, threads, what, **knobs):
    """Return the Trained, which must be able to keep a part of a recording."""
    trained = open_trained(model or "diffusion", rev, threads, **knobs)
    from chaconne.editing.flow import check

    check(trained, what)
    return trained
