"""`chaconne musika`: Musika's codec and GAN on files, in stereo, outside of the pipeline."""

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Musika's codec and GAN: encode, decode, generate, exchange weights.")
Weights = Annotated[str, typer.Option(help="folder or hub id of the autoencoder")]
Revision = Annotated[str, typer.Option(help="commit of the hub repository; empty: the newest")]
Seed = Annotated[int, typer.Option(min=0, help="of noise and music")]
Noise = Annotated[bool, typer.Option("--noise/--no-noise", help="the noise the networks learned to add")]
PUBLISHED = "marcop/musika_ae"


@contextmanager
def one_line():
    """End with one line where the input is wrong."""
    try:
        yield
    except (FileNotFoundError, ValueError) as error:
        sys.exit(f"chaconne musika: {error}")


def autoencoder(weights, revision, noise):
    """Return the Autoencoder of published weights, ready for work."""
    from chaconne.musika import published
    from chaconne.musika.autoencoder import Autoencoder, Sizes
    from chaconne.musika.layers import switch_noise

    manifest, tensors = published.read_converted(published.convert(weights, revision))
    model = Autoencoder(Sizes(**manifest["sizes"]))
    model.load_state_dict(tensors)
    switch_noise(model, noise)
    return model.eval().requires_grad_(False)


@app.command()
def encode(audio: Path, out: Path, weights: Weights = PUBLISHED, revision: Revision = ""):
    """Write the latents (.npz) of a sound file of any length, rate and number of channels."""
    with one_line():
        from chaconne.editing.musika import RATE, encode_file

        samples = encode_file(autoencoder(weights, revision, False), audio, out)
    typer.echo(f"{out}: latents of {samples / RATE:.2f} s")


@app.command()
def decode(latents: Path, out: Path, weights: Weights = PUBLISHED, revision: Revision = "", seed: Seed = 0,
           noise: Noise = True):
    """Write the sound (.wav, 44.1 kHz) of latents: .npz of `encode`, or .npy of Musika."""
    with one_line():
        from chaconne.editing.musika import decode_file

        decode_file(autoencoder(weights, revision, noise), latents, out, seed)
    typer.echo(str(out))


@app.command()
def generate(gan: str, out: Path, seconds: Annotated[float, typer.Option(min=0.1, max=86400)] = 60.0,
             seed: Seed = 0, truncation: Annotated[float, typer.Option(min=0.01)] = 2.0, weights: Weights = PUBLISHED,
             revision: Revision = "", noise: Noise = True):
    """Make a stereo piece with a published GAN (folder or hub id), all of its contexts at once."""
    with one_line():
        import torch

        from chaconne.editing.musika import RATE, write_stream
        from chaconne.musika import published
        from chaconne.musika.adversaries import Generator, Shape, compose
        from chaconne.musika.layers import switch_noise
        from chaconne.musika.stream import Stream

        stream = Stream(autoencoder(weights, revision, noise))
        manifest, tensors = published.read_converted(published.convert(gan, kind="gan"))
        network, width = Generator(Shape(**manifest["sizes"])), stream.sizes.latents
        if manifest["sizes"]["latents"] != 2 * width:
            raise ValueError(f"{gan}: expected a GAN of {2 * width} latent channels as {weights} has them, got "
                             f"{manifest['sizes']['latents']}")
        network.load_state_dict(published.part_of(tensors, "gen_ema"))
        switch_noise(network, noise)
        torch.manual_seed(seed)
        samples = round(seconds * RATE)
        latents = compose(network.eval(), -(-samples // stream.sizes.latent_samples), truncation)
        write_stream(stream, [latents.reshape(2, width, -1)], 2, out, samples, seed, latents.shape[-1])
    typer.echo(f"{out}: {seconds:g} s by {gan}, seed {seed}")


@app.command()
def export(model: Annotated[Path, typer.Argument(help="data/codecs/musika, or a folder of data/models")], out: Path):
    """Write what was trained here as the .h5 files that Musika loads."""
    with one_line():
        from chaconne.running.files import new_folder, read_json
        from chaconne.running.models import load_codec, load_generator

        kind = "codec" if (model / "codec.json").exists() else "model"
        facts = read_json(model / f"{kind}.json")
        if facts["name"] != "musika":
            raise ValueError(f"{model}: expected a {kind} of Musika, got {facts['name']}; train one with {kind}=musika")
        with new_folder(out) as temporary:
            if kind == "codec":
                from chaconne.musika.published import export_autoencoder

                export_autoencoder(load_codec(model).model, temporary)
            else:
                from chaconne.generators.musika import export as export_gan

                export_gan(load_generator(model), temporary)
    typer.echo(f"{out}: {', '.join(sorted(p.name for p in out.iterdir()))}")
