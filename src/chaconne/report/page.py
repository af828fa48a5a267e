"""metrics/report.html: assembled from what the stages wrote; it needs nothing but itself."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from chaconne.report import listen, sections, sweeps, tables, verdict
from chaconne.report.commands import commands
from chaconne.report.headline import headline
from chaconne.report.labels import label_kept, label_rows, label_tuned

HERE = Path(__file__).parent


def render(inputs):
    """Return the page (HTML text) of an `Inputs`."""
    corpus, genre = (inputs.corpora[name]["name"] for name in ("corpus", "genre"))
    model = inputs.finetune["model"]
    labels = label_rows(inputs.generators)
    tuned = label_tuned(labels[model].name, genre, corpus)
    context = {
        "labels": labels,
        "tuned": tuned,
        "corpus": corpus,
        "genre": genre,
        "model": model,
        "ruler": listen.ruler(),
        "clips_shown": listen.CLIPS,
        "kept_labels": label_kept(corpus),
        "commands": commands(inputs.params, inputs.generators, model),
        "corpora": inputs.corpora,
        "verdict": verdict.answers(inputs, labels),
        "sweeps": sweeps.sections(inputs, labels),
        "warnings": inputs.comparison.get("warnings", []),
        "unavailable": inputs.comparison.get("unavailable", {}),
        **headline(inputs, labels, corpus, genre),
        **sections.listening(inputs, labels, tuned),
        **sections.numbers(inputs, labels),
        **sections.projection(inputs, labels),
        **sections.settings(inputs, labels),
        **sections.tuning(inputs),
        **sections.curve_sections(inputs.curves, inputs.generators, labels, tuned),
        **sections.timing(inputs, labels),
    }
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"inline": lambda name: Markup((HERE / name).read_text()), "short": tables.short}
    return environment.get_template("page.html").render(context)
