"""Small pieces of sentences about data. Names from a repository stand between backticks; renderings escape them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

_LISTED = 5


class Finding(NamedTuple):
    """A failed check or a warning: ``mark`` says which without colour."""

    mark: str
    what: str
    is_failure: bool


class Cells(NamedTuple):
    """A small table, ready to print: its titles, its rows, and how many rows are not shown.

    The first column holds names. ``noun`` is what a row is.
    """

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left_out: int
    noun: str


def name(text: str) -> str:
    """A word of the repository's between backticks; one of its own would end it."""
    inner = text.replace("`", "'")
    return f"`{inner}`"


def such_as(examples: Sequence[str]) -> str:
    """The first few names, in brackets; nothing where there is none."""
    return f" ({', '.join(name(example) for example in examples[:_LISTED])})" if examples else ""


def first(names: Sequence[str], most: int = _LISTED) -> str:
    """The first few of a list, and how many more there are."""
    return ", ".join(names[:most]) + (f" and {len(names) - most:,} more" if len(names) > most else "")


def and_more(number: int) -> str:
    """How many more there are, where there are any."""
    return f" and {number:,} more" if number > 0 else ""
