"""Options of the chaos test: it takes minutes, and asks for a quiet run to compare with."""


def pytest_addoption(parser):
    """Say how often to kill, and what to compare with."""
    group = parser.getgroup("chaos")
    group.addoption("--kills", type=int, default=0, help="kill the pipeline so often; 0 leaves the test out")
    group.addoption("--quiet-run", default="", help="folder of a finished `python scripts/smoke.py FOLDER`")
    group.addoption("--chaos-seed", type=int, default=0, help="another seed, other moments")
