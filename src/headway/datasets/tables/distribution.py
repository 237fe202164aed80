"""Distributions as the small charts show them: shares of rows, by bins or by categories, on both sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from headway.numbers import format_share
from headway.sorting import sorted_names
from headway.values.chart import DistributionPanel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

BINS = 24
MOST_BARS = 10
_TAIL = 0.005  # of the rows on each end that may lie outside of the chart, where they would stretch it
_STRETCH = 1.5  # how much wider than the rest the tails have to make it


def number_panel(name: str, base: Numbers | None, head: Numbers | None) -> DistributionPanel | None:
    """A histogram of sorted numbers; ``None`` where neither side has any, or all are equal."""
    sides = [values for values in (base, head) if values is not None and len(values)]
    if not sides:
        return None
    edges = _edges(sides)
    if edges is None:
        return None
    outside = max(1 - float(_counts(values, edges).sum()) / len(values) for values in sides)
    base_shares, head_shares = (
        tuple((_counts(values, edges) / len(values)).tolist()) if values is not None and len(values) else None
        for values in (base, head)
    )
    return DistributionPanel(
        name=name,
        edges=tuple(edges.tolist()),
        base=base_shares,
        head=head_shares,
        remark=f"{format_share(round(outside, 3) or 0.001)} outside" if outside else "",
    )


def _edges(sides: list[Numbers]) -> Numbers | None:
    low, high = min(float(values[0]) for values in sides), max(float(values[-1]) for values in sides)
    if not low < high or not np.isfinite(high - low):
        return None
    if high - low < BINS and all(np.all(values == np.round(values)) for values in sides):
        return np.arange(low - 0.5, high + 1.0)
    inner = [values[[int(_TAIL * (len(values) - 1)), int((1 - _TAIL) * (len(values) - 1))]] for values in sides]
    usual = min(float(ends[0]) for ends in inner), max(float(ends[1]) for ends in inner)
    if usual[0] < usual[1] and high - low > _STRETCH * (usual[1] - usual[0]):
        low, high = usual
    return np.linspace(low, high, BINS + 1)


def _counts(values: Numbers, edges: Numbers) -> NDArray[np.int64]:
    """The sorted values in each bin, whose upper edge belongs to the next; the last bin has both."""
    places = np.searchsorted(values, edges, side="left")
    places[-1] = np.searchsorted(values, edges[-1], side="right")
    return np.diff(places)


def category_panel(
    name: str, base: Mapping[str | None, int] | None, head: Mapping[str | None, int] | None
) -> DistributionPanel | None:
    """Bars by category, the rarest taken together; ``None`` where there is at most one."""
    old, new = base or {}, head or {}
    counts = {each: max(old.get(each, 0), new.get(each, 0)) for each in (*old, *new)}
    if len(counts) < 2:  # noqa: PLR2004 - one category is no distribution
        return None
    frequent = sorted(counts, key=lambda each: (-counts[each], str(each)))[:MOST_BARS]
    rest = len(counts) - len(frequent)
    names = sorted_names(map(str, frequent))
    return DistributionPanel(
        name=name,
        labels=(*names, f"{rest} more") if rest else tuple(names),
        base=_category_shares(base, names, others=bool(rest)),
        head=_category_shares(head, names, others=bool(rest)),
    )


def _category_shares(
    counts: Mapping[str | None, int] | None, names: list[str], *, others: bool
) -> tuple[float, ...] | None:
    if not counts:
        return None
    total = sum(counts.values())
    shares = [counts.get(name, 0) / total for name in names]
    return (*shares, max(1 - sum(shares), 0.0)) if others else tuple(shares)
