"""The experiments of a project, read out of Git: what they changed, what they measured, and how to play them."""

import json

from chaconne.evaluation.verdict.nested import leaves
from chaconne.running.params.plain import parse
from chaconne.running.params.reading import merge
from chaconne.running.pipeline import look_up
from chaconne.trained.packs.revisions import git

NUMBERS = (("fad.logmel", "Fréchet distance (log-mel)"), ("fad.notes", "Fréchet distance (notes)"),
           ("fad.musicnn", "Fréchet distance (musicnn)"), ("coverage", "coverage"),
           ("nearest_train", "nearest training clip"),
           ("adjacent_similarity", "similar neighbouring eighths"))
MOST = 40


def table(root):
    """Return {"columns": [titles], "rows": [{name, rev, commit, model, params: {changed ones}, numbers: [..]}]}.

    The first row is the workspace; params are those that differ from it.
    """
    if root is None:
        return {"columns": [title for _, title in NUMBERS], "rows": []}
    here = params_of(lambda path: (root / path).read_text())
    rows = [row("workspace", "", read_here(root, "metrics/eval.json"), here, here)]
    for name, commit in revisions(root):
        params = params_of(lambda path, at=commit: git(root, "show", f"{at}:{path}"))
        if params:
            rows.append(row(name, commit, parsed(git(root, "show", f"{commit}:metrics/eval.json")), params, here))
    return {"columns": [title for _, title in NUMBERS], "rows": rows}


def revisions(root):
    """Return [(name, commit)] of HEAD and all experiments, the newest first."""
    listed = git(root, "for-each-ref", "--sort=-creatordate", f"--count={MOST}",
                 "--format=%(refname) %(objectname)", "refs/exps").splitlines()
    head = git(root, "rev-parse", "HEAD").strip()
    found = [(line.split()[0].rsplit("/", 1)[-1], line.split()[1]) for line in listed
             if "/exec/" not in line and "/stash" not in line and "/celery" not in line]
    return [("HEAD", head), *found] if head else found


def row(name, commit, measured, params, here):
    """Return one row of the table."""
    changed = {key: value for key, value in leaves(params) if look_up(here, key) != value}
    return {"name": name, "rev": commit, "commit": commit[:7], "model": params.get("model", ""), "params": changed,
            "numbers": [look_up(measured, path) for path, _ in NUMBERS]}


def params_of(read):
    """Return params.yaml with the scale it selects laid over it; read(path) -> text."""
    def tree(path):
        return parse(read(path).encode(), path) or {}

    params = tree("params.yaml")
    scale = str(params.get("scale", ""))
    return merge(params, tree(f"conf/scale/{scale}.yaml")) if scale.isalnum() else params


def read_here(root, path):
    """Return the JSON of a file of the workspace, {} where there is none."""
    return parsed((root / path).read_text()) if (root / path).exists() else {}


def parsed(text):
    """Return the dictionary of a JSON text, {} where it is none."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        found = {}
    return found if isinstance(found, dict) else {}

