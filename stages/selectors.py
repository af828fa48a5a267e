"""Check the selectors of params.yaml before anything is computed: one line for each wrong one, exit 2."""

import sys

from chaconne.files import new_file
from chaconne.selectors import problems, read_selectors


def main():
    """Write data/selectors.txt, always the same, or say which names exist."""
    wrong = problems(read_selectors())
    if wrong:
        print("\n".join(wrong), file=sys.stderr)
        sys.exit(2)
    with new_file("data/selectors.txt") as out:
        out.write_text("ok\n")


if __name__ == "__main__":
    main()
