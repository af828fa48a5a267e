"""Parse the scores of a corpus into one packed folder, fetch its recordings: python -m stages.scores corpus|genre."""

import sys

from chaconne.corpora.gathering.scores import parse_corpus
from chaconne.running.files import new_folder
from chaconne.running.models import load_variation
from chaconne.running.params.corpora import read_settings_or_exit
from chaconne.running.params.reading import read_params
from chaconne.running.stage import stage

NAMES = {"corpus": ("data", "scores"), "genre": ("genre", "genre_scores")}  # folder: (selector, clock)


def main(folder="corpus"):
    """Gather the corpus that the selector of `folder` names into data/scores/<folder>."""
    selector, clock_name = NAMES[folder]
    params = read_params()
    name, limits = params[selector], params["corpus"]
    with stage(clock_name, seed=params["seed"]) as clock:
        settings = read_settings_or_exit(name)
        with new_folder(f"data/scores/{folder}") as out:
            if "kind" in settings:
                settings["folder"] = params["folder"]
                clock.update(load_variation("corpora", name).gather(settings, out, limits, params["seed"]))
            else:
                clock.update(parse_corpus(name, settings, out, limits["max_pieces"], limits["workers"]))


if __name__ == "__main__":
    main(*sys.argv[1:])
