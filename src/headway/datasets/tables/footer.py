"""Whether the counts in a Parquet file's footer can be true, before polars allocates what they name.

22 bytes can claim two billion row groups, and a process that cannot allocate them is ended. The footer is in Thrift's
compact protocol, in which every element of a list takes a byte at the least.

Sources: parquet-format's README, "File format"; Thrift's "Compact protocol encoding".
"""

from __future__ import annotations

from typing import BinaryIO

_MOST_BYTES = 1024 * 1024
"""Of a footer that are looked at; a larger one is no small file any more."""
_MOST_DEPTH = 32
_BINARY, _LISTS, _STRUCT = 8, {9, 10}, 12
_BOOLEANS = {1, 2}
"""True and false: a byte in a list, nothing as a field."""
_FIXED = {1: 1, 2: 1, 3: 1, 7: 8}
"""The bytes of a boolean, a byte and a double."""
_INTEGERS = {4, 5, 6}


class _WrongError(Exception):
    pass


def is_consistent(stream: BinaryIO) -> bool:
    """Whether no list and no text of the footer is longer than the footer; polars reports a footer that is cut off."""
    end = stream.seek(0, 2)
    stream.seek(max(0, end - 8))
    size = int.from_bytes(stream.read(4), "little")
    if end < 12 or size > end - 12:  # noqa: PLR2004  two magic words and the size
        return True
    stream.seek(end - 8 - size)
    try:
        _Footer(stream.read(min(size, _MOST_BYTES)), size).skip(_STRUCT, 0)
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

    def skip(self, kind: int, depth: int) -> None:
        """Pass over one value, with all that is in it."""
        if kind in _FIXED:
            self._at += _FIXED[kind]
        elif kind in _INTEGERS:
            self._varint()
        elif kind == _BINARY:
            length = self._count(self._varint())
            self._at += length
        elif depth > _MOST_DEPTH or kind not in {*_LISTS, _STRUCT}:  # parquet-format has no maps
            raise _WrongError
        elif kind == _STRUCT:
            self._skip_fields(depth)
        else:
            header = self._byte()
            items = self._varint() if header >> 4 == 15 else header >> 4  # noqa: PLR2004  the count follows
            for _ in range(self._count(items)):
                self.skip(header & 15, depth + 1)

    def _skip_fields(self, depth: int) -> None:
        while header := self._byte():
            if not header >> 4:
                self._varint()  # the field's number in full
            if header & 15 not in _BOOLEANS:
                self.skip(header & 15, depth + 1)

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
