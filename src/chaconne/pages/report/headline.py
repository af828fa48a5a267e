"""The first sentences and numbers of the page, computed from the measurements."""

from dataclasses import dataclass

from chaconne.pages.shared.inputs import rows_of
from chaconne.pages.shared.tables import clearly_positive, short


@dataclass(frozen=True)
class Figure:
    """One large number with what it says. css: colour class."""

    number: str
    text: str
    css: str = ""


def headline(inputs, labels, corpus, genre):
    """Return {'lead': two sentences, 'figures': [Figure]}."""
    rows = rows_of(inputs.comparison)
    embedder = deciding_embedder(inputs.comparison)
    distances = {name: values["fad"][embedder] for name, values in rows.items() if "fad" in values}
    floor = distances.pop("real")
    times = {}
    if holds(inputs.comparison, embedder):
        times = {name: distance / floor for name, distance in distances.items()}
    names = [labels[name].name for name in inputs.generators]
    hours = inputs.corpora["corpus"].get("hours")
    size = f", a corpus of {short(hours, 2)} hours," if hours else ""
    first = (
        f"{listed(names)} learned {corpus}{size} in the same compressed form; here is what each of them "
        f"makes up, next to the real thing, and {labels[inputs.finetune['model']].name} once more after a "
        f"short training on {genre}."
    )
    ranked = sorted((n for n in inputs.generators if n in times), key=times.get)
    second = ""
    if ranked:
        said = [
            f"{labels[name].name} at {short(times[name], 2)}×" for name in (*ranked, "noise") if name in times
        ]
        second = (
            f"Put the Fréchet distance ({embedder}) of real music that nobody trained on at 1×: "
            f"then {listed(said).replace(' at ', ' stands at ', 1)}."
        )
    return {
        "lead": [first, second],
        "figures": [
            *(
                Figure(
                    f"{short(times[n], 2)}×",
                    f"{labels[n].name}: how far from the corpus, where unheard real music is 1×",
                    labels[n].css,
                )
                for n in inputs.generators
                if n in times
            ),
            *(
                Figure(
                    short(distances[n], 2),
                    f"{labels[n].name}: Fréchet distance to the corpus ({embedder}); real music that nobody trained "
                    f"on, of which there is too little for a floor, is at {short(floor, 2)}",
                    labels[n].css,
                )
                for n in inputs.generators
                if n in distances and n not in times
            ),
            *tuned_figures(inputs.finetune, embedder, genre),
        ],
    }


def holds(table, embedder):
    """Tell whether the Fréchet distance of real music is a floor: its interval stays above zero.

    Where it does not (held-out music of two recordings, say), multiples of it say nothing.
    """
    return table["real"]["fad"][embedder] > 0 and clearly_positive(table.get("intervals", {}), f"fad.{embedder}")


def deciding_embedder(comparison):
    """Return the embedder whose distance decides on fidelity, the first one where there is no verdict."""
    decides = comparison.get("verdict", {}).get("fidelity", {}).get("metric", "")
    return decides.partition(".")[2] or next(iter(comparison["real"]["fad"]))


def tuned_figures(finetune, embedder, genre):
    """Return what fine-tuning gained: multiples of the distance of real music, or distances where that is no floor."""
    rows = rows_of(finetune)
    real, *distances = (
        rows.get(name, {}).get("fad", {}).get(embedder) for name in ("real", "before", "after")
    )
    if not real or None in distances:
        return []
    if holds(finetune, embedder):
        before, after = (f"{short(distance / real, 2)}×" for distance in distances)
        where = f"where real {genre} is 1×"
    else:
        before, after = (short(distance, 2) for distance in distances)
        where = f"where real {genre}, of which there is too little for a floor, is at {short(real, 2)}"
    return [
        Figure(
            f"{before} → {after}",
            f"distance to {genre} before and after fine-tuning, {where}",
            "after",
        )
    ]


def listed(names):
    """Return 'a', 'a and b' or 'a, b and c'."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
