"""`chaconne benchmark`: figures to compare with those of others."""

from pathlib import Path
from typing import Annotated

import typer

from chaconne.commands.listen import said

app = typer.Typer(no_args_is_help=True, help="Figures to compare with those of others.")


@app.command()
def jsb(
    path: Annotated[Path, typer.Argument(help="Jsb16thSeparated.json, or the folder it is in")],
    steps: Annotated[int | None, typer.Option(min=10, help="of each network  [default: 900, three a second]")] = None,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    threads: Annotated[int, typer.Option(min=1, help="of torch")] = 2,
    out: Annotated[Path, typer.Option(help="file to write (.json)")] = Path("benchmarks/jsb.json"),
):
    """Train on the training split of the published JSB Chorales and measure nats per note on the others.

    Apart, too: on the test pieces without a twin in training, a piece whose soprano varies the same melody.

    Stopped, it goes on where it was. Example: chaconne benchmark jsb jsb-chorales/
    """
    from chaconne.counterpoint.jsb import benchmark
    from chaconne.running.stage import stage
    from chaconne.storage.files import write_json

    with stage("benchmark jsb", seed, threads, keep_clock=False):
        found = benchmark(path, {"steps": steps} if steps else None, seed)
        write_json(out, found)
    for twin in found["twins"]:
        typer.echo("test {test:2d} varies the soprano of train {train:3d}, similarity {similarity:.2f}".format(**twin))
    for name in found["pieces"]:
        typer.echo(f"{name:9s}{found[name]:.4f} nats per note ({found['pieces'][name]} pieces)")
    typer.echo(f"written to {out}")


@app.command()
def judges(
    clips: Annotated[int, typer.Option(min=16, help="held-out ones, of each rung")] = 240,
    embedder: Annotated[list[str] | None, typer.Option(help="repeat for more  [default: all out of wheels]")] = None,
    draws: Annotated[int, typer.Option(min=10, help="resamplings of the clips")] = 200,
    threads: Annotated[int, typer.Option(min=1, help="of torch")] = 2,
    out: Annotated[Path, typer.Option(help="file to write (.json)")] = Path("benchmarks/judges.json"),
    picture: Annotated[Path, typer.Option(help="the same to look at (.svg)")] = Path("docs/judges.svg"),
):
    """Damage the held-out clips of the corpus, more and more, and see which measures grow with it.

    Works on what `dvc repro corpus` made. An hour and a half of a core; stopped, it goes on where it was.
    """
    from threadpoolctl import threadpool_limits

    from chaconne.evaluation.judging.benchmark import benchmark
    from chaconne.evaluation.judging.picture import svg
    from chaconne.evaluation.tables import rounded
    from chaconne.running.files import new_file
    from chaconne.running.params.reading import read_params
    from chaconne.running.stage import stage
    from chaconne.storage.files import write_json

    params = read_params()
    with stage("benchmark judges", params["seed"], threads, keep_clock=False), threadpool_limits(threads):
        found = benchmark(params | {"threads": threads}, clips, embedder, draws)
        write_json(out, rounded(found))
        with new_file(picture) as temporary:
            temporary.write_text(svg(found))
    for judge, entry in sorted(found["judges"].items(), key=lambda item: -item[1]["follows"]):
        typer.echo(f"{judge:28s}{entry['follows']:6.3f}  ({entry['interval'][0]:.3f} to {entry['interval'][1]:.3f})")
    typer.echo(f"written to {out}, drawn in {picture}")


@app.command()
def rules(
    chorales: Annotated[int, typer.Option(min=1, help="how many; music21 takes a second for each")] = 10,
    out: Annotated[Path, typer.Option(help="file to write (.json); entries of other benchmarks stay")] = Path(
        "benchmarks/results.json"),
):
    """Time the rules of counterpoint against music21's own checkers on the same chorales."""
    from chaconne.counterpoint.speed import against_music21
    from chaconne.running.files import read_json
    from chaconne.storage.files import write_json

    found = said(against_music21, chorales)
    others = [entry for entry in (read_json(out) if out.exists() else []) if entry["name"] != found["name"]]
    write_json(out, [*others, found])
    typer.echo(f"{1e3 * found['ours']:.3f} ms a chorale, music21 {1e3 * found['reference']:.0f} ms: "
               f"{found['ratio']:.0f} times")
