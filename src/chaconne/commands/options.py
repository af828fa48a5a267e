"""What the commands that make music share: options, where files go, progress, and one line for what is wrong."""

import functools
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

Model = Annotated[str | None, typer.Option(
    "--model", "-m", help="gan, diffusion, distilled, finetuned, ..., or a pack (folder or file)  "
                          "[default: params.yaml]",
    autocompletion=lambda: known_models())]
Rev = Annotated[str | None, typer.Option(help="a Git revision or a DVC experiment; the workspace is left alone")]
Seed = Annotated[int, typer.Option(min=0, max=2**32 - 1, help="another seed, another piece")]
Conditions = Annotated[list[str] | None, typer.Option(
    "--condition", help="attribute=value; repeat for more. Steered models take numbers, and curves of value@second: "
                        "register=52@0,68@30")]
Towards = Annotated[list[str] | None, typer.Option(
    "--towards", help="attribute=value at the end, of seeds; --condition is what it begins with")]
Steps = Annotated[int | None, typer.Option(
    min=1, max=1000, help="of diffusion: more are finer and slower; of distilled: 1, 2 or 4")]
Method = Annotated[str | None, typer.Option(help="of diffusion: heun, multistep or euler")]
Guidance = Annotated[float | None, typer.Option(min=0, max=100, help="of diffusion, towards the condition; 1 is off")]
Truncation = Annotated[float | None, typer.Option(min=0, max=100, help="of a GAN: less is more typical, less varied")]
Out = Annotated[Path, typer.Option("--out", "-o", help="file to write: .wav .flac .ogg")]
Format = Annotated[str | None, typer.Option(help="wav, flac or ogg, instead of the ending")]
Threads = Annotated[int | None, typer.Option(min=1, max=1024, help="of torch; other counts give other last digits")]
Json = Annotated[bool, typer.Option("--json", help="print one JSON object instead of lines")]
FORMATS = ("wav", "flac", "ogg")


def known_models():
    """Return the names of the models here, for completion."""
    from chaconne.trained.finding import names_in
    from chaconne.trained.packs.places import project_root

    root = project_root()
    return names_in(root) if root else []


def told(command):
    """Wrap a command: bad input is one line and exit 2, a full disk or memory 1, Ctrl-C 130."""
    @functools.wraps(command)
    def wrapped(*args, **kwargs):
        try:
            return command(*args, **kwargs)
        except KeyboardInterrupt:
            typer.echo("chaconne: stopped", err=True)
            raise typer.Exit(130) from None
        except (FileNotFoundError, ValueError) as error:
            typer.echo(f"chaconne: {' '.join(str(error).split())}", err=True)
            raise typer.Exit(2) from None
        except (OSError, MemoryError) as error:
            from chaconne.running.stage import explain

            reason = explain(error) or " ".join(str(error).split())
            typer.echo(f"chaconne: {reason}", err=True)
            raise typer.Exit(1) from None

    return wrapped


def open_trained(model, rev, threads, **knobs):
    """Return the Trained of what was asked for, with the knobs that are not None."""
    import os

    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from chaconne.trained.finding import find

    found = find(model, rev)
    if threads:
        import torch

        torch.set_num_threads(threads)
    return found.load().with_knobs(**knobs)


def asked_conditions(trained, pairs, option="--condition"):
    """Return {attribute: value} of texts attribute=value; ValueError names what the model knows, and the option."""
    vocabulary, found = trained.generator.vocabulary, {}
    numbers = trained.generator.limits() if trained.steered else {}
    for text in pairs or []:
        attribute, equals, value = text.partition("=")
        if not (attribute and equals and value):
            raise ValueError(f"{option}: expected attribute=value, got {text!r}")
        if attribute in numbers:
            found[attribute] = trained.generator.wish(attribute, value)
            continue
        if value not in vocabulary.get(attribute, []):
            known = [f"{a}={v}" for a, values in vocabulary.items() for v in values]
            known += [f"{a}={low:.3g}..{high:.3g} ({unit})" for a, (low, high, unit) in numbers.items()]
            raise ValueError(f"{option}: this model knows {', '.join(known) or 'no conditions'}; got {text}")
        found[attribute] = value
    return found


def names_of(out, format, seeds):
    """Return the Path for each seed (None: the only one), with the ending that `format` asks for."""
    if format is not None and format not in FORMATS:
        raise ValueError(f"--format: expected one of {', '.join(FORMATS)}; got {format!r}")
    out = out.with_suffix(f".{format}") if format else out
    if out.suffix.lower().lstrip(".") not in FORMATS:
        raise ValueError(f"--out: expected a name that ends in .{', .'.join(FORMATS)}, got {str(out)!r}")
    if out.is_dir():
        raise ValueError(f"--out: expected a file, got the folder {out}")
    return [out if seed is None else out.with_name(f"{out.stem}-{seed}{out.suffix}") for seed in seeds]


def beside(file, what, out, format):
    """Return the Path to write: `out`, or the recording's name with `what` in it; never the recording itself."""
    (place,) = names_of(out or Path(file).with_suffix(f".{what}.wav"), format, [None])
    if place.resolve() == Path(file).resolve():
        raise ValueError(f"--out: expected another file than the recording {file}")
    return place


def bars(steps, what, total=None):
    """Show progress with the time that is left, after two seconds; nothing where nobody looks."""
    from tqdm import tqdm

    return tqdm(steps, desc=what, total=total, delay=2, leave=False, disable=None)


def write(place, trained, blocks):
    """Write the audio that blocks(progress) yields; the file is there, whole, or not at all."""
    from chaconne.editing.recordings import writing

    with writing(place, trained.codec.sample_rate_hz) as sink:
        for block in blocks(bars):
            sink(block)


def heard(recording):
    """Return a recording; what is to be known of how it was read is said."""
    for remark in recording.remarks:
        typer.echo(f"{recording.path}: {remark}", err=True)
    return recording


def tell(as_json, places, trained, seconds, **more):
    """Say what was written, as lines or as one JSON object."""
    if not as_json:
        for place in places:
            typer.echo(f"{place}: {seconds:.4g} s by {trained.name}")
        return
    import torch

    said = {"files": [str(p) for p in places], "model": trained.name, "kind": trained.generator.name,
            "origin": trained.found.origin, "seconds": round(seconds, 3), "knobs": trained.knobs,
            "sample_rate_hz": trained.codec.sample_rate_hz, "threads": torch.get_num_threads(), **more}
    json.dump(said, sys.stdout, indent=2, sort_keys=True, allow_nan=False)
    sys.stdout.write("\n")
