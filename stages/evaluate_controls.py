"""Asked against attained, on the sound alone."""

from pathlib import Path

from threadpoolctl import threadpool_limits
from tqdm import tqdm

from chaconne.controls.measuring.tables import KINDS, Ground
from chaconne.evaluation.tables import write_table
from chaconne.running.files import read_json
from chaconne.running.params.reading import read_params
from chaconne.running.stage import stage
from chaconne.storage.files import write_json

KNOWN, SAMPLES = "data/controls/known", "data/controls/samples"
TABLE, HEARD = "metrics/controls.json", "data/controls/heard.json"


def main():
    """Write metrics/controls.json, and data/controls/heard.json: clip by clip, for the pictures."""
    params = read_params()
    seed, threads = params["seed"], params["threads"]
    with stage("controls/evaluate", seed, threads), threadpool_limits(threads):
        ground = Ground(KNOWN, params["evaluate"]["bootstrap"], seed)
        rows, intervals, heard = {}, {}, {}
        rows["real"], intervals["real"] = ground.real()
        for kind in tqdm(KINDS, desc="measure", unit="model"):
            tried = sorted(path.name for path in Path(SAMPLES, kind).iterdir() if path.is_dir())
            rows[kind], intervals[kind], heard[kind] = ground.model(Path(SAMPLES, kind), tried)
        write_json(HEARD, heard)
        about = read_json(Path(SAMPLES, KINDS[0], "free/about.json"))
        write_table(TABLE, {"rows": rows, "intervals": intervals, "settings": {
            "clips": about["clips"], "clip_seconds": about["clip_seconds"], "seed": seed,
            "judged": len(ground.real_told)}})


if __name__ == "__main__":
    main()
