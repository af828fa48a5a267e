"""Parse a corpus of scores into one packed folder."""

from functools import partial

from chaconne.running.models import load_variation
from chaconne.scores.collection.filling import fill


def parse(name, source):
    """Return the Score of one source of corpus `name`, or raise Unusable."""
    return load_variation("corpora", name).parse(source)


def parse_corpus(name, settings, folder, max_pieces=None, workers=1, related=True):
    """Parse corpus `name` into `folder`; see chaconne.scores.collection.filling.fill."""
    return fill(name, load_variation("corpora", name).sources(settings), partial(parse, name), folder, max_pieces,
                workers, related)
