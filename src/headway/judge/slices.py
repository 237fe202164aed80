"""The verdicts on slices: one family of tests, and values that the luck of few rows does not drive apart."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET

from headway.judge.power import standard_error
from headway.judge.verdicts import Case, judge_cases
from headway.values.comparison import Slice

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headway.judge.shrinkage import Shrunk
    from headway.judge.statistics.estimate import Outcome
    from headway.judge.statistics.unpaired import Level
    from headway.values.comparison import Metric
    from headway.values.evidence import Evidence


@dataclass(frozen=True, kw_only=True)
class SliceTest:
    """The test of a metric on the rows of one slice.

    Attributes:
        metric: the metric, on all rows.
        column, value, rows: the slice, as in :class:`headway.values.comparison.Slice`.
        outcome: the outcome of the test, in the unit and sign of the metric; ``None`` if there is none.
        level: the metric of head as predictions give it, before it is multiplied with the outcome's scale.
        is_scarce: whether there are too few rows for any test.
        problem: why there is no outcome, as a clause.
    """

    metric: Metric
    column: str
    value: str | None
    rows: int
    outcome: Outcome | None = None
    level: Level | None = None
    is_scarce: bool = False
    problem: str = ""


def judge_slices(tests: Sequence[SliceTest]) -> tuple[Slice, ...]:
    """The slices with their verdicts, those of one metric and column in their order."""
    on_slices = [on_slice(test.metric, test.outcome.evidence if test.outcome else None) for test in tests]
    metrics = judge_cases(
        [Case(metric, test.outcome, test.is_scarce) for metric, test in zip(on_slices, tests, strict=True)]
    )
    columns: dict[tuple[str, str, str], list[int]] = {}
    for place, test in enumerate(tests):
        columns.setdefault((test.metric.file, test.metric.key, test.column), []).append(place)
    found = [
        Slice(column=test.column, value=test.value, rows=test.rows, metric=metric, problem=test.problem)
        for test, metric in zip(tests, metrics, strict=True)
    ]
    for places in columns.values():
        shrunk = _shrunk([tests[place] for place in places], [found[place] for place in places])
        for place, each in zip(places, shrunk, strict=True):
            found[place] = each
    return tuple(found)


def on_slice(metric: Metric, evidence: Evidence | None) -> Metric:
    """A metric with the values that the rows of a slice give."""
    return msgspec.structs.replace(
        metric,
        base=evidence.base if evidence else None,
        head=evidence.head if evidence else None,
        change=evidence.estimate if evidence else None,
        relative=None,
        exact_change=UNSET,
        types=UNSET,
        headline=None,
        status="changed" if evidence and evidence.base != evidence.head else "unchanged",
        verdict=UNSET,
        evidence=UNSET,
    )


def _shrunk(tests: Sequence[SliceTest], slices: Sequence[Slice]) -> Iterator[Slice]:
    """The slices of one metric and column, with shrunk values where several have a value and a known uncertainty."""
    known = [place for place, each in enumerate(slices) if each.metric.evidence and not each.metric.evidence.withheld]
    if len(known) < 2:  # noqa: PLR2004 - a single value has nothing to be pulled towards
        yield from slices
        return
    levels = dict(zip(known, _levels([tests[place] for place in known]), strict=True))
    changes = dict(zip(known, _changes([slices[place] for place in known]), strict=True))
    for place, (test, each) in enumerate(zip(tests, slices, strict=True)):
        yield _with_shrunk(each, test, levels[place], changes[place]) if place in levels else each


def _guarded(errors: Sequence[float], rows: Sequence[int]) -> list[float]:
    """The standard errors with one more row in each slice that varies as those of all slices do.

    Rows that all are alike do not vary, which is no reason to be certain of others like them.
    """
    squares = [error**2 * count**2 for error, count in zip(errors, rows, strict=True)]  # sums over the rows
    of_a_row = sum(squares) / sum(rows)
    pairs = zip(squares, rows, strict=True)
    return [sqrt((square + of_a_row) / (count * (count + 1))) for square, count in pairs]


def _levels(tests: Sequence[SliceTest]) -> list[Shrunk]:
    from headway.judge.shrinkage import shrink_means, shrink_shares  # noqa: PLC0415 - scipy

    levels = [test.level for test in tests if test.level]
    if all(level.rows for level in levels):
        return shrink_shares([round(level.value * level.rows) for level in levels], [level.rows for level in levels])
    return shrink_means(
        [level.value for level in levels], _guarded([level.error for level in levels], [test.rows for test in tests])
    )


def _changes(slices: Sequence[Slice]) -> list[Shrunk]:
    from headway.judge.shrinkage import shrink_means  # noqa: PLC0415 - scipy

    found = [each.metric.evidence for each in slices if each.metric.evidence]
    errors = [standard_error(each.low, each.high) for each in found]
    return shrink_means([each.estimate for each in found], _guarded(errors, [each.rows for each in found]))


def _with_shrunk(each: Slice, test: SliceTest, level: Shrunk, change: Shrunk) -> Slice:
    scale = test.outcome.scale if test.outcome else 1.0
    ends = sorted((level.low * scale, level.high * scale))
    bound = ends[0] if each.metric.direction == "higher" else ends[1]
    return msgspec.structs.replace(each, shrunk=level.value * scale, bound=bound, shrunk_change=change.value)
