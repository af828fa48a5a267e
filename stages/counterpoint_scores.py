"""Parse the scores that the symbolic branch learns from: Bach, other polyphony, tunes."""

from pathlib import Path

from chaconne.counterpoint.library import SHELVES, fill
from chaconne.running.params.reading import read_params
from chaconne.running.resume import Parts
from chaconne.running.stage import stage

CORPUS = "data/scores/corpus"
FOUR_VOICES = "cocochorales"  # the corpus whose MIDI is read with other polyphony: none of it is Bach's


def main():
    """Write data/counterpoint/scores/<shelf>."""
    params = read_params()
    # CocoChorales without `midi` in select.take has recordings only.
    beside = CORPUS if params["data"] == FOUR_VOICES and Path(CORPUS, "scores.npz").exists() else None
    limits, workers = params["counterpoint"]["scores"], params["corpus"]["workers"]
    with stage("counterpoint/scores") as clock:
        parts = Parts("counterpoint_scores", limits, [beside] if beside else [])
        for shelf in SHELVES:
            parts.make(shelf, lambda out, shelf=shelf: clock.update(
                {shelf: fill(shelf, out, limits[shelf], workers, beside)}))
        parts.place("data/counterpoint/scores", {shelf: shelf for shelf in SHELVES})


if __name__ == "__main__":
    main()
