"""Check params.yaml and the presets it selects before anything is computed: one line for each mistake, exit 2."""

import sys
from pathlib import Path

from chaconne.running.files import new_file
from chaconne.running.params.corpora import problems as problems_of_corpus
from chaconne.running.params.plain import read_yaml
from chaconne.running.params.selectors import problems, read_selectors
from chaconne.running.stage import stage


def main():
    """Say all that is wrong; or write data/selectors.txt, always the same, and the codec and generators wanted."""
    with stage("selectors", keep_clock=False):
        params = read_selectors()
        wrong = problems(params)
        names = {params.get(name) for name in ("data", "genre")} if isinstance(params, dict) else set()
        for name in sorted(name for name in names if isinstance(name, str)):
            path = Path("conf", "data", f"{name}.yaml")
            if path.parent == Path("conf/data") and path.exists():
                wrong += problems_of_corpus(read_yaml(path), path.as_posix())
        if wrong:
            print("\n".join(wrong), file=sys.stderr)
            sys.exit(2)
        wanted = sorted({*params["generators"], params["model"]})
        for name, said in ("selectors", ["ok"]), ("codec", [params["codec"]]), ("generators", wanted):
            with new_file(f"data/{name}.txt") as out:
                out.write_text("\n".join(said) + "\n")


if __name__ == "__main__":
    main()
