"""Reads the tensors of a TensorFlow checkpoint (format V2, one shard) without TensorFlow.

NAME.index is a sorted table of LevelDB: a footer of 48 bytes points at a block of (key, place of a block), and those
blocks hold (name of a tensor, BundleEntryProto). NAME.data-00000-of-00001 holds the numbers. Sources: LevelDB's
table_format.md, TensorFlow's tensor_bundle.proto.
"""

import struct
from pathlib import Path

import numpy as np

FOOTER, MAGIC = 48, 0xDB4775248B80FB57
TRAILER = 5         # after each block: how it is compressed (0: not at all) and a checksum
DTYPE, SHAPE, OFFSET, SIZE = 1, 2, 4, 5     # fields of BundleEntryProto
FLOAT = 1           # of TensorFlow's DataType


def read(prefix):
    """Return {name: float32 array} of the checkpoint PREFIX.index, PREFIX.data-00000-of-00001; other types are left
    out. Raises ValueError in one line for what is no such checkpoint."""
    index = Path(f"{prefix}.index").read_bytes()
    numbers = Path(f"{prefix}.data-00000-of-00001").read_bytes()
    tensors = {}
    try:
        if struct.unpack("<Q", index[-8:])[0] != MAGIC:
            raise ValueError("no table of LevelDB")
        _, *places = varints(index[-FOOTER:], 4)[1:]
        for _, place in entries(index, *places):
            for name, entry in entries(index, *varints(place, 2)):
                facts = dict(fields(entry))
                if name and facts.get(DTYPE) == FLOAT:
                    sizes = [dict(fields(size)).get(1, 0) for _, size in fields(facts.get(SHAPE, b""))]
                    count = facts[SIZE] // np.dtype("<f4").itemsize
                    flat = np.frombuffer(numbers, "<f4", count, facts.get(OFFSET, 0))
                    tensors[name.decode()] = flat.reshape(sizes)
    except (ValueError, KeyError, IndexError, struct.error) as error:
        raise ValueError(f"{prefix}: expected a checkpoint of TensorFlow in one shard, got {error}") from None
    return tensors


def entries(table, start, size):
    """Yield (key, value) of the block of a table that begins at `start`; a key repeats the head of the one before."""
    if table[start + size] != 0:
        raise ValueError("a compressed table")
    block = table[start : start + size]
    end = len(block) - 4 * (struct.unpack("<I", block[-4:])[0] + 1)    # places of whole keys, not needed here
    at, key = 0, b""
    while at < end:
        (shared, own, length), at = numbers_at(block, at, 3)
        key = key[:shared] + block[at : at + own]
        yield key, block[at + own : at + own + length]
        at += own + length


def fields(message):
    """Yield (number of the field, value) of a protocol buffer: integers, bytes of nested messages."""
    at = 0
    while at < len(message):
        (tag,), at = numbers_at(message, at, 1)
        kind = tag & 7
        if kind == 0:       # a varint
            (value,), at = numbers_at(message, at, 1)
        elif kind == 2:     # as many bytes as a varint says
            (length,), at = numbers_at(message, at, 1)
            value, at = message[at : at + length], at + length
        elif kind == 5:     # four bytes
            value, at = message[at : at + 4], at + 4
        else:
            raise ValueError(f"a field of wire type {kind}")
        yield tag >> 3, value


def varints(data, count):
    """Return the first `count` varints of data: seven bits a byte, the lowest first, the eighth bit says 'more'."""
    return numbers_at(data, 0, count)[0]


def numbers_at(data, at, count):
    """Return ([varints], place after them) of data from a place on."""
    found = []
    for _ in range(count):
        value, shift = 0, 0
        while data[at] & 0x80:
            value, shift, at = value | (data[at] & 0x7F) << shift, shift + 7, at + 1
        found.append(value | data[at] << shift)
        at += 1
    return found, at
