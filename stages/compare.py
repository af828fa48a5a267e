"""Put every row into one table, and the selected model's into another."""

from chaconne.evaluation import tables
from chaconne.evaluation.verdict.verdict import verdict
from chaconne.running.params.reading import read_params
from chaconne.running.stage import stage


def main():
    """Write metrics/comparison.json and metrics/eval.json."""
    params = read_params()
    with stage("compare", seed=params["seed"], keep_clock=False):
        compare(params)


def compare(params):
    """Merge metrics/anchors.json with those of all generators; see the contracts in the README."""
    model = params["model"]
    generators = list(dict.fromkeys([*params["generators"], model]))     # one that is not listed, when it is selected
    measured = {f"evaluate@{name}": f"metrics/{name}.json" for name in ["anchors", *generators]}
    table = tables.compare({stage: tables.read_table(path, stage) for stage, path in measured.items()})
    table["settings"] |= {key: params[key] for key in ("scale", "data", "codec", "runs")}
    table["settings"]["generators"] = {name: params[name] for name in generators}
    embedders = [name for name in params["evaluate"]["embedders"] if name in table["real"]["fad"]]
    table["verdict"] = verdict(table, table["intervals"], generators, embedders)
    tables.write_table("metrics/comparison.json", table)
    tables.write_table("metrics/eval.json", table[model] | {"model": model})


if __name__ == "__main__":
    main()
