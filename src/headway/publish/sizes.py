"""The richest rendering that fits: rendered again with less, never cut, because half a table is no table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.errors import ForgeError
from headway.report.outline import Detail

if TYPE_CHECKING:
    from collections.abc import Callable

LADDER = (Detail.FULL, Detail.COMPACT, Detail.HEADLINE)


def fit(render: Callable[[Detail], str], budget: int) -> str:
    """Render with as much detail as a place has room for.

    Args:
        render: renders with a given detail; it says itself what it leaves out, and where the rest is.
        budget: the place's room in UTF-8 bytes.

    Raises:
        ForgeError: not even the headline fits.
    """
    for detail in LADDER:
        text = render(detail)
        if len(text.encode()) <= budget:
            return text
    raise ForgeError(
        "The report does not fit, not even its headline alone.",
        why=f"The place has room for {budget:,} bytes.",
        remedy="Look for long notes in the report; the whole of it is in report.html.",
    )
