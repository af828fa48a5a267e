"""MAESTRO v3 (Hawthorne et al. 2019): piano performances, recorded and as MIDI.

A recording is read out of the 101 GB archive by HTTP range: ten hours cost ten hours of download.
"""

from pathlib import Path

import pandas as pd

from chaconne.corpora.gathering import recordings
from chaconne.corpora.gathering.fetching import from_zip, whole
from chaconne.running.params.corpora import some
from chaconne.scores.formats.corpus import fields_of
from chaconne.scores.formats.midi import read_midi
from chaconne.scores.pieces.score import Score, Unusable

NAME = "maestro-v3.0.0"
COLUMNS = {"canonical_composer", "canonical_title", "split", "year", "midi_filename", "audio_filename", "duration"}
SPLITS = {"train": "train", "validation": "valid", "test": "test"}
INSTRUMENT = "Acoustic Grand Piano"
KEYS = {
    "take": ("audio or midi", lambda v: v in ("audio", "midi")),
    "splits": (f"a list of {', '.join(SPLITS)}", lambda v: some(v, str) and set(v) <= set(SPLITS)),
    "hours": ("hours above 0, or null", lambda v: v is None or some([v], (int, float), 1e-6)),
    "composers": ("a list of parts of names", lambda v: v == [] or some(v, str)),
    "years": ("a list of years", lambda v: v == [] or some(v, int)),
    "notes": ("true or false", lambda v: isinstance(v, bool)),
}


def gather(settings, folder, limits, seed):
    """Fetch what the settings select and write it down in `folder` (see recordings.py).

    limits: max_pieces (None: all). Returns counts. Raises ValueError in one line.
    """
    wanted = recordings.selection(settings, KEYS)
    table = select(read_table(settings), wanted, limits["max_pieces"], seed)
    downloads = Path(settings["downloads"])
    sounds, notes = ({row.Index: downloads / getattr(row, column) for row in table.itertuples()}
                     for column in ("audio_filename", "midi_filename"))
    audio = wanted["take"] == "audio"
    scores, skipped = [], []
    if wanted["notes"] or not audio:
        notes = bring(settings, f"{NAME}-midi.zip", table.midi_filename, notes)
        for row in table.itertuples():
            try:
                scores.append(score_of(row, notes[row.Index], settings))
            except Unusable as reason:
                skipped.append((row.midi_filename, str(reason)))
    if not audio:
        about = {"instrument": INSTRUMENT, "tempo_qpm": settings["tempi_qpm"][0]}
        named = dict(zip(map(piece_of, table.itertuples()), table.split.map(SPLITS), strict=True))
        rendered = {score.piece: about | {"split": named[score.piece]} for score in scores}
        return recordings.write(folder, [], scores, rendered, skipped)
    sounds = bring(settings, f"{NAME}.zip", table.audio_filename, sounds)
    entries = [recordings.recording(
        piece_of(row), sounds[row.Index], settings, title=title_of(row), instrument=INSTRUMENT,
        source=f"{settings['title']}: {row.audio_filename}", split=SPLITS[row.split],
        group=f"composition {row.canonical_composer}: {row.canonical_title}") for row in table.itertuples()]
    return recordings.write(folder, entries, scores, (), skipped)


def read_table(settings):
    """Return the CSV of the corpus as a DataFrame, in its order; ValueError where it is another file."""
    path = whole(settings, f"{NAME}.csv")
    try:
        table = pd.read_csv(path)
        missing = COLUMNS - set(table.columns)
    except ValueError:  # no text, or no table
        missing = COLUMNS
    if missing:
        raise ValueError(f"{path}: expected the columns of MAESTRO v3, {', '.join(sorted(missing))} missing; "
                         "remove it and check base_url")
    if unknown := set(table.split) - set(SPLITS):
        raise ValueError(f"{NAME}.csv: expected splits {', '.join(SPLITS)}, got {', '.join(map(str, unknown))}")
    return table


def select(table, wanted, most, seed):
    """Return the rows to take: as many hours as wanted, each split its share and one piece at least.

    Pieces are drawn in the order of a hash of name and seed: fewer hours are a part of more.
    """
    chosen = table[table.split.isin(wanted["splits"])]
    if wanted["composers"]:
        names = [name.casefold() for name in wanted["composers"]]
        chosen = chosen[[any(n in str(c).casefold() for n in names) for c in chosen.canonical_composer]]
    if wanted["years"]:
        chosen = chosen[chosen.year.isin(wanted["years"])]
    if chosen.empty:
        some_names = ", ".join(sorted(set(table.canonical_composer))[:6])
        raise ValueError("maestro: expected pieces, the selection has none; see composers, years and splits in "
                         f"conf/data/maestro.yaml (composers: {some_names}, ...)")
    available = chosen.duration.sum()
    share = min(1.0, 3600 * wanted["hours"] / available) if wanted["hours"] else 1.0
    if most:
        share = min(share, most * chosen.duration.mean() / available)
    rows = []
    for split in wanted["splits"]:
        part = chosen[chosen.split == split].set_index("audio_filename", drop=False)
        left = share * part.duration.sum()
        for name in recordings.drawn(part.index, seed):
            if left > 0:
                rows.append(part.loc[name])
                left -= part.duration[name]
    return pd.DataFrame(rows).sort_values("audio_filename").reset_index(drop=True)


def bring(settings, archive, names, paths):
    """Return {row: Path} of files: out of an unpacked tree in `local`, or out of the archive."""
    trees = [Path(settings["local"], inner) for inner in ("", NAME)] if settings["local"] else []
    found = {i: next((tree / name for tree in trees if (tree / name).is_file()), paths[i]) for i, name in names.items()}
    lacking = {f"{NAME}/{names[i]}": path for i, path in found.items() if path == paths[i]}
    from_zip(settings, archive, lacking)
    return found


def score_of(row, path, settings):
    """Return the performance as a Score in one voice: it has seconds, no beats; a quarter is 60 / tempi_qpm seconds."""
    try:
        read = read_midi(path)
        fields = fields_of(read)
    except ValueError as error:
        raise Unusable(str(error)) from None
    scale = settings["tempi_qpm"][0] / (read.tempo_qpm or 120)
    fields |= {"title": title_of(row), "key": "C", "mode": "other", "metre": "4/4", "pickup": 0.0,
               "to_c_semitones": 0, "quarters": fields["quarters"] * scale,
               "notes": [(on * scale, length * scale, *rest) for on, length, *rest in fields["notes"]]}
    return Score(piece=piece_of(row), source=f"{settings['title']}: {row.midi_filename}", licence=settings["licence"],
                 **fields)


def piece_of(row):
    """Return a short unique name: the path without its suffix."""
    return row.audio_filename.rpartition(".")[0]


def title_of(row):
    """Return composer and title in one line."""
    return " ".join(f"{row.canonical_composer}: {row.canonical_title}".split())
