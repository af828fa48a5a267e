"""Which generator is ahead on which question, and where no difference is shown.

Every question has one measure that decides, chosen before anything was measured; the others that bear
on it are reported beside it. When one of them puts another generator ahead, nobody is. On fidelity a committee decides:
one measure in the space of each embedder, and somebody is ahead only where all of them say so.
"""

from chaconne.evaluation.verdict.contest import leader

# {embedder: its measure in the committee}: the one that followed known damage to held-out music best in its space, of
# equal ones that which saw it weaker (benchmarks/judges.json, docs/judges.md). The best embedder stands first: where it
# ran it decides. Other embedders have the first of MEASURES.
COMMITTEE = {"notes": "kad", "musicnn": "kad", "logmel": "kad"}
MEASURES = ("kad", "fad", "fad_infinity", "mad")

# {question: {which way is better: paths in a row}}; the first path that was measured decides. Those of fidelity come
# from `of_fidelity`.
QUESTIONS = {
    "diversity": {"higher": ["coverage"]},
    "notes": {"lower": ["notes.simultaneity_distance", "notes.pitch_class_distance", "notes.pitch_distance",
                        "notes.interval_distance", "fad.notes", "fad_infinity.notes", "kad.notes"],
              "real": ["notes.in_key", "notes.density", "notes.polyphony", "notes.dissonance"]},
    "rhythm": {"real": ["adjacent_similarity", "notes.onset_rate", "notes.onset_regularity"]},
    "memorisation": {"real": ["nearest_train"], "lower": ["copied"]},
    "speed": {"lower": ["function_evaluations"]},  # counted; what a clock says is not the same twice
}

# Of the distance to the nearest training clip: half of unseen music's is a copy (COPY in reference/coverage.py). Where
# the interval of unseen music reaches below that, a copy cannot be told from it.
TELLING = 0.5


def verdict(rows, intervals, generators, embedders):
    """Return {question: {metric, better, values, intervals, ahead, measures, text}}.

    rows: {row: nested numbers} with the row `real`; intervals: {row: the same paths, [low, high]};
    generators: the rows that compete; embedders: those that ran, in the order of params. `ahead` is a
    name or None; `measures` says who leads by each of them, {path: a name or None}, `metric` included;
    `text` is one sentence. A question that nothing was measured for is left out.
    """
    found, committee = {}, judges(embedders)
    for question, directions in ({"fidelity": {"lower": of_fidelity(embedders)}} | QUESTIONS).items():
        measures = [measure(path, better, rows, intervals, generators, question)
                    for better, paths in directions.items() for path in paths
                    if generators and all(at(rows[name], path) is not None for name in generators)]
        if not measures:
            continue
        main = measures[0]
        leaders = {m["metric"]: m["ahead"] for m in measures}
        against = {path: name for path, name in leaders.items() if name and name != main["ahead"]}
        silent = [path for path in committee if path in leaders and not leaders[path]]
        alone = question == "fidelity" and main["ahead"] and not against and silent
        found[question] = main | {
            "measures": leaders,
            "ahead": None if against or alone else main["ahead"],
            "text": sentence(question, main, leaders, against, rows, intervals, silent if alone else []),
        }
        if question == "fidelity":
            found[question]["committee"] = {path: leaders[path] for path in committee if path in leaders}
    return found


def judges(embedders):
    """Return the measures of the committee, one of each embedder: ['kad.notes', ...], the one that decides first."""
    ordered = sorted(embedders, key=lambda name: [*COMMITTEE, name].index(name))
    return [f"{COMMITTEE.get(name, MEASURES[0])}.{name}" for name in ordered]


def of_fidelity(embedders):
    """Return all measures that bear on fidelity: the committee's, then the others."""
    committee = judges(embedders)
    others = [f"{measure}.{name}" for name in embedders if name != "notes" for measure in MEASURES]
    return [*committee, *(path for path in others if path not in committee)]


def at(tree, path):
    """Return the value at a dotted path of nested dictionaries, None where there is none."""
    for key in path.split("."):
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree


def measure(path, better, rows, intervals, generators, question):
    """Return {metric, better, values, intervals, ahead} of one measure."""
    values = {name: at(rows[name], path) for name in generators}
    spans = {name: at(intervals.get(name, {}), path) for name in generators}
    spans = {name: list(span) for name, span in spans.items() if span}
    real, compared = at(intervals.get("real", {}), path), spans
    if question == "speed":
        compared = {name: [value, value] for name, value in values.items()}
    elif path == "nearest_train" and real:
        # To be farther from the training clips than unseen music is no virtue: only copying counts.
        real = [real[0], real[0]]
        compared = {name: [min(bound, real[0]) for bound in span] for name, span in spans.items()}
    ahead = leader(better, generators, compared, real)
    return {"metric": path, "better": better, "values": values, "intervals": spans, "ahead": ahead}


def sentence(question, main, leaders, against, rows, intervals, silent):
    """Return what the measures of one question say.

    main: the measure that decides; leaders: {path: who}; against: those that put another ahead than main; silent: those
    of the committee that show no difference where main does.
    """
    metric, leading, spans = main["metric"], main["ahead"], main["intervals"]
    real = at(rows.get("real", {}), metric)
    numbers = [f"{name} {said(value, spans.get(name))}" for name, value in main["values"].items()]
    numbers = f"{metric}: {', '.join(numbers + ([f'real {real:.3g}'] if real is not None else []))}"
    differing = "; ".join(f"{name} is ahead by {' and '.join(path for path in against if against[path] == name)}"
                          for name in dict.fromkeys(against.values()))
    agreeing = " and ".join(path for path, name in leaders.items() if name and name == leading and path != metric)
    if len(main["values"]) < 2:
        text = f"One generator, nothing to compare it with; {numbers}."
    elif leading and against:
        text = f"The measures disagree: {leading} is ahead by {metric}; {differing}. {numbers}."
    elif silent:
        others = " and ".join(silent)
        text = f"The judges do not agree: {leading} is ahead by {metric}, no difference shown by {others}; {numbers}."
    elif leading:
        text = f"{leading} is ahead{f', also by {agreeing}' if agreeing else ''}; {numbers}."
    elif against:
        text = f"No difference shown by the measure that decides; {numbers}. Of the others: {differing}."
    else:
        text = f"No difference shown; {numbers}."
    return text + (copying(spans, at(intervals.get("real", {}), metric)) if question == "memorisation" else "")


def copying(spans, real):
    """Return what the distances to the nearest training clip say about each generator for itself."""
    if real is None or not spans:
        return ""
    copied = [name for name, (_, high) in spans.items() if high < real[0]]
    if not copied and real[0] < TELLING:
        return " There is too little unseen music to tell by this distance whether anybody copies."
    if not copied:
        return " No sign of copying."
    return f" Nearer to training clips than unseen music is: {' and '.join(copied)}; that is copying."


def said(value, span):
    """Return '4.61 (3.95 to 5.51)', or the number alone where it has no interval."""
    return f"{value:.3g} ({span[0]:.3g} to {span[1]:.3g})" if span else f"{value:.3g}"
