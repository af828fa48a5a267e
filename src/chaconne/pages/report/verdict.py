"""The verdict of metrics/comparison.json in the words of the page."""

import re
from dataclasses import dataclass

from chaconne.pages.shared.meanings import meaning_of

QUESTIONS = {
    "fidelity": ("Fidelity", "Whose music lies nearer to the corpus?"),
    "diversity": ("Diversity", "Whose music covers more of the corpus?"),
    "notes": ("Notes", "Whose pitches and chords are used as the corpus uses them?"),
    "rhythm": ("Rhythm", "Whose chords hold on and whose notes begin as in the corpus?"),
    "memorisation": ("Memorisation", "Does one of them copy its training music?"),
    "speed": ("Speed", "Who needs less work for the same length of music?"),
}


@dataclass(frozen=True)
class Answer:
    """One line of the verdict. outcome: two or three words; css: colour class of who is ahead."""

    title: str
    question: str
    outcome: str
    text: str
    css: str = ""


def answers(inputs, labels):
    """Return the Answers to all questions, in the order of QUESTIONS, others after them."""
    given = inputs.comparison.get("verdict", {})
    ordered = sorted(given, key=lambda name: (name not in QUESTIONS, [*QUESTIONS, name].index(name)))
    found = []
    for name in ordered:
        result, (title, question) = given[name], QUESTIONS.get(name, (name.replace("_", " ").capitalize(), ""))
        found.append(Answer(title, question, outcome(result, labels), spoken(result, labels), css(result, labels)))
    return found


def outcome(result, labels):
    """Return who is ahead, or that nobody is."""
    if result["ahead"]:
        return f"{labels[result['ahead']].name} ahead"
    return "measures disagree" if result["measures"][result["metric"]] else "no difference shown"


def css(result, labels):
    """Return the colour of who is ahead."""
    return labels[result["ahead"]].css if result["ahead"] else ""


def spoken(result, labels):
    """Return the sentence with names for people in place of names of rows and paths of numbers."""
    words = {path: meaning_of(path).label for path in result["measures"]}
    words |= {name: labels[name].name for name in result["values"]}
    text = re.sub(r"[\w.-]*\w", lambda found: words.get(found[0], found[0]), result["text"])
    return text[:1].upper() + text[1:]
