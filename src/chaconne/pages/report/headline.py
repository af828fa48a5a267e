"""The first sentences and numbers of the page, computed from the measurements."""

from dataclasses import dataclass

from chaconne.pages.shared.inputs import rows_of
from chaconne.pages.shared.tables import short


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
    times = {name: distance / floor for name, distance in distances.items()} if floor > 0 else {}
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
            *tuned_figures(inputs.finetune, embedder, genre),
        ],
    }


def deciding_embedder(comparison):
    """Return the embedder whose distance decides on fidelity, the first one where there is no verdict."""
    decides = comparison.get("verdict", {}).get("fidelity", {}).get("metric", "")
    return decides.partition(".")[2] or next(iter(comparison["real"]["fad"]))


def tuned_figures(finetune, embedder, genre):
    """Return what fine-tuning gained, as multiples of the distance of real music of the genre."""
    rows = rows_of(finetune)
    real, *distances = (
        rows.get(name, {}).get("fad", {}).get(embedder) for name in ("real", "before", "after", "scratch")
    )
    if not real or None in distances:
        return []
    before, after, scratch = (f"{short(distance / real, 2)}×" for distance in distances)
    return [
        Figure(
            f"{before} → {after}",
            f"distance to {genre} before and after fine-tuning, where real {genre} "
            f"is 1×; from scratch on the same budget: {scratch}",
            "after",
        )
    ]


def listed(names):
    """Return 'a', 'a and b' or 'a, b and c'."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
