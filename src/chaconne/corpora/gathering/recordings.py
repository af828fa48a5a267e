"""What a corpus of recordings hands to the stage that decodes: recordings.json, and the scores beside it."""

from pathlib import Path

from chaconne.running.params.corpora import check_keys
from chaconne.scores.collection import melody
from chaconne.scores.pieces.score import arrays, pack
from chaconne.scores.pieces.splits import fraction
from chaconne.storage.files import write_json


def recording(piece, file, about, **more):
    """Return one entry of recordings.json.

    piece: unique name; file: what is decoded; about: settings of the corpus. More: title, source, licence,
    instrument, group (recordings that must stay in one split), split ('' where it is drawn), stems {name: file}.
    """
    entry = {"piece": piece, "title": piece, "source": about["title"], "licence": about["licence"],
             "instrument": "unknown", "group": f"file {piece}", "split": "", "file": str(file)} | more
    return entry | {"file": str(entry["file"])}


def write(folder, recordings, scores=(), rendered=(), skipped=()):
    """Write recordings.json, and scores.npz with pieces.csv where there are scores; returns counts.

    scores: list of Score; rendered: {piece: {instrument, tempo_qpm, split}} of those that become audio, all or none;
    skipped: [name, reason] of what could not be used.
    """
    scores = sorted(scores, key=lambda score: score.piece)
    if scores:
        pack(scores, melody.groups([(arrays(score), score.pickup) for score in scores]), folder)
    if not recordings and not rendered:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in skipped[:3])
        raise ValueError(f"expected music, found none that can be used ({reasons or 'nothing is selected'})")
    write_json(Path(folder, "recordings.json"), {
        "recordings": sorted(recordings, key=lambda entry: entry["piece"]),
        "scores": [rendered[score.piece] for score in scores] if rendered else [],
        "skipped": [list(pair) for pair in skipped]})
    return {"pieces": len(recordings) + len(rendered), "notes": sum(len(s.notes) for s in scores),
            "left_out": len(skipped)}


def selection(settings, keys):
    """Return the `select` of a corpus, checked against `keys` ({key: (expected, test)}); ValueError."""
    check_keys(settings["select"], keys, f"conf/data/{settings['name']}.yaml: select")
    return settings["select"]


def drawn(names, seed):
    """Return names in an order that depends on them and the seed alone: fewer are a part of more."""
    return sorted(names, key=lambda name: (fraction(name, seed), name))
