"""A model to give away: weights, codec, knobs, numbers, licence and provenance in one folder or one file.

The folder holds
    README.md                               the model card, as the hub of Hugging Face reads it
    pack.json                               what it is (see `about` in chaconne.trained.packs.packing)
    model.json, model.safetensors           the generator; the folder also serves as finetune.pretrained
    codec.json, codec.safetensors           the codec it was trained with
    SHA256SUMS                              of all these
The file is one .safetensors: the tensors of both as model/... and codec/..., the texts in its metadata under the one
key `chaconne`. It names no path: what is unpacked has the names above and no others.
"""

import hashlib
import json
from pathlib import Path

from chaconne.running.files import SUMS, new_file, new_folder, one_line, read_json, seal, sha256, verify
from chaconne.trained.packs.places import PACK, Found, cache_folder, check_knobs, completed

FORMAT = 1
PARTS = ("model", "codec")
SHIPPED = "pretrained"  # folder of a project with the packs that ship with it
TEXTS = ("README.md", PACK, "model.json", "codec.json")
KEY = "chaconne"        # of the metadata; one, because the order of several is not stable
MOST_TEXT = 2**22       # bytes of all texts of a file: what is larger is no pack


def open_pack(path):
    """Return the Found of a pack, a folder or a file; ValueError in one line where it is damaged or something else."""
    path = Path(path)
    folder = path if path.is_dir() else unpacked(path)
    verify(folder)
    about = read_json(folder / PACK)
    check_about(about, path)
    for part in PARTS:
        if not (folder / f"{part}.safetensors").is_file():
            raise FileNotFoundError(f"{path} lacks {part}.safetensors: it is no whole pack; ask for it again")
    return Found(about["name"], folder, folder, about["knobs"], about["loudness_db"], str(path))


def shipped(root):
    """Return the names of the models that ship with the project."""
    return sorted(path.parent.name for path in Path(root, SHIPPED).glob(f"*/{PACK}"))


def open_shipped(root, name):
    """Return the Found of a model that ships with the project; the packs there share one codec.

    ValueError in one line where a file is damaged, or the codec is another than the model was trained with.
    """
    folder, codec = Path(root, SHIPPED, name), Path(root, SHIPPED, "codec")
    verify(folder)
    verify(codec)
    about = read_json(folder / PACK)
    check_about(about, folder)
    if about.get("codec_sha256") != sha256(codec / "codec.safetensors"):
        raise ValueError(f"{folder}: expected the codec it was trained with in {codec}, got another; "
                         f"git checkout {folder} {codec}")
    return Found(name, folder, codec, about["knobs"], about["loudness_db"], f"{folder}, which ships with the project")


def check_about(about, path):
    """Raise ValueError where pack.json does not say what is needed to make music; complete its knobs."""
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        got = about.get("format") if isinstance(about, dict) else type(about).__name__
        raise ValueError(f"{path}: expected a pack of format {FORMAT}, got {got!r:.40}; update chaconne")
    known = {"name": str, "generator": str, "knobs": dict, "loudness_db": (int, float)}
    for key, kind in known.items():
        if not isinstance(about.get(key), kind):
            raise ValueError(f"{path}: {PACK} lacks {key}: it is no whole pack; ask for it again")
    if not -60 <= about["loudness_db"] <= 0:
        raise ValueError(f"{path}: loudness_db: expected -60 to 0 dB, got {about['loudness_db']}")
    about["knobs"] = completed(about["generator"], about["knobs"])
    try:
        check_knobs(about["generator"], about["knobs"])
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def unpacked(file):
    """Return the folder in the user's cache with the parts of a pack file; written the first time."""
    if not file.is_file():
        raise FileNotFoundError(f"{file}: expected a pack (a folder, or a .safetensors that `chaconne pack` wrote), "
                                "found nothing")
    kept = cache_folder() / "packs" / sha256(file)
    if not (kept / SUMS).is_file():
        unpack(file, kept)
    return kept


def unpack(file, folder):
    """Write the parts of a pack file into `folder`, under the names that the module lists and no others."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file, save_file

    try:
        texts, digest = texts_of(file)
        tensors = load_file(file)
    except (SafetensorError, ValueError, KeyError, TypeError, RecursionError, OSError) as error:
        raise ValueError(f"{file} is no pack that `chaconne pack` wrote, or is damaged ({one_line(error)})") from error
    if digest != digest_of(tensors):
        raise ValueError(f"{file} is damaged: its tensors are not those that were packed; ask for it again")
    with new_folder(folder) as temporary:
        for name in TEXTS:
            (temporary / name).write_text(texts[name])
        for part in PARTS:
            own = {key.removeprefix(f"{part}/"): value for key, value in tensors.items() if key.startswith(f"{part}/")}
            save_file(own, temporary / f"{part}.safetensors")
        seal(temporary)


def texts_of(file):
    """Return ({name: text}, digest of the tensors) out of the metadata of a pack file."""
    from safetensors import safe_open

    with safe_open(file, "pt") as opened:
        written = (opened.metadata() or {})[KEY]
    if len(written) > MOST_TEXT:
        raise ValueError(f"{len(written)} bytes of metadata")
    kept = json.loads(written)
    texts = {name: kept["texts"][name] for name in TEXTS}
    if not all(isinstance(text, str) for text in texts.values()):
        raise ValueError("metadata that is no text")
    return texts, kept["tensors_sha256"]


def write_file(folder, out):
    """Write the one-file form of a pack's folder."""
    from safetensors.torch import load_file, save_file

    tensors = {f"{part}/{key}": value for part in PARTS
               for key, value in sorted(load_file(Path(folder, f"{part}.safetensors")).items())}
    texts = {name: Path(folder, name).read_text() for name in TEXTS}
    kept = json.dumps({"texts": texts, "tensors_sha256": digest_of(tensors)}, sort_keys=True)
    with new_file(out) as temporary:
        save_file(tensors, temporary, metadata={KEY: kept})


def digest_of(tensors):
    """Return the SHA-256 of {name: tensor}: names, kinds, shapes and bytes in the order of the names."""
    total = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        total.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        total.update(tensor.contiguous().numpy().tobytes())
    return total.hexdigest()
