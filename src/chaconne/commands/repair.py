"""`chaconne repair`: find what a disk or a crash damaged in DVC's cache and in the workspace, and clear it away.

`dvc checkout` hands out a damaged cache object without a word, and a stage that runs again does not overwrite one.
"""

import hashlib
import json
import re
from pathlib import Path

import typer


def repair():
    """Remove damaged files from DVC's cache and from the outs here, and say which stages make those again.

    Mends what DVC was killed at writing, too: every dvc.lock and its list of running commands.
    Reads every file once (about a second for a gigabyte). Nothing that is whole is touched.
    """
    from chaconne.commands.doctoring.project import dvc_cache
    from chaconne.running.pipeline import maker_of
    from chaconne.trained.packs.places import lock_files, outs_in

    if not Path("dvc.lock").exists():
        typer.echo("chaconne: dvc.lock is not here; go to the folder of the project, where `dvc repro` ran", err=True)
        raise typer.Exit(2)
    locks = lock_files(".")
    for path in locks:
        mend_lock(path)
    mend_running(Path(".dvc/tmp/rwlock"))
    cache = dvc_cache(Path.cwd()) / "files/md5"
    bad = clear_cache(cache)
    outs = outs_in(path.read_text() for path in locks)
    lost = [path for path, md5 in outs.items() if clear_out(Path(path), md5, cache, bad)]
    for path in lost:
        typer.echo(f"{path}: damaged here, removed; `dvc repro {maker_of(path) or ''}` makes it again")
    typer.echo(f"{len(bad)} damaged objects of the cache and {len(lost)} damaged outs removed")


def mend_lock(path):
    """Cut a dvc.lock that is not whole off before the first stage that is not: DVC's run-cache knows the others.

    DVC writes it in place after each stage: what is killed there leaves the beginning of it.
    """
    from chaconne.running.files import new_file

    text = path.read_text(errors="replace")
    if recorded(text) is not None:
        return
    heads = [match.start() for match in re.finditer(r"(?m)^  \S", text)]
    kept = next((text[:end] for end in reversed(heads) if recorded(text[:end])), "schema: '2.0'\nstages: {}\n")
    with new_file(path) as temporary:
        temporary.write_text(kept)
    typer.echo(f"{path}: cut off; mended: it has its first {len(recorded(kept))} stages, the others are in the cache")


def recorded(text):
    """Return {stage: what a dvc.lock says of it}, None where it is not whole."""
    import yaml

    try:
        tree = yaml.safe_load(text)
    except yaml.YAMLError:
        return None
    stages = tree.get("stages") if isinstance(tree, dict) else None
    whole = isinstance(stages, dict) and text.endswith("\n") and all(map(whole_stage, stages.values()))
    return stages if whole else None


def whole_stage(stage):
    """Tell whether an entry of dvc.lock can be all that DVC wrote: a command, and files with their hashes."""
    if not isinstance(stage, dict) or not stage.get("cmd") or not stage.get("outs"):
        return False
    return all(isinstance(file, dict) and {"path", "md5"} <= file.keys()
               for file in (*(stage.get("deps") or ()), *stage["outs"]))


def mend_running(path):
    """Remove DVC's list of running commands where it is cut off: no command starts before that."""
    try:
        json.loads(path.read_text() if path.exists() else "{}")
    except ValueError:
        path.unlink()
        typer.echo(f"{path}: cut off, removed")


def clear_cache(cache):
    """Remove every object whose content is not what its name says; returns their names."""
    from tqdm import tqdm

    bad = set()
    objects = [path for path in sorted(cache.glob("??/*")) if path.is_file()]
    for path in tqdm(objects, desc="checking the cache", unit="file", mininterval=1, disable=None):
        name = path.parent.name + path.name
        if md5_of(path) != name.removesuffix(".dir"):
            path.unlink()
            bad.add(name)
            typer.echo(f"{path}: damaged, removed")
    return bad


def clear_out(path, md5, cache, bad):
    """Remove the out `path` (a file or a folder) when it is damaged; tells whether it was.

    md5: its name in the cache; bad: names that were removed from there. What DVC does not cache is left alone.
    """
    kept = Path(cache, md5[:2], md5[2:])
    if not md5 or not path.exists() or not (md5 in bad or kept.exists()):
        return False
    if md5.endswith(".dir"):
        parts = json.loads(kept.read_text()) if kept.exists() else []
        damaged = [path / part["relpath"] for part in parts
                   if not (path / part["relpath"]).is_file() or md5_of(path / part["relpath"]) != part["md5"]]
        for part in damaged:
            part.unlink(missing_ok=True)
        return bool(damaged)
    if md5_of(path) == md5:
        return False
    path.unlink()
    return True


def md5_of(path):
    """Return the MD5 of a file, as DVC names it: 32 hex digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
