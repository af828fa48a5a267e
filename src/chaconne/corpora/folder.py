"""Your own folder: any tree of audio, MIDI, MusicXML and ABC. What cannot be used is listed with its reason."""

import hashlib
import os
from functools import partial
from pathlib import Path

import pandas as pd
import pretty_midi
from tqdm import tqdm

from chaconne.corpora.gathering import recordings
from chaconne.corpora.rendering.decoding import SUFFIXES
from chaconne.running.workers import in_order
from chaconne.scores.formats.corpus import fields_of, instrument
from chaconne.scores.formats.reading import SUFFIXES as SCORES
from chaconne.scores.formats.reading import read_all
from chaconne.scores.pieces.score import Score, Unusable
from chaconne.scores.pieces.splits import fraction

SPLITS = ("train", "valid", "test")
TEXTS = ("title", "source", "licence", "instrument", "mode")  # columns of the table that are taken as they are
TEMPI_QPM = (20, 400)
KEYS = {
    "table": ("a file name or nothing", lambda v: isinstance(v, str)),
    "audio": ("true or false", lambda v: isinstance(v, bool)),
    "scores": ("true or false", lambda v: isinstance(v, bool)),
}
REMEDY = "put some there, or set `folder` in params.yaml to where it is"
COPIED = ("; this is a temporary copy, which has what Git has and nothing it ignores: give the folder as an absolute "
          "path")
COMPANY = {"README.md", ".gitignore", ".gitkeep", ".DS_Store", "Thumbs.db", "desktop.ini"}  # in many folders


def gather(settings, folder, limits, seed):
    """Find what `settings["folder"]` has and write it down in `folder` (see recordings.py).

    limits: max_pieces (None: all), workers. Returns counts. Raises ValueError in one line.
    """
    wanted, root = recordings.selection(settings, KEYS), Path(settings["folder"])
    found, skipped = walk(root)
    if not found:
        raise ValueError(f"{root}: expected music (audio, MIDI, MusicXML, ABC or kern), found none; {REMEDY}" +
                         (COPIED if ".dvc" in Path.cwd().parts else ""))
    table = read_table(root, wanted["table"])
    suffixes = {*(SUFFIXES if wanted["audio"] else ()), *(SCORES if wanted["scores"] else ())}
    named = {}
    for path in found:
        name, suffix = path.relative_to(root).as_posix(), path.suffix.lower()
        if name in COMPANY or name == wanted["table"]:
            continue
        if suffix not in suffixes:
            skipped.append((shown(name), f"{suffix or 'no suffix'}: not taken as music"))
        elif table is not None and name not in table:
            skipped.append((shown(name), f"not in {wanted['table']}"))
        else:
            named[name] = path
    if table is not None:
        absent = f"in {wanted['table']}, but not in the folder"
        skipped += [(shown(name), absent) for name in table.keys() - named.keys()]
    plain = {shown(name): name for name in named}
    named = {plain[name]: named[plain[name]] for name in recordings.drawn(plain, seed)[: limits["max_pieces"]]}
    about = {name: about_of(name, settings, (table or {}).get(name, {})) for name in named}
    audio = {name: path for name, path in named.items() if path.suffix.lower() not in SCORES}
    entries = [recordings.recording(about[name].pop("piece"), path, settings, content=content(path), **about[name])
               for name, path in audio.items()]
    scores, rendered, unusable = parse({n: p for n, p in named.items() if n not in audio}, about, settings, limits)
    return recordings.write(folder, entries, scores, rendered, sorted(skipped + unusable))


def walk(root):
    """Return (sorted Paths of all files below, [name, reason] of what cannot be entered); links are followed once."""
    if not root.is_dir():
        raise ValueError(f"{root}: expected a folder of music, found {'a file' if root.exists() else 'none'}; "
                         "set `folder` in params.yaml")
    found, refused, seen = [], [], {os.path.realpath(root)}

    def refuse(error):
        refused.append((shown(os.path.relpath(error.filename, root)), f"cannot be entered ({error.strerror})"))

    for above, folders, files in os.walk(root, followlinks=True, onerror=refuse):
        folders[:] = sorted(name for name in folders if os.path.realpath(os.path.join(above, name)) not in seen)
        seen |= {os.path.realpath(os.path.join(above, name)) for name in folders}
        found += [Path(above, name) for name in files]
    return sorted(found), refused


def content(path):
    """Return a hash of the bytes, so that new music under an old name is noticed; '' where they cannot be read."""
    try:
        if path.is_file():
            with open(path, "rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        pass  # the decoder says why
    return ""


def shown(name):
    """Return a file's name as one line that any program can read: control signs and broken bytes are escaped."""
    return "".join(c if c.isprintable() and c != "\\" else c.encode("unicode_escape").decode() for c in name)


def read_table(root, name):
    """Return {file: {column: text}} of the CSV of the user, or None without one; ValueError where it is wrong."""
    if not name:
        return None
    path = root / name
    if not path.is_file():
        raise ValueError(f"{path}: expected the table that select.table in conf/data/folder.yaml names, found none")
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    if "file" not in table:
        raise ValueError(f"{path}: expected a column `file`, got {', '.join(table.columns)}")
    if "split" in table and (wrong := set(table["split"]) - {*SPLITS, ""}):
        raise ValueError(f"{path}: split: expected train, valid, test or nothing, got {', '.join(sorted(wrong))}")
    if twice := sorted(table.file[table.file.duplicated()]):
        raise ValueError(f"{path}: expected each file once, {twice[0]!r} is there twice")
    return {row.pop("file"): row for row in table.to_dict("records")}


def about_of(name, settings, row):
    """Return what is known of a file: its name, the defaults, and what the user's table says."""
    about = {"piece": shown(name), "source": f"{settings['source']}: {shown(name)}", "split": row.get("split", "")}
    about |= {key: row[key] for key in TEXTS if row.get(key)}
    return about | ({"group": f"table {row['group']}"} if row.get("group") else {})


def parse(files, about, settings, limits):
    """Return (scores, {piece: how it is rendered}, [name, reason]) of files of scores."""
    scores, rendered, unusable = [], {}, []
    read = in_order(partial(parse_one, settings=settings), list(files.items()), limits["workers"])
    for name, found in zip(files, tqdm(read, total=len(files), desc="parse folder", unit="file", delay=2), strict=True):
        for piece, fields, how, reason in found:
            if reason:
                unusable.append((piece, reason))
                continue
            known = about[name]
            given = {key: known[key] for key in ("title", "mode", "source") if key in known}
            fields = fields | {key: value for key, value in given.items() if value}
            scores.append(Score(piece=piece, licence=known.get("licence", settings["licence"]), **fields))
            rendered[piece] = how | {"split": known["split"]} | (
                {"instrument": known["instrument"]} if known.get("instrument") else {})
    return scores, rendered, unusable


def parse_one(item, settings):
    """Parse one file: [(piece, fields of a Score, {instrument, tempo_qpm}, reason or None)], one for each tune."""
    name, path = item
    found = []
    try:
        for number, read, wrong in read_all(path):
            piece = shown(name) + (f"#{number}" if number else "")
            if wrong is not None:
                found.append((piece, {}, {}, f"no score that can be read ({wrong})"))
                continue
            fields = fields_of(read)
            fields["title"] = fields["title"] or piece
            found.append((piece, fields, how_of(piece, read, settings), None))
    except OSError as error:
        found.append((shown(name), {}, {}, f"cannot be opened ({error.strerror})"))
    except Exception as error:  # one bad file never ends the run
        said = str(error) if isinstance(error, Unusable) else f"{type(error).__name__}: {error}"
        found.append((shown(name), {}, {}, " ".join(said.split())[:150]))
    return found


def how_of(piece, found, settings):
    """Return the instrument and tempo of a rendering: the file's own, else one of the settings' by hash."""
    def one_of(values, why):
        return values[int(fraction(piece, why) * len(values))]

    tempo = found.tempo_qpm or one_of(settings["tempi_qpm"], "tempo")
    program = instrument(found)
    return {"instrument": one_of(settings["instruments"], "instrument") if program is None
            else pretty_midi.program_to_instrument_name(program),
            "tempo_qpm": min(max(tempo, TEMPI_QPM[0]), TEMPI_QPM[1])}
