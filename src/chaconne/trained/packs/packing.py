"""Making a pack out of a model of the workspace or of a revision: what belongs to it, and the card."""

import platform
import shutil
from importlib.metadata import version
from pathlib import Path

from chaconne.running.files import new_folder, read_json, seal, sha256
from chaconne.running.params.plain import read_yaml
from chaconne.running.pipeline import look_up
from chaconne.storage.files import write_json
from chaconne.storage.halves import save_halves
from chaconne.trained.packs.card import card
from chaconne.trained.packs.opening import FORMAT, PACK, PARTS, write_file
from chaconne.trained.packs.places import Workspace, lock_files, outs_in
from chaconne.trained.packs.revisions import git

ROWS = ("real", "codec")        # measured beside the model, so that its numbers can be read
PARAMS = ("data", "genre", "codec", "model", "scale", "seed", "runs", "threads", "audio", "conditions")


def pack(found, out, root, name=None, licence=None):
    """Write the pack of a Found to `out`: a folder, or one file where it ends in .safetensors; returns what it says.

    root: the project's folder, for numbers and provenance; name: what the model is called from now on; licence: an
    identifier of SPDX for the weights, None leaves it to the corpora's own words. ValueError in one line.
    """
    loaded = found.load()       # what cannot be loaded is not given away
    said = about(found, loaded, Path(root), name or found.name, licence)
    out = Path(out)
    single = out.suffix == ".safetensors"
    with new_folder(out.with_name(f".{out.name}.folder") if single else out) as folder:
        fill(folder, found, said)
        if single:
            write_file(folder, out)
    if single:
        shutil.rmtree(out.with_name(f".{out.name}.folder"))
    return said


def ship(name, out):
    """Write the model `name` of the workspace as it ships with the project: at half size, without its codec.

    What it says depends on what made it, not on when: commits and clocks would make another pack of the same model.
    """
    found = Workspace(".").found(name)
    said = about(found, found.load(), Path(), name, None)
    made = {key: said["provenance"][key] for key in ("chaconne", "torch", "python", "dvc_md5")}
    said |= {"provenance": made, "codec_sha256": sha256(found.codec / "codec.safetensors")}
    with new_folder(out) as folder:
        for ending in ("json", "safetensors"):
            shutil.copyfile(found.model / f"model.{ending}", folder / f"model.{ending}")
        save_halves(folder / "model.safetensors")
        write_json(folder / PACK, said)
        (folder / "README.md").write_text(card(said), encoding="utf-8")
        seal(folder)


def fill(folder, found, said):
    """Write the parts of a pack into an empty folder and seal it."""
    for part, source in zip(PARTS, (found.model, found.codec), strict=True):
        for ending in ("json", "safetensors"):
            shutil.copyfile(source / f"{part}.{ending}", folder / f"{part}.{ending}")
    write_json(folder / PACK, said)
    (folder / "README.md").write_text(card(said), encoding="utf-8")
    seal(folder)


def about(found, loaded, root, name, licence):
    """Return what pack.json says of a model: a dictionary of plain values."""
    generator, codec = loaded.generator, loaded.codec
    facts = generator.facts
    params = read_yaml(root / "params.yaml")
    kept = {key: params[key] for key in PARAMS if key in params}
    return {
        "format": FORMAT, "name": name, "generator": generator.name, "knobs": found.knobs,
        "loudness_db": found.loudness_db, "vocabulary": generator.vocabulary,
        "audio": {"sample_rate_hz": codec.sample_rate_hz, "channels": 1},
        "latents": {"channels": codec.channels, "rate_hz": generator.rate_hz, "codec": codec.config["name"]},
        "parameters": {"trained": facts.get("parameters"), "used": facts.get("inference_parameters"),
                       "codec": sum(p.numel() for p in codec.parameters())},
        "licence": licence, "corpora": corpora_of(facts, found.codec), "origin": facts.get("origin"),
        "training": {"settings": generator.settings, "examples": facts.get("train_examples"), "params": kept},
        "metrics": metrics_of(found, root), "provenance": provenance(found, root)}


def corpora_of(facts, codec):
    """Return whose music the generator and the codec learned: {"generator": [...], "codec": [...]}."""
    beside = codec / "provenance.json"
    return {"generator": facts.get("corpora", []), "codec": read_json(beside) if beside.exists() else []}


def metrics_of(found, root):
    """Return the measured rows of a model of the workspace beside those of real music; {} for what nobody measured."""
    if found.model.resolve().parent != root.resolve() / "data/models":
        return {}
    file, row = {"finetuned": ("finetune", "after"), "scratch": ("finetune", "scratch")}.get(
        found.name, ("comparison", found.name))
    path = root / f"metrics/{file}.json"
    table = read_json(path) if path.exists() else {}
    if row not in table:
        return {}
    rows = {key: table[key] for key in ROWS if key in table} | {"model": table[row]}
    return {"rows": rows, "settings": table.get("settings", {}),
            "intervals": look_up(table, f"intervals.{row}") or {}}


def provenance(found, root):
    """Return where and with what the model was made: commit, whether the code was changed since, versions."""
    commit = git(root, "rev-parse", "HEAD").strip()
    changed = git(root, "status", "--porcelain", "--untracked-files=no", "--", "src", "stages", "params.yaml", "conf",
                  "dvc.yaml").strip()
    sums = outs_in(path.read_text() for path in lock_files(root))
    return {"source": found.origin if "(" in found.origin else "workspace", "commit": commit or None,
            "changed_since": bool(changed), "dvc_md5": sums.get(f"data/models/{found.name}"),
            "chaconne": version("chaconne"), "torch": version("torch"), "python": platform.python_version()}
