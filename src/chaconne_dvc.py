"""DVC as this project needs it. A line in the environment's site-packages (chaconne_dvc.pth) loads this.

DVC has no place where a project could say such things, so some of its functions are wrapped as soon as it imports them:

- It sees code as chaconne.running.code does, in a checkout of chaconne alone: an edit of words is none.
- It looks into its run-cache, too, where a stage is as the committed dvc.lock has it, but the outs of that lock are on
  another machine: what was made here of the same code, params and data is taken (in any project).
- Two branches run beside each other in one folder (in any project): what a stage that runs only reads does not stop
  another DVC that finds the stage before it unchanged, and each waits where the other has the folder for seconds.

It is no part of the package, which no program may have imported before a stage imports that of its own checkout.
"""

import os
import sys
from functools import lru_cache
from pathlib import Path

MARK = "CHACONNE_READS_CODE"    # in the environment of a DVC that is wrapped, and of the stages it starts
FOLDERS = (("src", "chaconne"), ("stages",), ("conf",))     # of a checkout; what lies elsewhere is known by its bytes


class Finder:
    """Waits on sys.meta_path for modules of DVC; other imports pass by."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        """Find a module that is waited for with the other finders, and wrap what is in it when it has been loaded."""
        wrap = WAITING.pop(name, None)
        if wrap is None:
            return None
        from importlib.util import find_spec

        spec = find_spec(name)
        load = spec.loader.exec_module

        def exec_module(module):
            load(module)
            wrap(module)

        spec.loader.exec_module = exec_module
        return spec


def see_code(state):
    """Let DVC take hashes of code from chaconne.running.code, and keep none of them between runs."""
    from dvc_data.hashfile import hash as hashing

    by_bytes, known, all_known = hashing._hash_file, state.State.get, state.State.get_many

    def hash_file(path, fs, name, callback=None, info=None):
        if name != "md5" or fs.protocol != "local" or not is_code(path):
            return by_bytes(path, fs, name, callback=callback, info=info)
        from chaconne.running.code import digest

        return digest(path), hashing.Meta.from_info(info or fs.info(path), fs.protocol)

    def get(self, path, fs, info=None):
        return (None, None) if is_code(path) else known(self, path, fs, info=info)

    def get_many(self, paths, fs, infos):
        yield from ((path, None, None) for path in paths if is_code(path))
        yield from all_known(self, [path for path in paths if not is_code(path)], fs, infos)

    hashing._hash_file, state.State.get, state.State.get_many = hash_file, get, get_many
    os.environ[MARK] = "1"


def look_further(cache):
    """Let DVC look for what this machine made where it lacks what dvc.lock names."""
    by_lock = cache.StageCache.restore

    def restore(self, stage, **options):
        try:
            return by_lock(self, stage, **options)
        except cache.RunCacheNotFoundError:
            if stage.changed_stage() or not stage.deps_cached():
                raise   # it has looked there
            stage.deps_cached = lambda: False   # of this stage alone: then the run-cache is asked
            try:
                return by_lock(self, stage, **options)
            finally:
                del stage.deps_cached

    cache.StageCache.restore = restore


def share(stage):
    """Let DVC lock what a stage writes only where it runs the stage, not where it finds that nothing changed."""
    by_lock = stage.Stage.reproduce

    def reproduce(self, **options):
        if options.get("force") or self.changed(options.get("allow_missing", False), options.get("upstream")):
            return by_lock(self, **options)
        stage.logger.info("Stage '%s' didn't change, skipping", self.addressing)
        return None

    stage.Stage.reproduce = reproduce


def wait(lock):
    """Let DVC wait for a DVC that is between two stages, as its `--wait-for-lock` does, not give up after 3 seconds."""
    make = lock.make_lock

    def make_lock(*files, friendly=False, **options):
        return make(*files, **options | {"friendly": friendly, "wait": friendly})   # it is, with the lock of a folder

    lock.make_lock = make_lock


def is_code(path):
    """Tell whether the path lies in a checkout of chaconne where its code and settings do."""
    parts = os.path.abspath(path).split(os.sep)
    return any(tuple(parts[i:i + len(folder)]) == folder and is_checkout(os.sep.join(parts[:i]))
               for folder in FOLDERS for i, part in enumerate(parts) if part == folder[0])


@lru_cache(maxsize=256)
def is_checkout(root):
    """Tell whether the folder is the root of a checkout of chaconne."""
    return Path(root or os.sep, "src", "chaconne", "running", "code.py").is_file()


WRAPPED = {"dvc_data.hashfile.state": see_code, "dvc.stage.cache": look_further, "dvc.stage": share, "dvc.lock": wait}
WAITING = {name: wrap for name, wrap in WRAPPED.items() if name not in sys.modules}
if Finder not in sys.meta_path:
    sys.meta_path.insert(0, Finder)
