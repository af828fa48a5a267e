"""Put every row into one table, the selected model's into another, all clocks into a third."""

from chaconne.evaluation import tables
from chaconne.stage import read_params, stage
from chaconne.verdict import verdict


def main():
    """Write metrics/comparison.json, metrics/eval.json and metrics/timing.json."""
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
    tables.write_table("metrics/timing.json", tables.timing("data/timing", generators))


if __name__ == "__main__":
    main()
