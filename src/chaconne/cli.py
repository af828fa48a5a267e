"""`chaconne`: work outside the pipeline. Heavy imports wait until a command needs them."""

from pathlib import Path
from typing import Annotated

import typer

from chaconne.commands import benchmark, musika, sweep
from chaconne.commands.check import check
from chaconne.commands.compose import compose, go_on
from chaconne.commands.evaluate import evaluate
from chaconne.commands.harmonize import harmonize
from chaconne.commands.listen import listen, preference
from chaconne.commands.repair import repair
from chaconne.commands.species import species

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
for command in (check, compose, evaluate, harmonize, listen, preference, repair, species):
    app.command()(command)
app.command("continue")(go_on)
app.add_typer(benchmark.app, name="benchmark")
app.add_typer(sweep.app, name="sweep")
app.add_typer(musika.app, name="musika")


@app.callback()
def main():
    """Music from compressed latents. The pipeline itself runs with `dvc repro`."""


@app.command()
def generate(
    model: Annotated[str, typer.Argument(help="a folder of data/models: gan, diffusion, finetuned, scratch")] = "gan",
    seconds: Annotated[float, typer.Option(min=0.1, max=86400, help="length of the piece")] = 30.0,
    seed: Annotated[int, typer.Option(min=0, help="another seed, another piece")] = 0,
    out: Annotated[Path, typer.Option(help="file to write (.wav)")] = Path("piece.wav"),
    condition: Annotated[list[str] | None, typer.Option(help="attribute=value; repeat for more")] = None,
):
    """Make a piece of music with a trained generator.

    Example: chaconne generate diffusion --seconds 120 --seed 7 --out piece.wav
    """
    trained = sorted(p.parent.name for p in Path("data/models").glob("*/model.json"))
    if model not in trained:
        fail(f"model: expected one of {', '.join(trained) or 'none trained yet'}; got {model!r}; "
             "`dvc repro` in the folder of the project trains them")
    pairs = [c.partition("=") for c in condition or []]
    if bad := ["".join(p) for p in pairs if not (p[0] and p[1] and p[2])]:
        fail(f"--condition: expected attribute=value, got {bad[0]!r}")
    from chaconne.audio import write_wav
    from chaconne.modules import load_codec, load_generator
    from chaconne.stage import read_params

    params, codec, generator = read_params(), load_codec("data/codec"), load_generator(f"data/models/{model}")
    conditions = {attribute: value for attribute, _, value in pairs}
    for attribute, value in conditions.items():
        if value not in generator.vocabulary.get(attribute, []):
            known = [f"{a}={v}" for a, values in generator.vocabulary.items() for v in values]
            fail(f"--condition: this model knows {', '.join(known) or 'no conditions'}; got {attribute}={value}")
    latents = generator.sample(seconds, seed, conditions, params[generator.name]["sample"])
    audio = codec.decode(latents)[0][:round(seconds * codec.sample_rate_hz)]
    write_wav(out, audio, codec.sample_rate_hz)
    typer.echo(f"{out}: {seconds:g} s by {model}, seed {seed}")


def fail(message):
    """Say one line to stderr and exit with status 2."""
    typer.echo(f"chaconne: {message}", err=True)
    raise typer.Exit(2)
