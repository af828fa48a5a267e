"""`chaconne pack` and `chaconne unpack`: a model to give away."""

from pathlib import Path
from typing import Annotated

import typer

from chaconne.commands.options import Json, Rev, told


@told
def pack(
    model: Annotated[str | None, typer.Argument(help="gan, diffusion, finetuned, ...  [default: params.yaml]")] = None,
    rev: Rev = None,
    name: Annotated[str | None, typer.Option(help="what it is called from now on  [default: as the model]")] = None,
    licence: Annotated[str | None, typer.Option(help="of the weights, an SPDX identifier such as cc-by-4.0")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="folder, or one file where it ends in .safetensors "
                                                                 " [default: NAME.safetensors]")] = None,
    as_json: Json = False,
):
    """Pack a model: weights, codec, knobs, numbers, licence and provenance, with a model card.

    Who gets it types `chaconne generate --model PACK`; they need no pipeline. A folder can be uploaded to a hub as it
    is (README.md is its card).

    [bold]Examples[/bold]

      chaconne pack gan --out organ.safetensors

      chaconne pack finetuned --name fiddle --licence cc-by-4.0 --out fiddle/
    """
    from chaconne.trained.finding import find
    from chaconne.trained.packs.packing import pack as make
    from chaconne.trained.packs.places import PACK, project_root

    if name is not None and not name.isprintable():
        raise ValueError(f"--name: expected a name, got {name!r}")
    found = find(model, rev)
    if (found.model / PACK).exists():
        raise ValueError(f"expected a model of the project, got the pack {model}; a pack can be copied as it is")
    out = out or Path(f"{(name or found.name).replace('/', '-')}.safetensors")
    if out.exists() and not (out.is_file() or (out / PACK).exists()):
        raise ValueError(f"--out: {out} is there already and is no pack; name another, or move it away")
    said = make(found, out, project_root(), name, licence)
    show(said, out, as_json)


@told
def unpack(
    file: Annotated[Path, typer.Argument(help="a pack")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="folder  [default: the pack's name]")] = None,
    as_json: Json = False,
):
    """Turn a pack of one file into a folder: its card to read, its weights to fine-tune.

    [bold]Example[/bold]

      chaconne unpack organ.safetensors --out pretrained/organ
    """
    from chaconne.running.files import read_json
    from chaconne.trained.packs.opening import open_pack
    from chaconne.trained.packs.opening import unpack as write
    from chaconne.trained.packs.places import PACK

    out = out or file.with_suffix("")
    if file.is_dir():
        raise ValueError(f"{file} is a folder already; copy it")
    if out.exists():
        raise ValueError(f"--out: {out} is there already; name another folder, or move it away")
    open_pack(file)     # whole, and of a format that is known
    write(file, out)
    show(read_json(out / PACK), out, as_json)


def show(said, out, as_json):
    """Say what is in a pack."""
    if as_json:
        import json

        typer.echo(json.dumps({"path": str(out), **said}, indent=2, sort_keys=True))
        return
    size = sum(p.stat().st_size for p in ([out] if out.is_file() else out.iterdir()))
    typer.echo(f"{out}: {said['name']} ({said['generator']}), {size / 2**20:.1f} MiB; "
               f"try it: chaconne generate --model {out} --seconds 20")
