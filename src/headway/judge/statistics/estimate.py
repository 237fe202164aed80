"""A metric's value with the influence of each row on it, and the outcome of a test of two of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from headway.judge.statistics.sample import Floats
    from headway.values.evidence import Evidence


class Estimate(NamedTuple):
    """A metric of one side.

    Attributes:
        value: the metric.
        influence: shape (rows,): how far each row moves the value, so that the variance of the value is about the
            variance of ``influence`` divided by the number of rows. It sums to zero. See Hampel, "The influence curve
            and its role in robust estimation", 1974.
        positives: the rows that the value rests on, such as those of a rare class; the method needs a least number.
        is_jackknife: whether ``influence`` is of buckets of rows, shape (buckets,), as the jackknife gives it. No group
            is split between buckets.
    """

    value: float
    influence: Floats
    positives: int
    is_jackknife: bool = False


@dataclass(frozen=True)
class Outcome:
    """The outcome of a test of one metric on both sides.

    Attributes:
        evidence: the interval, the p-value and what they rest on; nothing in it is adjusted for other tests yet.
        is_identical: whether both sides predict the same for every row that the metric uses.
        too_few: why the rows are too few for the method, as a clause such as ``only 12 rows of class 3``; else empty.
        note: what the values leave out on both sides, as a clause such as ``leaves out class 3: no row is of it``.
        scale: what the metric of the predictions is multiplied with to give the committed one, such as 100 for percent.
    """

    evidence: Evidence
    is_identical: bool = False
    too_few: str = ""
    note: str = ""
    scale: float = 1.0
