"""The whole pipeline at scale smoke, killed at random moments, ends with the bytes of a quiet run.

pytest tests/chaos --kills 8 --quiet-run=FOLDER     (FOLDER: of `python scripts/smoke.py FOLDER`)
"""

import pytest

from chaconne.running.files import SUMS
from scripts.same_bytes import differences, results
from scripts.smoke import copy_checkout, main
from tests.chaos import killing
from tests.conftest import read_stages
from tests.test_trust import not_plain


@pytest.mark.slow
def test_kills_change_nothing(request, tmp_path):
    kills, quiet = request.config.getoption("--kills"), request.config.getoption("--quiet-run")
    if not kills:
        pytest.skip("takes minutes: `pytest tests/chaos --kills 8`")
    if not quiet:
        quiet = tmp_path / "quiet"
        assert main(quiet) == 0
    root = copy_checkout(tmp_path / "chaos")
    planned = killing.plan(quiet, kills, request.config.getoption("--chaos-seed"))
    done = killing.run(root, planned, limit_s=1200 + 240 * kills)   # beside other tests it is slow
    assert len(done) >= kills - 1   # the last stage may be quicker than its kill
    assert len(results(root)) > 50
    assert not_plain(root) == [] and unsealed(root) == []
    assert list(differences(quiet, root)) == []


def unsealed(root):
    """Return the folders of models, codecs and latents that have no SHA256SUMS."""
    holders = [p.parent for kind in ("*.safetensors", "latents.npy") for p in (root / "data").rglob(kind)]
    assert len(holders) > 6
    return [folder for folder in holders if not (folder / SUMS).exists()]


def test_a_plan_repeats_with_its_seed(tmp_path, request):
    root = copy_checkout(tmp_path / "copy")
    (root / "metrics/timing.json").write_text('{"stages": {"train_gan": {"wall_seconds": 100}}}')
    first, again, other = (killing.plan(root, 120, seed) for seed in (0, 0, 1))
    assert first == again != other
    assert sum(map(len, first.values())) == 120
    assert set(first) == set(read_stages(root))
    assert max(first, key=lambda stage: len(first[stage])) == "train_gan"
