"""The richest rendering that fits: rendered again with less, never cut, because half a table is no table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.errors import ForgeError
from headway.report.outline import Detail

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
    raise _too_small(budget)


def fit_fairly(
    render: Callable[[Sequence[Detail]], str], part: Callable[[int, Detail], str], number: int, budget: int
) -> str:
    """Render several parts together with as much detail as a place has room for.

    The part that takes most room gives way first, so that one large report does not cost the small ones theirs.

    Args:
        render: renders the whole with a given detail for each part.
        part: renders one part.
        number: how many there are.
        budget: as for :func:`fit`.

    Raises:
        ForgeError: not even the headlines fit.
    """
    steps = [0] * number
    sizes = [len(part(place, LADDER[0]).encode()) for place in range(number)]
    frame = len(render([LADDER[-1]] * number).encode())
    while True:
        shrinkable = [place for place in range(number) if steps[place] < len(LADDER) - 1]
        if frame + sum(sizes) <= budget or not shrinkable:
            text = render([LADDER[step] for step in steps])
            if len(text.encode()) <= budget:
                return text
        if not shrinkable:
            raise _too_small(budget)
        largest = max(shrinkable, key=sizes.__getitem__)
        steps[largest] += 1
        sizes[largest] = len(part(largest, LADDER[steps[largest]]).encode())


def _too_small(budget: int) -> ForgeError:
    return ForgeError(
        "The report does not fit, not even its headline alone.",
        why=f"The place has room for {budget:,} bytes.",
        remedy="Look for long notes in the report; the whole of it is in report.html.",
    )
