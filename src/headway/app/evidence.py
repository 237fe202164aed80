"""Find the evidence for changes of metrics: predictions of both sides, runs with other seeds, or numbers of rows."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from headway.app.evidence_search import Asked, Found, as_declared
from headway.app.evidence_slices import Sliceable, slice_tests
from headway.app.evidence_without_rows import add_counts, add_runs
from headway.compare.arithmetic import is_number
from headway.compare.metrics import asterisk_of, rule_of
from headway.judge.slices import judge_slices
from headway.judge.verdicts import with_verdicts
from headway.text import first_names
from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headway.app.evidence_search import Views
    from headway.datasets.predictions.pairing import PairedPredictions
    from headway.judge.evaluation import Evaluations
    from headway.judge.statistics.estimate import Outcome
    from headway.judge.statistics.sample import Sample
    from headway.settings import Estimator, MetricRule, PredictionsRule, Settings
    from headway.values.comparability import Comparability
    from headway.values.comparison import Comparison, Metric
    from headway.values.evidence import Pairing
    from headway.values.flips import Flips


def judge_metrics(comparison: Comparison, evaluations: Evaluations, views: Views, settings: Settings) -> Comparison:
    """The comparison with a verdict on each metric, and with the evidence where there is some."""
    found = find_evidence(comparison.metrics, evaluations, views, settings)
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


def find_evidence(metrics: Sequence[Metric], evaluations: Evaluations, views: Views, settings: Settings) -> Found:
    """Test every metric for which the settings say how."""
    found = Found()
    asked = list(_asked(metrics, settings))
    computed = [each for each in asked if each.estimator]
    if settings.predictions and computed:
        _Predictions(evaluations, views, settings, found).test(computed)
    if settings.runs:
        add_runs(found.left(asked), views, settings.runs, found)
    add_counts(found.left(computed), metrics, found)
    return found


def _asked(metrics: Sequence[Metric], settings: Settings) -> Iterator[Asked]:
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


class _Predictions:
    """Tests metrics on the tables of predictions that belong to them."""

    def __init__(self, evaluations: Evaluations, views: Views, settings: Settings, found: Found) -> None:
        self._evaluations = evaluations
        self._views = views
        self._rules = {posixpath.normpath(rule.path): rule for rule in settings.predictions}
        self._found = found
        self._pairs: dict[str, PairedPredictions] = {}
        self._sliceable: list[Sliceable] = []

    def test(self, asked: Sequence[Asked]) -> None:
        """Add the outcome of each test, or the reason why there is none."""
        for each in asked:
            with self._found.noting(each):
                self._test(each)
        self._found.slices, problems = slice_tests(self._sliceable)
        self._found.problems += problems
        self._found.flips = list(self._flips())

    def _flips(self) -> Iterator[Flips]:
        from headway.datasets.predictions.flips import find_flips  # noqa: PLC0415 - loads polars

        for pair in self._pairs.values():
            if not _apart(pair.pairing, self._rules[pair.pairing.path]) and (found := find_flips(pair)):
                yield found

    def _test(self, asked: Asked) -> None:
        tables = table_paths(asked.metric.file, asked.rule, list(self._rules), self._evaluations)
        pairs = [self._pair(path) for path in tables]
        if not pairs or any(pair.pairing.problem for pair in pairs):
            return
        if apart := list(filter(None, (_apart(pair.pairing, self._rules[pair.pairing.path]) for pair in pairs))):
            self._found.apart.add(asked.key)
            self._found.problems += apart
        elif asked.estimator:
            self._compare(asked, asked.estimator, pairs)

    def _compare(self, asked: Asked, estimator: Estimator, pairs: Sequence[PairedPredictions]) -> None:
        samples = _samples(pairs)
        tested = _tested(asked, estimator, pairs, samples)
        self._found.add(asked, tested)
        if not tested.evidence.withheld:
            rules = [self._rules[pair.pairing.path] for pair in pairs]
            columns = [name for name in rules[0].slices if all(name in rule.slices for rule in rules)]
            self._sliceable.append(Sliceable(asked, tested, *samples.compared, pairs, columns))
        elif len(pairs) > 1:
            self._found.problems.append(_several(asked, pairs))

    def _pair(self, path: str) -> PairedPredictions:
        if path not in self._pairs:
            self._pairs[path] = self._read(msgspec.structs.replace(self._rules[path], path=path))
        return self._pairs[path]

    def _read(self, rule: PredictionsRule) -> PairedPredictions:
        from headway.datasets.predictions.pairing import read_pair  # noqa: PLC0415 - loads polars

        pair = read_pair(rule, *self._views)
        if rule.id or pair.pairing.problem:
            self._found.pairings[rule.path] = pair.pairing
        if pair.pairing.problem:
            who = f"the table of {pair.pairing.side}" if pair.pairing.side else "it"
            what = f"no metric is tested on it, because {who} {pair.pairing.problem}"
            self._found.problems.append(Problem(where=f"settings: predictions: {rule.path}", what=what))
        return pair


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


def _several(asked: Asked, pairs: Sequence[PairedPredictions]) -> Problem:
    tables = first_names([pair.pairing.path for pair in pairs])
    return Problem(
        where=f"settings: metrics: {asked.metric.key}",
        what=f"is tested on several tables together: {tables}",
        remedy="name the table that it is computed from under `predictions` in its rule",
    )


class _Samples(NamedTuple):
    """The rows of several tables, one after the other: those to compare, and all rows of each side."""

    compared: tuple[Sample, Sample]
    whole: tuple[Sample, Sample]


def _samples(pairs: Sequence[PairedPredictions]) -> _Samples:
    from headway.datasets.predictions.samples import concatenate  # noqa: PLC0415 - loads polars

    compared = concatenate([pair.base for pair in pairs]), concatenate([pair.head for pair in pairs])
    if all(pair.is_whole for pair in pairs):
        return _Samples(compared, compared)
    return _Samples(
        compared, (concatenate([pair.all_base for pair in pairs]), concatenate([pair.all_head for pair in pairs]))
    )


def _tested(asked: Asked, estimator: Estimator, pairs: Sequence[PairedPredictions], samples: _Samples) -> Outcome:
    from headway.judge.committed import compare_committed  # noqa: PLC0415 - loads scipy

    committed = (float(asked.metric.base or 0), float(asked.metric.head or 0))
    is_paired = all(pair.is_paired for pair in pairs)
    tested = compare_committed(committed, estimator, samples.compared if is_paired else None, samples.whole)
    evidence = msgspec.structs.replace(tested.evidence, sources=tuple(pair.pairing.path for pair in pairs))
    return replace(tested, evidence=as_declared(asked, evidence))
