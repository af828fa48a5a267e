"""Parse the scores that the symbolic branch learns from: Bach, other polyphony, tunes."""

from chaconne.counterpoint.library import SHELVES, fill
from chaconne.resume import Parts
from chaconne.stage import read_params, stage


def main():
    """Write data/counterpoint/scores/<shelf>."""
    params = read_params()
    limits, workers = params["counterpoint"]["scores"], params["corpus"]["workers"]
    with stage("counterpoint/scores") as clock:
        parts = Parts("counterpoint_scores", limits)
        for shelf in SHELVES:
            parts.make(shelf, lambda out, shelf=shelf: clock.update({shelf: fill(shelf, out, limits[shelf], workers)}))
        parts.place("data/counterpoint/scores", {shelf: shelf for shelf in SHELVES})


if __name__ == "__main__":
    main()
