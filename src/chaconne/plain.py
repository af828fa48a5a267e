"""YAML of plain values, read with distrust and as DVC reads and writes it."""

import re
from pathlib import Path

import yaml

from chaconne.files import one_line

MOST_BYTES = 2**20  # of a YAML file
# YAML 1.2's floats without a point, which `dvc exp run -S finetune.learning_rate=0.00004` writes as 4e-05.
WITHOUT_POINT = re.compile(r"[-+]?[0-9]+[eE][-+]?[0-9]+$")


class Plain(yaml.SafeLoader):
    """YAML without aliases (a few of them can stand for gigabytes) and without keys that stand twice."""

    def compose_node(self, parent, index):
        """Refuse an alias."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError(f"line {self.peek_event().start_mark.line + 1} has an alias (*name); write it out")
        return super().compose_node(parent, index)

    def construct_mapping(self, node, deep=False):
        """Refuse a key that stands twice, or that is no text."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if not isinstance(key, str) or keys.count(key) > 1:
                raise yaml.YAMLError(f"line {node.start_mark.line + 1}: the key {key!r:.80} stands twice or is no text")
        return super().construct_mapping(node, deep)


Plain.add_implicit_resolver("tag:yaml.org,2002:float", WITHOUT_POINT, list("-+0123456789"))


def read_yaml(path):
    """Read a YAML file of plain values; ValueError says in one line what is wrong with it."""
    return parse(Path(path).read_bytes(), path)


def parse(content, name):
    """Return what the bytes of the YAML file `name` say; ValueError says in one line what is wrong with them."""
    if len(content) > MOST_BYTES:
        raise ValueError(f"{name}: expected at most {MOST_BYTES} bytes, got {len(content)}")
    try:
        return yaml.load(content.decode(), Plain)
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError) as error:
        raise ValueError(f"{name} cannot be read as YAML: {one_line(error)}") from error
