"""Digits to predict, and how their bad rows are named. The words are the same for a CSV file, a CSV body and JSON."""

from __future__ import annotations

import re
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from digits.dataset import LEVELS, SIZE

PIXEL_RULE = f"a whole number from 0 to {LEVELS}"
ID_RULE = "an id without spaces"

SHOWN_ROWS = 10
"""How many bad rows an error names before it only counts them."""

SHOWN_CELLS = 3
"""How many bad cells it names in each."""

_SHOWN_CHARACTERS = 40


class Sample(NamedTuple):
    """Digits without labels.

    Attributes:
        ids: one unique id per digit.
        images: shape (digits, 8, 8), 0 to 16.
    """

    ids: tuple[str, ...]
    images: npt.NDArray[np.uint8]


class BadCell(msgspec.Struct, frozen=True):
    """One thing that is wrong with a row.

    Attributes:
        row: the number of the row, from 1.
        id: its id, if it has one.
        field: the name of the column, or the place in the JSON document; empty if it is about the whole row.
        why: what is wrong.
    """

    row: int
    id: str | None
    field: str
    why: str


class InputError(Exception):
    """The digits cannot be predicted; the message says why."""


class MalformedError(InputError):
    """It is not a table of digits at all."""


class TooManyRowsError(InputError):
    """There are more rows than the service takes in one request."""

    def __init__(self, most: int) -> None:
        super().__init__(f"more than {most} rows: send fewer at once")


class BadRowsError(InputError):
    """Cells break a rule.

    Attributes:
        cells: the bad cells of the first bad rows.
        more_rows: how many bad rows are not named.
    """

    def __init__(self, bad_rows: int, cells: tuple[BadCell, ...]) -> None:
        super().__init__(f"{bad_rows} bad row{'s' if bad_rows > 1 else ''}")
        self.cells = cells
        self.more_rows = max(0, bad_rows - SHOWN_ROWS)


class SampleBuilder:
    """Takes rows one by one, good or bad, and remembers of the bad ones only what is shown."""

    def __init__(self, most: int | None = None) -> None:
        self._most = most
        self._rows = 0
        self._row_of: dict[str, int] = {}
        self._pixels = bytearray()
        self._bad_rows = 0
        self._cells: list[BadCell] = []

    def add(self, given_id: str | None, pixels: bytes, flaws: list[tuple[str, str]]) -> None:
        """Take the next row.

        Args:
            given_id: its id; ``None`` for the number of the row.
            pixels: 64 of them, if there are no flaws.
            flaws: the field of each bad cell, and why it is bad.

        Raises:
            TooManyRowsError: this row is one too many.
        """
        self._rows += 1
        if self._most is not None and self._rows > self._most:
            raise TooManyRowsError(self._most)
        name = str(self._rows) if given_id is None else given_id
        flaws = [*self._flaws_of_id(name), *flaws]
        self._row_of.setdefault(name, self._rows)
        self._pixels += pixels
        if flaws:
            self._note(given_id, flaws)

    def sample(self) -> Sample:
        """All rows.

        Raises:
            InputError: some are bad, or there are none.
        """
        if self._bad_rows:
            raise BadRowsError(self._bad_rows, tuple(self._cells))
        if not self._rows:
            raise MalformedError("no rows")
        images = np.frombuffer(bytes(self._pixels), dtype=np.uint8).reshape(-1, SIZE, SIZE)
        return Sample(tuple(self._row_of), images)

    def _flaws_of_id(self, name: str) -> list[tuple[str, str]]:
        if not re.fullmatch(r"\S+", name):
            return [("id", f"{shown(name)} is not {ID_RULE}" if name else "empty")]
        if name in self._row_of:
            return [("id", f"{shown(name)} is also the id of row {self._row_of[name]}")]
        return []

    def _note(self, given_id: str | None, flaws: list[tuple[str, str]]) -> None:
        self._bad_rows += 1
        if self._bad_rows > SHOWN_ROWS:
            return
        name = given_id[:_SHOWN_CHARACTERS] if given_id else None
        self._cells += [BadCell(self._rows, name, field, why) for field, why in flaws[:SHOWN_CELLS]]
        if len(flaws) > SHOWN_CELLS:
            self._cells.append(BadCell(self._rows, name, "", f"{len(flaws) - SHOWN_CELLS} more bad cells"))


def shown(value: str) -> str:
    """A value as errors quote it, which a sender cannot make long or break into lines."""
    return repr(value[:_SHOWN_CHARACTERS]) + ("..." if len(value) > _SHOWN_CHARACTERS else "")
