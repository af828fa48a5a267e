"""`chaconne`: work outside the pipeline. Heavy imports wait until a command needs them."""

from typing import Annotated

import typer

from chaconne.commands import benchmark, making, musika, sweep
from chaconne.commands.accompany import accompany
from chaconne.commands.adapt import adapt
from chaconne.commands.check import check
from chaconne.commands.compose import compose, go_on
from chaconne.commands.convert import convert
from chaconne.commands.doctor import doctor
from chaconne.commands.evaluate import evaluate
from chaconne.commands.harmonize import harmonize
from chaconne.commands.listen import listen, preference
from chaconne.commands.pack import pack, unpack
from chaconne.commands.power import power
from chaconne.commands.repair import repair
from chaconne.commands.species import species
from chaconne.commands.studio import studio

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode="rich",
                  context_settings={"help_option_names": ["-h", "--help"]})
PANELS = {
    "Make music": {"generate": making.generate, "continue": making.go_on, "vary": making.vary, "morph": making.morph,
                   "inpaint": making.inpaint, "accompany": accompany, "reconstruct": making.reconstruct,
                   "studio": studio},
    "Scores": {"compose": compose, "continue-score": go_on, "harmonize": harmonize, "check": check, "convert": convert,
               "species": species},
    "Measure and listen": {"evaluate": evaluate, "listen": listen, "preference": preference, "power": power},
    "Models and machine": {"adapt": adapt, "pack": pack, "unpack": unpack, "doctor": doctor, "repair": repair},
}
for panel, commands in PANELS.items():
    for name, command in commands.items():
        app.command(name, rich_help_panel=panel)(command)
app.add_typer(benchmark.app, name="benchmark", rich_help_panel="Measure and listen")
app.add_typer(sweep.app, name="sweep", rich_help_panel="Measure and listen")
app.add_typer(musika.app, name="musika", rich_help_panel="Models and machine")


def show_version(asked):
    """Print the version and end."""
    if asked:
        from importlib.metadata import version

        typer.echo(f"chaconne {version('chaconne')}")
        raise typer.Exit


@app.callback()
def main(version: Annotated[bool, typer.Option("--version", callback=show_version, is_eager=True,
                                               help="say the version")] = False):
    """Music from compressed latents. The pipeline itself runs with `dvc repro`.

    Ends with 0, with 2 for wrong input, 1 where something broke (`check`: rules are broken), 130 after Ctrl-C.
    `chaconne --install-completion` teaches your shell the commands and the names of your models.
    """
