"""The grid of a contact sheet: groups of images in blocks of cells, as low as possible. Lengths are points."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, TypeVar

from headway.draw.theme import IMAGE_WIDTH

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CELL, GAP, MARGIN = 80, 12, 10
HEADING, NAME, FOOT = 36, 18, 22
MOST_HEIGHT = 460
"""A sheet that is higher makes a comment long; what does not fit is counted in words."""
_BLOCK_GAP = 8
_COLUMNS = (IMAGE_WIDTH - 2 * MARGIN + GAP) // (CELL + GAP)
_WIDEST = (4, 2)
"""How many cells a block may be wide: whichever makes the lowest sheet."""


class Replacing(Protocol):
    """An image that may have replaced another; then both are shown beside each other."""

    @property
    def before(self) -> object | None:
        """The image that it replaced."""


Group = TypeVar("Group", bound=Hashable)
Shown = TypeVar("Shown", bound=Replacing)


class Block(NamedTuple, Generic[Shown]):
    """A group's images in rows, its top left corner, and its width in cells."""

    rows: list[list[Shown]]
    left: int
    top: int
    columns: int

    @property
    def width(self) -> int:
        """Its width in points."""
        return self.columns * (CELL + GAP) - GAP

    @property
    def bottom(self) -> int:
        """The lower edge of its last names."""
        return self.row_top(len(self.rows)) - GAP

    def row_top(self, number: int) -> int:
        """The upper edge of a row's cells."""
        return self.top + HEADING + number * (CELL + NAME + GAP)


def arrange(groups: Sequence[Sequence[Shown]]) -> list[Block[Shown]]:
    """Put groups beside each other while they fit, then below."""
    return min((_flow(groups, widest) for widest in _WIDEST), key=height)


def in_turns(waiting: Mapping[Group, Sequence[Shown]]) -> dict[Group, Sequence[Shown]]:
    """Take one of each group, then a second one of each, while the sheet of a whole turn is low enough."""
    chosen: dict[Group, Sequence[Shown]] = {}
    for turn in range(1, max(map(len, waiting.values()), default=0) + 1):
        taken = {where: listed[:turn] for where, listed in waiting.items()}
        if height(arrange([*taken.values()])) > MOST_HEIGHT:
            break
        chosen = taken
    return chosen


def height(blocks: Sequence[Block[Shown]]) -> int:
    """The height of a sheet with a line at its foot."""
    return _bottom(blocks) + FOOT + MARGIN


def _bottom(blocks: Sequence[Block[Shown]]) -> int:
    return max(block.bottom for block in blocks)


def _flow(groups: Sequence[Sequence[Shown]], widest: int) -> list[Block[Shown]]:
    blocks: list[Block[Shown]] = []
    used, top = 0, MARGIN
    for group in groups:
        columns = min(widest, max(min(_WIDEST), _cell_count(group)))
        if used + columns > _COLUMNS:
            used, top = 0, _bottom(blocks) + _BLOCK_GAP
        blocks.append(Block(_rows(group, columns), MARGIN + used * (CELL + GAP), top, columns))
        used += columns
    return blocks


def _cell_count(group: Sequence[Replacing]) -> int:
    return sum(2 if shown.before else 1 for shown in group)


def _rows(group: Sequence[Shown], columns: int) -> list[list[Shown]]:
    """Break a group's images into rows; before and after stay beside each other."""
    rows: list[list[Shown]] = [[]]
    for shown in group:
        if _cell_count([*rows[-1], shown]) > columns:
            rows.append([])
        rows[-1].append(shown)
    return rows
