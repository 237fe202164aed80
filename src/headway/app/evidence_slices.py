"""Test metrics on the slices of the tables of predictions that they are computed from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from headway.app.evidence_search import as_declared, check_finite
from headway.gather.read.parsing import UnreadableError
from headway.judge.slices import SliceTest
from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headway.app.evidence_search import Asked
    from headway.datasets.predictions.pairing import PairedPredictions
    from headway.datasets.predictions.slices import Slice
    from headway.judge.statistics.estimate import Outcome
    from headway.judge.statistics.sample import Sample


class Sliceable(NamedTuple):
    """A metric that was tested, and what can be divided into slices.

    Attributes:
        asked: the metric.
        tested: the outcome on all rows.
        base, head: the rows of both sides.
        pairs: the tables that these rows are from.
        columns: the columns that divide them.
    """

    asked: Asked
    tested: Outcome
    base: Sample
    head: Sample
    pairs: Sequence[PairedPredictions]
    columns: Sequence[str]


def slice_tests(tested: Sequence[Sliceable]) -> tuple[list[SliceTest], list[Problem]]:
    """Test metrics on each slice: those of the headline and with a gate on slices, else the first one that was tested.

    More metrics would only make it harder to detect what happened to a slice, because all tests count.
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
                    tests += [_test(each, column, part) for part in _slices(each, column)]
            except UnreadableError as error:
                where = f"settings: predictions: {each.pairs[0].pairing.path}"
                problems[Problem(where=where, what=f"has no slices by `{column}`, because it {error}")] = None
    return tests, list(problems)


def _is_asked_for(asked: Asked) -> bool:
    gate = asked.rule.gate
    return asked.metric.headline is not None or (gate is not None and gate.slices is not None)


def _slices(each: Sliceable, column: str) -> Iterator[Slice]:
    from headway.datasets.predictions.slices import read_slices  # noqa: PLC0415 - polars

    base, head = ([pair.labels[side] for pair in each.pairs] for side in (0, 1))
    return read_slices(column, head if all(pair.is_paired for pair in each.pairs) else base, head)


def _test(each: Sliceable, column: str, part: Slice) -> SliceTest:
    from headway.datasets.predictions.slices import SlicedSample  # noqa: PLC0415 - polars
    from headway.judge.statistics.sample import CannotEstimateError, TooFewRowsError  # noqa: PLC0415 - numpy

    base, head = SlicedSample(each.base, part.base), SlicedSample(each.head, part.head)
    test = SliceTest(metric=each.asked.metric, column=column, value=part.value, rows=min(base.rows, head.rows))
    try:
        return _tested(test, each, base, head)
    except TooFewRowsError as error:
        return replace(test, is_scarce=True, problem=str(error))
    except (CannotEstimateError, OverflowError) as error:
        return replace(test, problem=str(error))


def _tested(test: SliceTest, each: Sliceable, base: Sample, head: Sample) -> SliceTest:
    from headway.judge.committed import scaled  # noqa: PLC0415 - scipy
    from headway.judge.statistics.compare import compare_paired  # noqa: PLC0415 - likewise
    from headway.judge.statistics.unpaired import compare_unpaired, level_of_head  # noqa: PLC0415 - likewise

    estimator, whole = each.asked.estimator, each.tested
    if estimator is None:
        return test
    is_paired = all(pair.is_paired for pair in each.pairs)
    outcome = (compare_paired if is_paired else compare_unpaired)(estimator, base, head)
    evidence = as_declared(each.asked, scaled(outcome.evidence, whole.scale))
    check_finite(evidence)
    evidence = msgspec.structs.replace(evidence, family="slices", sources=whole.evidence.sources)
    level = level_of_head(estimator, base, head)
    return replace(test, outcome=replace(outcome, evidence=evidence, scale=whole.scale), level=level)
