"""The project that one stands in: its pipeline, models, caches."""

import os
import subprocess
from functools import partial
from pathlib import Path

from chaconne.commands.doctoring.finding import Finding
from chaconne.running.files import one_line, verify
from chaconne.running.pipeline import maker_of
from chaconne.trained.packs.places import Workspace, cache_folder, project_root


def look():
    """Yield the Findings on project, models and caches."""
    here, root = partial(Finding, "project"), project_root()
    if root is None:
        yield here("project", "note", "no params.yaml and dvc.yaml here or above: only packs can be played",
                   "cd into the folder of the project")
    else:
        yield here("project", "fine", str(root))
        yield from settings(here, root)
        yield from models(root)
    yield from caches(root)


def settings(here, root):
    """Yield whether params.yaml can work."""
    from chaconne.running.params.plain import read_yaml
    from chaconne.running.params.reading import read_params
    from chaconne.running.params.schema import problems

    try:
        params = read_params(root)
        file = f"conf/scale/{params['scale']}.yaml"
        wrong = problems(params, read_yaml(root / file), file)
    except Exception as error:  # whatever a hand-made YAML does
        wrong = [one_line(error)]
    yield here("params.yaml", "missing" if wrong else "fine", wrong[0] if wrong else "every knob is in its range",
               "edit params.yaml, or git checkout params.yaml conf" if wrong else "")


def models(root):
    """Yield whether codec and models are there and whole."""
    here, place = partial(Finding, "models"), Workspace(root)
    codecs = [path.parent for path in sorted(root.glob("data/codecs/*/codec.json"))]
    wanted = [("codec", folder, "codec") for folder in codecs or [root / "data/codecs/spectral"]]
    wanted += [(name, root / f"data/models/{name}", None) for name in place.names()]
    missing = [name for name in ("gan", "diffusion", "finetuned") if name not in place.names()]
    for name, folder, stage in wanted:
        if not folder.exists():
            yield here(name, "missing", "not here", f"dvc repro {stage}")
            continue
        try:
            verify(folder)
            yield here(name, "fine", f"{folder.relative_to(root)}, whole")
        except ValueError as error:
            yield here(name, "missing", one_line(error),
                       f"chaconne repair && dvc repro {maker_of(folder.relative_to(root), root)}")
    for name in missing:
        yield here(name, "note", "not trained here", f"dvc repro {maker_of(f'data/models/{name}', root)}")


def caches(root):
    """Yield where things are kept, and how much that is."""
    from chaconne.evaluation.reference.pretrained import hub_cache
    from chaconne.running.room import gib

    here = partial(Finding, "caches")
    places = [("chaconne", cache_folder(), "unpacked packs, models of revisions, embeddings"),
              ("hub", hub_cache(), "weights from the hub of Hugging Face")]
    if root is not None:
        places.append(("dvc", dvc_cache(root), "results of the pipeline, of all experiments"))
    for name, path, what in places:
        text = f"{gib(size_of(path))} in {path}: {what}" if path.exists() else f"nothing in {path}"
        yield here(name, "fine", text)
    if not os.access(existing(cache_folder()), os.W_OK):
        yield here("chaconne", "missing", f"{cache_folder()} cannot be written", "export XDG_CACHE_HOME=/tmp/cache")
    asked = os.environ.get("HF_HUB_OFFLINE", "1") == "0"
    yield here("network", "fine", "HF_HUB_OFFLINE=0: the hub may be asked" if asked else "stages stay off the network")


def dvc_cache(root):
    """Return the folder of DVC's cache: `dvc cache dir` may have moved it."""
    try:
        told = subprocess.run(["dvc", "cache", "dir"], cwd=root, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):    # not installed, or no project of DVC
        return root / ".dvc/cache"
    return Path(told.strip())


def existing(path):
    """Return the path, or the nearest folder above it that exists."""
    return next(p for p in (path, *path.parents) if p.exists())


def size_of(folder):
    """Return the bytes of all files below a folder."""
    return sum(entry.stat().st_size for entry in Path(folder).rglob("*") if entry.is_file() and not entry.is_symlink())
