"""Whose music a file was made from: it travels with latents, codecs and generators."""

from pathlib import Path

from chaconne.running.files import read_json

KEYS = ("name", "title", "licence", "citation", "source")


def of_corpus(folder):
    """Return what corpus.json in `folder` says of origin and rights: a dictionary of texts."""
    facts = read_json(Path(folder, "corpus.json"))
    return {key: facts[key] for key in KEYS if key in facts}


def together(*lists):
    """Return the corpora of several lists, each once, in order."""
    found = []
    for corpus in (corpus for corpora in lists for corpus in corpora):
        if corpus not in found:
            found.append(corpus)
    return found
