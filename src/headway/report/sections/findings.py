"""Findings inside the data, and the rows of its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from headway.report.blocks import Name, Row, Words, line, prose

if TYPE_CHECKING:
    from headway.report.blocks import Inline


class Finding(NamedTuple):
    """A failed check, or a warning, as a sentence without its full stop."""

    what: str
    is_failure: bool = False

    @property
    def line(self) -> Inline:
        """The finding with its mark."""
        mark = Words("Failed check", "failed") if self.is_failure else Words("", "warning")
        return line(mark, " ", prose(self.what), ".")


def text_row(title: str, *cells: str) -> Row:
    """A row that begins with a name."""
    return Row((line(Name(title)), *map(line, cells)))
