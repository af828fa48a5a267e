"""How well accompaniments fit the voices they were made for."""

import numpy as np
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from chaconne.accompaniment.absence import absent
from chaconne.accompaniment.measuring import fit, tables
from chaconne.evaluation.tables import write_table
from chaconne.running.params.reading import read_params
from chaconne.running.resume import Parts
from chaconne.running.stage import stage

SAMPLES, TABLE = "data/accompaniment/samples", "metrics/accompaniment.json"


def main():
    """Write metrics/accompaniment.json."""
    params = read_params()
    draws, seed, threads = params["evaluate"]["bootstrap"], params["seed"], params["threads"]
    with stage("accompaniment/evaluate", seed, threads), threadpool_limits(threads):
        if reason := absent(SAMPLES):
            return write_table(TABLE, {"rows": {}, "unavailable": {"accompaniment": reason}})
        parts = Parts("evaluate_accompaniment", [threads], [SAMPLES])
        each = {row: {name: np.array(column) for name, column in parts.value(
            row, lambda row=row: tables.values(SAMPLES, row)).items()}
            for row in tqdm(tables.ROWS, desc="measure", unit="row")}
        write_table(TABLE, tables.table(each, draws, seed) | {
            "settings": tables.about(SAMPLES, seed), "unavailable": fit.unavailable()})
        parts.finish()


if __name__ == "__main__":
    main()
