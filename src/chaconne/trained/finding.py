"""What people mean by the name of a model, or the path of a pack."""

from pathlib import Path

from chaconne.running.params.reading import read_params
from chaconne.trained.packs.opening import open_pack, open_shipped, shipped
from chaconne.trained.packs.places import PACK, Workspace, project_root
from chaconne.trained.packs.revisions import Revision


def find(model=None, rev=None, start="."):
    """Return the Found that people mean.

    A model that nobody trained here but that ships with the project is taken from there.
    model: a name (gan, diffusion, finetuned, ...), or the path of a pack; None: the selected model of params.yaml.
    rev: a Git revision or the name of a DVC experiment, None for the workspace. Raises ValueError that says which
    models there are and how to get the one that is missing.
    """
    root = project_root(start)
    if model and is_pack(model) and not (root and model in names_in(root)):
        if rev:
            raise ValueError(f"--rev: expected a model of the project, got the pack {model}")
        return open_pack(model)
    if root is None:
        raise ValueError(f"no project here (params.yaml and dvc.yaml), and {model or 'no --model'} is no pack; go to "
                         "the folder of the project, or name a pack that `chaconne pack` made")
    place = Revision(root, rev) if rev else Workspace(root)
    names = place.names()
    model = model or read_params(root)["model"]
    if model in names:
        return place.found(model)
    if not rev and model in shipped(root):
        return open_shipped(root, model)
    what = f"there {'are' if len(names) > 1 else 'is'} {', '.join(names)}" if names else "none is trained yet"
    lacking = place.lacking(model)
    end = f"; {lacking}" if lacking else "" if names else "; `make repro` trains them"
    raise ValueError(f"--model: {model!r} is no model of {place} and no pack: {what}{end}")


def names_in(root):
    """Return the names of all models of a project: those that were trained there, then those that ship with it."""
    trained = Workspace(root).names()
    return [*trained, *(name for name in shipped(root) if name not in trained)]


def is_pack(model):
    """Tell whether the text names a pack: a folder with pack.json, or a file."""
    path = Path(model)
    return path.is_file() or (path / PACK).is_file() or model.endswith(".safetensors")
