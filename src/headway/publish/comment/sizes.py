"""The richest rendering that fits: rendered again with less, never cut, because half a table is no table."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from headway.errors import ForgeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from headway.publish.forges.forge import SizeLimit


def fit(render: Callable[[int], str], levels: int, limit: SizeLimit) -> str:
    """The richest of some renderings that a limit allows.

    ``render`` takes a level from 0 on, each showing more than the one below it; it says itself what it leaves out.
    Raises ``ForgeError`` where even level 0 is too long.
    """
    everything = render(levels - 1)
    if limit.length(everything) <= limit.size:
        return everything
    too_long = bisect_right(range(levels - 1), limit.size, key=lambda level: limit.length(render(level)))
    if not too_long:
        raise ForgeError(
            f"The report is too large: even the summary exceeds the limit of {limit.size:,} {limit.unit}.",
            remedy="Look for long notes in the report. All of it is in report.html.",
        )
    return render(too_long - 1)
