"""docs/faults.md promises only what a test holds."""

import re

from tests.conftest import ROOT


def test_every_row_of_the_table_of_faults_is_a_test():
    tests = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    known = set(re.findall(r"^def (test_\w+)", tests, re.M))
    rows = [line for line in (ROOT / "docs/faults.md").read_text().splitlines() if re.match(r"\| (?!what|-)", line)]
    assert len(rows) > 25
    for row in rows:
        named = re.findall(r"`(test_\w+)` \|$", row)
        assert len(named) == 1 and set(named) <= known, row
