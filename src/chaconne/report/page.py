"""metrics/report.html: assembled from what the stages wrote; it needs nothing but itself."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from chaconne.report import listen, sections, sweeps, tables, verdict
from chaconne.report.commands import commands
from chaconne.report.headline import headline
from chaconne.report.labels import label_kept, label_rows, label_tuned
from chaconne.report.policy import inline

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
    context |= inline(HERE, "page.css", "page.js", rules(context["ruler"], context["stages"]))
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["short"] = tables.short
    return environment.get_template("page.html").render(context)


def rules(ruler, stages):
    """Return the CSS of what is placed by numbers: the policy of the page allows no style attributes."""
    marks = [f".hz i:nth-child({i}){{bottom:{100 * share:.1f}%}}" for i, (share, _) in enumerate(ruler, 1)]
    return marks + [f".bars li:nth-child({i}) .bar i{{width:{share}%}}" for i, (*_, share) in enumerate(stages, 1)]
