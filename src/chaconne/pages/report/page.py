"""metrics/report.html: assembled from what the stages wrote; it needs nothing but itself."""

from pathlib import Path

from chaconne.pages.report import sections, verdict
from chaconne.pages.report.commands import commands
from chaconne.pages.report.headline import headline
from chaconne.pages.report.labels import label_rows
from chaconne.pages.shared import listen, policy, sweeps, tables

HERE = Path(__file__).parent
CLOCKS = "timing.js"  # beside the page: what chaconne.running.clocks writes


def render(inputs):
    """Return the page (HTML text) of an `Inputs`."""
    corpus, genre = inputs.corpora["corpus"]["name"], inputs.finetune["genre"]
    model = inputs.finetune["model"]
    labels = label_rows(inputs.generators)
    context = {
        "title": f"Chaconne: {corpus} by machine",
        "labels": labels,
        "generators": inputs.generators,
        "corpus": corpus,
        "genre": genre,
        "model": model,
        "ruler": listen.ruler(),
        "clips_shown": listen.CLIPS,
        "commands": commands(inputs.params, inputs.generators, model),
        "corpora": inputs.corpora,
        "verdict": verdict.answers(inputs, labels),
        "sweeps": sweeps.sections(inputs, labels),
        "warnings": inputs.comparison.get("warnings", []),
        "unavailable": inputs.comparison.get("unavailable", {}),
        **headline(inputs, labels, corpus, genre),
        **sections.listening(inputs, labels),
        **sections.judges(inputs, labels),
        **sections.numbers(inputs, labels),
        **sections.projection(inputs, labels),
        **sections.settings(inputs, labels),
        **sections.curve_sections(inputs.curves, inputs.generators, labels),
        "clocks": sections.CLOCKS,
        "short": tables.short,
    }
    rules = [f".hz i:nth-child({i}){{bottom:{100 * share:.1f}%}}" for i, (share, _) in enumerate(context["ruler"], 1)]
    styles, scripts = policy.LOOK
    return policy.render(HERE / "report.html", context, (styles, (*scripts, HERE / "clocks.js")), rules, [CLOCKS])
