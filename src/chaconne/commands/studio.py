"""`chaconne studio`: the models on a page of this machine."""

from typing import Annotated

import typer

from chaconne.commands.options import told


@told
def studio(
    model: Annotated[list[str] | None, typer.Option("--model", "-m", help="a pack to play beside the models of the "
                                                                           "project; repeat for more")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="of this machine; 0: any that is free")] = 8720,
    open_page: Annotated[bool, typer.Option("--open/--no-open", help="open it in the browser")] = True,
    threads: Annotated[int | None, typer.Option(min=1, max=1024, help="of torch")] = None,
):
    """Open the studio: a page to generate, stream, drop in recordings and melodies, compare experiments, export.

    It needs no network and is reached from this machine alone (127.0.0.1). Ctrl-C ends it.

    [bold]Examples[/bold]

      chaconne studio

      chaconne studio --model organ.safetensors --port 9000 --no-open
    """
    import os

    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from chaconne.studio.serving import serve
    from chaconne.trained.finding import find

    for pack in model or []:
        find(pack)      # wrong names are said here, not on the page
    if threads:
        import torch

        torch.set_num_threads(threads)
    serve(model or [], port, open_page)
