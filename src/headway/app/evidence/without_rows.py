"""Test metrics without predictions: on runs with other seeds, or on proportions whose number of rows is known."""

from __future__ import annotations

import math
import posixpath
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import msgspec

from headway.compare.arithmetic import is_number, nearest
from headway.gather.read.flatten import flatten_metrics
from headway.gather.read.parsing import UnreadableError, parse
from headway.text import first_names
from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from headway.app.evidence.search import Asked, Found, Views
    from headway.gather import RevisionReader
    from headway.judge.statistics.estimate import Outcome
    from headway.settings import Estimator
    from headway.values.comparison import Metric
    from headway.values.snapshot import Scalar

    Runs = Mapping[str, Mapping[str, Scalar]]

_RUN_LIMIT = 1024 * 1024
"""Bytes of the metrics file of a run."""
_MOST_RUNS = 1000
_FEWEST_RUNS = 2
_WILDCARD = frozenset("*?[")
_PROPORTIONS = {"accuracy", "error", "precision", "recall", "top_k"}
"""Estimators that are a share of rows."""


def add_runs(asked: Sequence[Asked], views: Views, pattern: str, found: Found) -> None:
    """Test metrics on the values of runs with other seeds."""
    base, head = (_read_runs(view, pattern, found) for view in views)
    if not base and not head:
        what = f"no metrics file of either side matches {pattern!r}"
        found.problems.append(Problem(where="settings: runs", what=what, remedy="correct the pattern"))
    repeated = [each for each in asked if not fnmatchcase(each.metric.file, pattern)]
    for each in repeated:
        values = [_values(runs, each.metric, pattern) for runs in (base, head)]
        if any(values):
            with found.noting(each):
                _require_one_file(each.metric, [other.metric for other in repeated], pattern)
                found.add(each, _compare_runs(*values))


def _values(runs: Runs, metric: Metric, pattern: str) -> dict[str, float]:
    """A metric's value in each run, by the run's file; NaN if it is no finite number."""
    repeated = {file: run[metric.key] for file, run in runs.items() if metric.key in run}
    return {file: _number(value) for file, value in repeated.items() if _repeats(file, metric.file, pattern)}


def _repeats(file: str, other: str, pattern: str) -> bool:
    """Whether the file of a run repeats a metrics file: it has the same name, unless the pattern leaves names open."""
    is_open = not _WILDCARD.isdisjoint(posixpath.basename(pattern))
    return is_open or posixpath.basename(file) == posixpath.basename(other)


def _number(value: Scalar) -> float:
    number = nearest(value) if is_number(value) else None
    return math.nan if number is None else number


def _require_one_file(metric: Metric, metrics: Sequence[Metric], pattern: str) -> None:
    from headway.judge.statistics.sample import CannotEstimateError  # noqa: PLC0415 - numpy

    same = (other.file for other in metrics if other.key == metric.key)
    files = sorted({file for file in same if _repeats(file, metric.file, pattern)})
    if len(files) > 1:
        raise CannotEstimateError(f"is in {first_names(files)}, and nothing says which of these files the runs repeat")


def _compare_runs(base: Mapping[str, float], head: Mapping[str, float]) -> Outcome:
    from headway.judge.statistics.estimate import Outcome  # noqa: PLC0415 - numpy
    from headway.judge.statistics.sample import CannotEstimateError  # noqa: PLC0415 - likewise
    from headway.judge.statistics.seeds import compare_seeds  # noqa: PLC0415 - scipy

    if min(len(base), len(head)) < _FEWEST_RUNS:
        counts = f"{len(base):,} of base and {len(head):,} of head"
        raise CannotEstimateError(f"needs at least {_FEWEST_RUNS} runs of each side, and there are {counts}")
    evidence = compare_seeds(base, head)
    return Outcome(msgspec.structs.replace(evidence, sources=tuple(sorted({*base, *head}))))


def _read_runs(view: RevisionReader, pattern: str, found: Found) -> Runs:
    folder = posixpath.dirname(re.split(r"[*?[]", pattern)[0])
    files = sorted(file for file in view.files_below(folder) if fnmatchcase(file, pattern))[:_MOST_RUNS]
    runs: dict[str, Mapping[str, Scalar]] = {}
    for file in files:
        content = view.read(file, _RUN_LIMIT)
        if isinstance(content, Problem):
            found.problems.append(content)
            continue
        try:
            runs[file], _ = flatten_metrics(parse(file, content or b""))
        except UnreadableError as error:
            found.problems.append(view.footnote(file, str(error), ""))
    return runs


def add_counts(asked: Sequence[Asked], metrics: Sequence[Metric], found: Found) -> None:
    """Test proportions of which only the values and the numbers of rows are known."""
    declared = [each for each in asked if each.rule.rows is not None and each.estimator]
    if not declared:
        return
    from headway.judge.statistics.estimate import Outcome  # noqa: PLC0415 - numpy
    from headway.judge.statistics.unpaired import compare_proportions  # noqa: PLC0415 - scipy

    for each in declared:
        with found.noting(each):
            _require_proportion(each.estimator)
            base, head = _rows(each, metrics)
            values = float(each.metric.base or 0), float(each.metric.head or 0)
            found.add(each, Outcome(compare_proportions(values[0], base, values[1], head)))


def _require_proportion(estimator: Estimator | None) -> None:
    from headway.judge.statistics.sample import CannotEstimateError  # noqa: PLC0415 - numpy

    if estimator is None or estimator.name not in _PROPORTIONS or estimator.average is not None:
        raise CannotEstimateError("is no share of rows, so that a number of rows says too little about it")


def _rows(asked: Asked, metrics: Sequence[Metric]) -> tuple[int, int]:
    """The number of rows on both sides, as declared or as a metric says."""
    from headway.judge.statistics.sample import CannotEstimateError  # noqa: PLC0415 - numpy

    declared = asked.rule.rows
    if isinstance(declared, int):
        return declared, declared
    file = asked.metric.file
    for metric in metrics:
        is_named = f"{metric.file}:{metric.key}" == declared or (metric.file == file and metric.key == declared)
        if is_named and _is_whole(metric.base) and _is_whole(metric.head):
            return int(metric.base or 0), int(metric.head or 0)
    raise CannotEstimateError(f"needs its number of rows, and no metric {declared!r} is a whole number on both sides")


def _is_whole(value: object) -> bool:
    return is_number(value) and float(value).is_integer()
