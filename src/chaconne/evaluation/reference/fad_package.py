"""The `frechet-audio-distance` package, imported in a second and without a network.

Its modules say `import laion_clap` at the top, which takes 17 seconds (7 where the files are in memory) and
looks for a hub, although only CLAP embeddings need it. So the import meets a stand-in, which turns into the
package itself when something of it is used. (importlib.util.LazyLoader does not do: in Python 3.11 the import
statement itself asks the module for its `__spec__`, and that loads it.)
"""

import importlib.util
import os
import sys
from functools import cache
from types import ModuleType

SLOW = "laion_clap"
INSTALL = "install it without its dependencies: `pip install --no-deps 'frechet-audio-distance>=0.3.4'`"


class Later(ModuleType):
    """A module that is imported when one of its attributes is first asked for.

    Names with underscores do not count: `inspect` asks every module for its `__file__`.
    """

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(f"{self.__name__} is not loaded yet and has no {name}")
        return getattr(importlib.import_module(self.__name__), name)


@cache
def package():
    """Return the module `frechet_audio_distance.fad`; ValueError where the package is not installed."""
    if importlib.util.find_spec("frechet_audio_distance") is None:
        raise ValueError(f"expected the package frechet-audio-distance, found none; {INSTALL}")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # read when the hub's library is imported
    stands_in = SLOW not in sys.modules
    if stands_in:
        sys.modules[SLOW] = Later(SLOW)
    try:
        return importlib.import_module("frechet_audio_distance.fad")
    finally:
        if stands_in:  # whoever imports it from here on gets the real one
            del sys.modules[SLOW]
