"""Miniature corpora through the whole pipeline: python -m tests.smoke_corpora FOLDER DATA GENRE

DATA and GENRE are names of conf/data. MAESTRO and CocoChorales come from a server on 127.0.0.1 that cuts every
connection after a fifth of the file; `folder` is twenty files of all kinds. The pipeline runs in a copy of this
checkout at scale smoke.
"""

import hashlib
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import yaml

from scripts.smoke import commit, copy_checkout, environment, set_param
from tests import miniatures
from tests.servers import serving


@contextmanager
def served(folder, data, genre):
    """Yield a copy of the checkout, at scale smoke, whose settings point to miniatures that are being served."""
    copy = copy_checkout(folder)
    set_param(copy, "data", data)
    set_param(copy, "genre", genre)
    names = {data, genre}
    files = miniatures.maestro() if "maestro" in names else {}
    sums = {name: f"sha256:{hashlib.sha256(body).hexdigest()}" for name, body in files.items() if name.endswith(".zip")}
    files |= miniatures.cocochorales() if "cocochorales" in names else {}
    if "folder" in names:
        miniatures.mixed_folder(copy / "music")
    with serving({f"/{name}": body for name, body in files.items()}, cut=0.2) as server:
        change(copy, "maestro", base_url=server.url, checksums=sums)
        change(copy, "cocochorales", base_url=server.url, select={
            "shards": {"train": [1], "valid": [1], "test": [1]}, "ensembles": ["string", "brass", "woodwind", "random"],
            "tracks": None, "take": ["mix", "stems", "midi", "notes"], "whole_shards": True})
        commit(copy, f"Miniatures: {data}, {genre}")
        yield copy


def change(copy, name, **settings):
    """Lay `settings` over conf/data/<name>.yaml."""
    path = Path(copy, "conf/data", f"{name}.yaml")
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | settings, sort_keys=False))


def main(folder, data, genre):
    """Run everything; the exit status is that of `dvc repro`."""
    with served(folder, data, genre) as copy:
        start = time.perf_counter()
        status = subprocess.run(["dvc", "repro", "--all-pipelines"], cwd=copy, env=environment()).returncode
    print(f"== {copy}: {time.perf_counter() - start:.0f} s, exit status {status}", flush=True)
    return status


if __name__ == "__main__":
    if len(sys.argv) != 4:
        raise SystemExit(__doc__)
    raise SystemExit(main(*sys.argv[1:]))
