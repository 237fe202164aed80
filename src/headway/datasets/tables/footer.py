"""Whether the counts in a Parquet file's footer can be true, before polars allocates what they name.

22 bytes can claim two billion row groups, and a process that cannot allocate them is ended. The footer is in Thrift's
compact protocol, in which every element of a list takes a byte at the least.

Sources: parquet-format's README, "File format"; Thrift's "Compact protocol encoding".
"""

from __future__ import annotations

from typing import BinaryIO

_MOST_BYTES = 1024 * 1024
"""Of a footer that are looked at; a larger one is no small file any more."""
_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _STRUCT = 1, 2, 3, 7, 8, 9, 10, 12
_INTEGERS = {4, 5, 6}
_MOST_DEPTH = 32


class _WrongError(Exception):
    pass


def is_consistent(stream: BinaryIO) -> bool:
    """Whether no list and no text of the footer is longer than the footer; what is cut off is for polars to say."""
    end = stream.seek(0, 2)
    stream.seek(max(0, end - 8))
    size = int.from_bytes(stream.read(4), "little")
    if end < 12 or size > end - 12:  # noqa: PLR2004  two magic words and the size
        return True
    stream.seek(end - 8 - size)
    try:
        _Footer(stream.read(min(size, _MOST_BYTES)), size).struct(0)
    except _WrongError:
        return False
    except IndexError:  # cut off, or longer than what is looked at
        return True
    return True


class _Footer:
    def __init__(self, data: bytes, size: int) -> None:
        self._data = data
        self._size = size
        self._at = 0

    def struct(self, depth: int) -> None:
        if depth > _MOST_DEPTH:
            raise _WrongError
        while kind := self._byte():
            if not kind >> 4:
                self._varint()  # the field's number in full
            if kind & 15 not in (_TRUE, _FALSE):
                self._value(kind & 15, depth)

    def _value(self, kind: int, depth: int) -> None:
        if kind in _INTEGERS:
            self._varint()
        elif kind == _STRUCT:
            self.struct(depth + 1)
        elif kind in (_LIST, _SET):
            self._list(depth)
        elif kind in (_TRUE, _FALSE, _BYTE):
            self._at += 1
        elif kind == _DOUBLE:
            self._at += 8
        elif kind == _BINARY:
            length = self._count(self._varint())
            self._at += length
        else:
            raise _WrongError  # parquet-format has no maps

    def _list(self, depth: int) -> None:
        header = self._byte()
        count = self._count(self._varint() if header >> 4 == 15 else header >> 4)  # noqa: PLR2004  the rest of the byte
        for _ in range(count):
            self._value(header & 15, depth + 1)

    def _count(self, number: int) -> int:
        if number > self._size - self._at:
            raise _WrongError
        return number

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _varint(self) -> int:
        found = shift = 0
        while (byte := self._byte()) & 128:
            found |= (byte & 127) << shift
            shift += 7
        return found | byte << shift
