"""Test metrics without predictions: on runs with other seeds, or on proportions whose number of rows is known."""

from __future__ import annotations

import posixpath
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import msgspec

from headway.compare.arithmetic import is_number
from headway.gather.read.flatten import flatten_metrics
from headway.gather.read.parsing import UnreadableError, parse
from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from headway.app.evidence_search import Asked, Found, Views
    from headway.gather import RevisionReader
    from headway.settings import Estimator
    from headway.values.comparison import Metric
    from headway.values.snapshot import Scalar

    Runs = Mapping[str, Mapping[str, Scalar]]

_RUN_LIMIT = 1024 * 1024
"""Bytes of the metrics file of a run."""
_MOST_RUNS = 1000
_PROPORTIONS = {"accuracy", "error", "precision", "recall", "top_k"}
"""Estimators that are a share of rows."""


def add_runs(asked: Sequence[Asked], views: Views, pattern: str, found: Found) -> None:
    """Test metrics on the values of runs with other seeds, whose files have the name of the metrics file."""
    from headway.judge.statistics.estimate import Tested  # noqa: PLC0415 - numpy
    from headway.judge.statistics.seeds import compare_seeds  # noqa: PLC0415 - scipy

    base, head = (_read_runs(view, pattern, found) for view in views)
    for each in asked:
        values = [_values(runs, each.metric) for runs in (base, head)]
        if any(values) and not fnmatchcase(each.metric.file, pattern):
            with found.noting(each):
                evidence = compare_seeds(*values)
                files = tuple(sorted({*values[0], *values[1]}))
                found.tested[each.key] = Tested(msgspec.structs.replace(evidence, sources=files))


def _values(runs: Runs, metric: Metric) -> dict[str, float]:
    """A metric's value in each run, by the run's file."""
    name = posixpath.basename(metric.file)
    repeated = {file: run.get(metric.key) for file, run in runs.items() if posixpath.basename(file) == name}
    return {file: float(value) for file, value in repeated.items() if is_number(value)}


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
    from headway.judge.statistics.estimate import Tested  # noqa: PLC0415 - numpy
    from headway.judge.statistics.unpaired import compare_proportions  # noqa: PLC0415 - scipy

    for each in declared:
        with found.noting(each):
            _require_proportion(each.estimator)
            base, head = _rows(each, metrics)
            values = float(each.metric.base or 0), float(each.metric.head or 0)
            found.tested[each.key] = Tested(compare_proportions(values[0], base, values[1], head))


def _require_proportion(estimator: Estimator | None) -> None:
    if estimator is None or estimator.name not in _PROPORTIONS or estimator.average is not None:
        name = estimator.name if estimator else "the metric"
        raise UnreadableError(f"a number of rows says enough about a share of rows alone, and `{name}` is none")


def _rows(asked: Asked, metrics: Sequence[Metric]) -> tuple[int, int]:
    """The number of rows on both sides, as declared or as a metric says."""
    declared = asked.rule.rows
    if isinstance(declared, int):
        return declared, declared
    file = asked.metric.file
    for metric in metrics:
        is_named = f"{metric.file}:{metric.key}" == declared or (metric.file == file and metric.key == declared)
        if is_named and is_number(metric.base) and is_number(metric.head):
            return int(metric.base or 0), int(metric.head or 0)
    raise UnreadableError(f"no metric {declared!r} of both sides says how many rows there are")
