"""YAML of plain values, read with distrust and as DVC does: YAML 1.2, where `010` is ten and `no` a text.

`dvc exp run -S` writes a file anew, without quotes where its reader needs none. PyYAML, which knows YAML 1.1, would
then take some of those texts for numbers and answers; so the reader here is DVC's own.
"""

from pathlib import Path

from chaconne.running.files import one_line

MOST_BYTES = 2**20  # of a YAML file


def read_yaml(path):
    """Read a YAML file of plain values; ValueError says in one line what is wrong with it."""
    return parse(Path(path).read_bytes(), path)


def parse(content, name):
    """Return what the bytes of the YAML file `name` say; ValueError says in one line what is wrong with them.

    Aliases are refused (a few of them can stand for gigabytes), and keys that stand twice or are no text.
    """
    from ruamel.yaml import YAML, YAMLError
    from ruamel.yaml.events import AliasEvent

    if len(content) > MOST_BYTES:
        raise ValueError(f"{name}: expected at most {MOST_BYTES} bytes, got {len(content)}")
    try:
        text = content.decode()
        for event in YAML(typ="safe").parse(text):
            if isinstance(event, AliasEvent):
                raise ValueError(f"line {event.start_mark.line + 1} has an alias (*name); write it out")
        tree = YAML(typ="safe").load(text)
        check_keys(tree)
        return tree
    except (YAMLError, ValueError, RecursionError, OverflowError) as error:
        said = getattr(error, "problem", None) and f"line {error.problem_mark.line + 1}: {error.problem}"
        raise ValueError(f"{name} cannot be read as YAML: {said or one_line(error)}") from error


def check_keys(tree):
    """Raise ValueError where a key is no text."""
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ():
        if isinstance(tree, dict) and not isinstance(key, str):
            raise ValueError(f"the key {key!r:.80} is no text; put it in quotes")
        check_keys(value)
