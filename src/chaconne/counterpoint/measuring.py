"""metrics/counterpoint.json: how far each composer is from Bach, and what the gates of reinforcement say."""

from pathlib import Path

from chaconne.counterpoint.composers import samples
from chaconne.counterpoint.network import tasks
from chaconne.counterpoint.network.model import load
from chaconne.counterpoint.rules import statistics
from chaconne.counterpoint.rules.pieces import join
from chaconne.counterpoint.rules.rules import NAMES
from chaconne.counterpoint.rules.writing import bands

ROOM = {"in_key": 0.05, "parallels": 2.0, "density": 0.15, "entropy": 0.5, "nats": 0.05}  # limits of `gates`


def measure(folder, shelf):
    """Return the table of metrics/counterpoint.json.

    folder: data/counterpoint with the outs of train_counterpoint, reinforce and compose; shelf: {split: Grids} of Bach.
    nats_per_note is that of held-out Bach under the network of a row; rows without a network (bach, bach_matched,
    rules_only) are read by the trained one themselves.
    """
    networks = {name: load(Path(folder, name)) for name in ("model", "reinforced")}
    heldout = shelf["test"]
    reading = {name: tasks.nats(network, heldout) for name, network in networks.items()}
    every = [grid for split in shelf.values() for grid in split]
    table = {"bach": statistics.describe(join(every)) | {"nats_per_note": tasks.nats(networks["model"], every)}}
    band = statistics.band(join(every))
    for kind, given in (("free", ()), ("harmonised", (0,))):
        rows = part(Path(folder, "pieces", kind), networks["model"], reading, band, given)
        if kind == "free":
            table |= rows
        else:
            table["harmonised"] = rows
    table["given_soprano_gain"] = tasks.given_soprano_gain(networks["model"], heldout)
    table["band"] = {name: band[name] for name in (*NAMES, "VL", "TOTAL")}
    table["gates"] = {"free": gates(table, table["bach_matched"], band),
                      "harmonised": gates(table["harmonised"], table["harmonised"]["bach_matched"], band)}
    return table


def part(folder, network, reading, band, given):
    """Return {row: ...} of free pieces, or of harmonisations (given: the soprano) with `agreement`."""
    rows, originals = {}, samples.read_row(folder, "bach")
    for name in ("bach", *samples.FREE):
        grids = samples.read_row(folder, name)
        row = samples.describe(grids)
        maker = samples.MADE_BY.get(name)
        row["nats_per_note"] = reading[maker] if maker else tasks.nats(network, grids)
        row["distance"] = bands.distance(row["rates"], band)
        if given:
            row["agreement"] = samples.agreement(grids, originals)
        rows["bach_matched" if name == "bach" else name] = row
    return rows


def gates(rows, bach, band):
    """Return {gate: {value, limit, held}} of the reinforced network; bach: the row of as many frames by him."""
    row = rows["reinforced"]
    found = {"parallels": (row["rates"]["parallels"], ROOM["parallels"]),
             "density": (abs(row["density"] / bach["density"] - 1), ROOM["density"]),
             "in_key": (bach["in_key"] - row["in_key"], ROOM["in_key"]),
             "nats_per_note": (row["nats_per_note"] / rows["model"]["nats_per_note"] - 1, ROOM["nats"]),
             "best_of_k_distance": (rows["reinforced_best_of_k"]["distance"], rows["best_of_k"]["distance"])}
    for name in ("VL", "TOTAL"):
        found[name] = (abs(float(bands.outside(row[name], band[name]))), 0.0)
    for name, bits in row["entropy"].items():
        found[f"entropy_{name}"] = (bach["entropy"][name] - bits, ROOM["entropy"])
    return {name: {"value": float(value), "limit": float(limit), "held": bool(value <= limit)}
            for name, (value, limit) in found.items()}

