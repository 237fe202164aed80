"""The richest rendering that fits: rendered again with less, never cut, because half a table is no table."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from headway.errors import ForgeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from headway.publish.forges.forge import SizeLimit


def fit(render: Callable[[int], str], rungs: int, room: SizeLimit) -> str:
    """Render with as much as a place has room for.

    Args:
        render: renders a rung, from 0 on; each shows more than the one below it. It says itself what it leaves out, and
            where the rest is.
        rungs: how many there are, at least one.
        room: the place's.

    Raises:
        ForgeError: not even the lowest rung fits.
    """
    everything = render(rungs - 1)
    if room.length(everything) <= room.size:
        return everything
    too_long = bisect_right(range(rungs - 1), room.size, key=lambda rung: room.length(render(rung)))
    if not too_long:
        raise ForgeError(
            "The report does not fit, not even its headline alone.",
            why=f"The place has room for {room.size:,} {room.unit}.",
            remedy="Look for long notes in the report; the whole of it is in report.html.",
        )
    return render(too_long - 1)
