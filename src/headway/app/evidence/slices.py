"""Test metrics on the slices of the tables of predictions that they are computed from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from headway.app.evidence.search import as_declared, check_finite
from headway.gather.read.parsing import UnreadableError
from headway.judge.slices import SliceTest
from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from headway.app.evidence.search import Asked
    from headway.judge.statistics.estimate import Outcome
    from headway.judge.statistics.sample import CannotEstimateError
    from headway.judge.statistics.unpaired import Compared


class ComparedSlice(NamedTuple):
    """A metric on the rows of one slice.

    Attributes:
        value, rows: the slice, as in :class:`headway.values.comparison.Slice`.
        compared: the outcome of the test, or why there is none.
    """

    value: str | None
    rows: int
    compared: Compared | CannotEstimateError | OverflowError


class Sliceable(NamedTuple):
    """A metric that was tested, and the columns that divide its rows into slices.

    Attributes:
        asked: the metric.
        tested: the outcome on all rows.
        paths: the tables that these rows are from.
        columns: the columns.
    """

    asked: Asked
    tested: Outcome
    paths: Sequence[str]
    columns: Sequence[str]


def slice_tests(
    tested: Sequence[Sliceable], compare: Callable[[Asked, Sequence[str], str], Iterator[ComparedSlice]]
) -> tuple[list[SliceTest], list[Problem]]:
    """Test metrics on each slice: those of the headline and with a gate on slices, else the first one that was tested.

    More metrics would only make it harder to detect what happened to a slice, because all tests count.

    Args:
        tested: the metrics.
        compare: how a metric is tested on the slices of a column of some tables.
    """
    import numpy as np  # noqa: PLC0415 - slow to import

    with_slices = [each for each in tested if each.columns and each.asked.metric.direction]
    chosen = [each for each in with_slices if _is_asked_for(each.asked)] or with_slices[:1]
    tests: list[SliceTest] = []
    problems: dict[Problem, None] = {}
    for each in chosen:
        for column in each.columns:
            try:
                with np.errstate(over="ignore", invalid="ignore"):  # what comes of it is checked
                    tests += [_test(each, column, part) for part in compare(each.asked, each.paths, column)]
            except UnreadableError as error:
                where = f"settings: predictions: {each.paths[0]}"
                problems[Problem(where=where, what=f"has no slices by `{column}`, because it {error}")] = None
    return tests, list(problems)


def _is_asked_for(asked: Asked) -> bool:
    gate = asked.rule.gate
    return asked.metric.headline is not None or (gate is not None and gate.slices is not None)


def _test(each: Sliceable, column: str, part: ComparedSlice) -> SliceTest:
    from headway.judge.statistics.sample import CannotEstimateError, TooFewRowsError  # noqa: PLC0415 - numpy

    test = SliceTest(metric=each.asked.metric, column=column, value=part.value, rows=part.rows)
    if isinstance(part.compared, Exception):
        is_scarce = isinstance(part.compared, TooFewRowsError)
        return replace(test, is_scarce=is_scarce, problem=str(part.compared))
    try:
        return _tested(test, each, part.compared)
    except CannotEstimateError as error:
        return replace(test, problem=str(error))


def _tested(test: SliceTest, each: Sliceable, compared: Compared) -> SliceTest:
    from headway.judge.committed import scaled  # noqa: PLC0415 - scipy

    outcome, whole = compared.outcome, each.tested
    evidence = as_declared(each.asked, scaled(outcome.evidence, whole.scale))
    check_finite(evidence)
    evidence = msgspec.structs.replace(evidence, family="slices", sources=whole.evidence.sources)
    return replace(test, outcome=replace(outcome, evidence=evidence, scale=whole.scale), level=compared.level)
