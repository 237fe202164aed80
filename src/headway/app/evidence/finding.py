"""Find the evidence for changes of metrics: predictions of both sides, runs with other seeds, or numbers of rows."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from headway.app.evidence.search import Asked, Found, as_declared
from headway.app.evidence.slices import Sliceable, slice_tests
from headway.app.evidence.tables import OpenedTables
from headway.app.evidence.without_rows import add_counts, add_runs
from headway.compare.arithmetic import is_number
from headway.compare.metrics import asterisk_of, rule_of
from headway.judge.slices import judge_slices
from headway.judge.verdicts import with_verdicts
from headway.text import first_names
from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headway.app.evidence.search import Views
    from headway.app.evidence.tables import Tables
    from headway.judge.evaluation import Evaluations
    from headway.settings import Estimator, MetricRule, PredictionsRule, Settings
    from headway.values.comparability import Comparability
    from headway.values.comparison import Comparison, Metric
    from headway.values.evidence import Pairing
    from headway.values.flips import Flips


def judge_metrics(
    comparison: Comparison, evaluations: Evaluations, views: Views, settings: Settings, tables: Tables | None = None
) -> Comparison:
    """The comparison with a verdict on each metric, and with the evidence where there is some.

    What ``tables`` of predictions say is read from these by default.
    """
    found = find_evidence(comparison.metrics, evaluations, views, settings, tables or OpenedTables(views))
    metrics = tuple(_withheld(metric, found) for metric in comparison.metrics)
    return msgspec.structs.replace(
        comparison,
        metrics=with_verdicts(metrics, found.tested, found.scarce),
        comparability=tuple(_paired(each, metrics, found) for each in comparison.comparability),
        pairings=tuple(found.pairings.values()),
        flips=tuple(found.flips),
        slices=judge_slices([replace(test, metric=_withheld(test.metric, found)) for test in found.slices]),
        problems=(*comparison.problems, *dict.fromkeys(found.problems)),
    )


def _withheld(metric: Metric, found: Found) -> Metric:
    """A metric whose predictions decide whether it can be compared: on the rows that both sides have, or not at all."""
    key = metric.file, metric.key
    if key in found.apart:
        return msgspec.structs.replace(metric, withheld="evaluation")
    if metric.withheld == "evaluation" and found.is_paired(key):
        return msgspec.structs.replace(metric, withheld=None)
    return metric


def _paired(each: Comparability, metrics: Sequence[Metric], found: Found) -> Comparability:
    """Other rows are no reason to withhold all metrics of a stage if some are judged on the rows of both sides."""
    if each.withheld != "evaluation":
        return each
    moved = [metric for metric in metrics if metric.file in each.files and metric.status == "changed"]
    held = any(metric.withheld == "evaluation" for metric in moved)
    is_paired = any(found.is_paired((metric.file, metric.key)) for metric in metrics if metric.file in each.files)
    return msgspec.structs.replace(each, paired=is_paired, withheld="evaluation" if held or not is_paired else None)


def find_evidence(
    metrics: Sequence[Metric], evaluations: Evaluations, views: Views, settings: Settings, tables: Tables
) -> Found:
    """Test every metric for which the settings say how."""
    found = Found()
    asked = list(ask(metrics, settings))
    computed = [each for each in asked if each.estimator]
    if settings.predictions and computed:
        _Predictions(evaluations, tables, settings, found).test(computed)
    if settings.runs:
        add_runs(found.left(asked), views, settings.runs, found)
    add_counts(found.left(computed), metrics, found)
    return found


def ask(metrics: Sequence[Metric], settings: Settings) -> Iterator[Asked]:
    """The metrics with a number on both sides that the settings know."""
    patterns = list(settings.metrics)
    for metric in metrics:
        place, rule = rule_of(metric.file, metric.key, settings.metrics)
        has_numbers = metric.status in {"changed", "unchanged"} and is_number(metric.base) and is_number(metric.head)
        if place is not None and has_numbers and metric.withheld not in {"machine", "rerun"}:
            yield Asked(metric, rule, estimator_of(rule, patterns[place], metric.file, metric.key))


def estimator_of(rule: MetricRule, pattern: str, file: str, key: str) -> Estimator | None:
    """How a metric is computed, with the class that an asterisk of the rule's pattern stands for."""
    estimator = rule.estimating
    if estimator is None or estimator.class_ != "*":
        return estimator
    return msgspec.structs.replace(estimator, class_=asterisk_of(pattern, file, key))


def table_paths(file: str, rule: MetricRule, paths: Sequence[str], evaluations: Evaluations) -> list[str]:
    """The tables that a metric is computed from: the one that its rule names, or those of the pipeline.

    If no stage writes the metric, it may be computed from all of them; its value says if it is.
    """
    if rule.predictions:
        return [posixpath.normpath(rule.predictions)]
    if evaluations.writer(file) is None:
        return evaluations.allowed(file, paths)
    return evaluations.tables(file, paths)


def slice_columns(rules: Sequence[PredictionsRule]) -> list[str]:
    """The columns that divide the rows of all tables of a metric into slices."""
    return [name for name in rules[0].slices if all(name in rule.slices for rule in rules)]


class _Predictions:
    """Tests metrics on the tables of predictions that belong to them."""

    def __init__(self, evaluations: Evaluations, tables: Tables, settings: Settings, found: Found) -> None:
        self._evaluations = evaluations
        self._tables = tables
        self._rules = rules_by_path(settings)
        self._found = found
        self._pairings: dict[str, Pairing] = {}
        self._sliceable: list[Sliceable] = []

    def test(self, asked: Sequence[Asked]) -> None:
        """Add the outcome of each test, or the reason why there is none."""
        for each in asked:
            with self._found.noting(each):
                self._test(each)
        self._found.slices, problems = slice_tests(self._sliceable, self._tables.compare_slices)
        self._found.problems += problems
        self._found.flips = list(self._flips())

    def _flips(self) -> Iterator[Flips]:
        for path, pairing in self._pairings.items():
            if not _apart(pairing, self._rules[path]) and (found := self._tables.flips(path)):
                yield found

    def _test(self, asked: Asked) -> None:
        paths = table_paths(asked.metric.file, asked.rule, list(self._rules), self._evaluations)
        pairings = [self._pairing(path) for path in paths]
        if not pairings or any(pairing.problem for pairing in pairings):
            return
        if apart := list(filter(None, (_apart(pairing, self._rules[pairing.path]) for pairing in pairings))):
            self._found.apart.add(asked.key)
            self._found.problems += apart
        elif asked.estimator:
            self._compare(asked, asked.estimator, paths)

    def _compare(self, asked: Asked, estimator: Estimator, paths: Sequence[str]) -> None:
        tested = self._tables.test(asked, estimator, paths)
        evidence = msgspec.structs.replace(tested.evidence, sources=tuple(paths))
        tested = replace(tested, evidence=as_declared(asked, evidence))
        self._found.add(asked, tested)
        if not tested.evidence.withheld:
            columns = slice_columns([self._rules[path] for path in paths])
            self._sliceable.append(Sliceable(asked, tested, paths, columns))
        elif len(paths) > 1:
            self._found.problems.append(_several(asked, paths))

    def _pairing(self, path: str) -> Pairing:
        if path not in self._pairings:
            self._pairings[path] = self._match(self._rules[path])
        return self._pairings[path]

    def _match(self, rule: PredictionsRule) -> Pairing:
        pairing = self._tables.pairing(rule)
        if rule.id or pairing.problem:
            self._found.pairings[rule.path] = pairing
        if pairing.problem:
            who = f"the table of {pairing.side}" if pairing.side else "it"
            what = f"no metric is tested on it, because {who} {pairing.problem}"
            self._found.problems.append(Problem(where=f"settings: predictions: {rule.path}", what=what))
        return pairing


def rules_by_path(settings: Settings) -> dict[str, PredictionsRule]:
    """What the settings say about each table of predictions, by its path."""
    paths = ((posixpath.normpath(rule.path), rule) for rule in settings.predictions)
    return {path: msgspec.structs.replace(rule, path=path) for path, rule in paths}


def _apart(pairing: Pairing, rule: PredictionsRule) -> Problem | None:
    """Why too few ids are common, or too few of these have one answer, to compare metrics; ``None`` if enough do."""
    ids = pairing.common + pairing.added + pairing.removed
    if pairing.overlap < rule.overlap:
        why = f"both sides have only {pairing.common:,} of {ids:,} ids"
    elif pairing.relabelled > (1 - rule.overlap) * pairing.common:
        why = f"the correct answers of {pairing.relabelled:,} of {pairing.common:,} ids differ"
    else:
        return None
    return Problem(
        where=f"settings: predictions: {pairing.path}",
        what=f"its metrics are not comparable, because {why}",
        remedy=f"test both sides on the same rows, or set `overlap` below {rule.overlap:g}",
    )


def _several(asked: Asked, paths: Sequence[str]) -> Problem:
    tables = first_names(paths)
    return Problem(
        where=f"settings: metrics: {asked.metric.key}",
        what=f"is tested on several tables together: {tables}",
        remedy="name the table that it is computed from under `predictions` in its rule",
    )
