"""The verdict on each metric: what its evidence says, at the levels that docs/statistics.md explains."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from msgspec import UNSET

from headway.judge.movement import SIGNIFICANCE
from headway.judge.multiplicity import benjamini_hochberg, holm
from headway.judge.power import DECIDED, DETECTED, MOST_ROWS, standard_error

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from headway.judge.statistics.estimate import Outcome
    from headway.values.comparison import Metric
    from headway.values.evidence import Evidence, MetricFamily, Verdict

    Key = tuple[str, str]

_ADJUST: dict[MetricFamily, Callable[[Sequence[float]], list[float]]] = {
    "headline": holm,
    "metrics": benjamini_hochberg,
    "classes": benjamini_hochberg,
    "slices": benjamini_hochberg,
}


class Case(NamedTuple):
    """A metric to judge.

    Attributes:
        metric: the metric; one of the headline has its position in it.
        tested: the outcome of its test; ``None`` if there is none.
        is_scarce: whether there are too few rows for any test.
    """

    metric: Metric
    tested: Outcome | None
    is_scarce: bool = False


def with_verdicts(
    metrics: Sequence[Metric], tested: Mapping[Key, Outcome], scarce: Collection[Key] = ()
) -> tuple[Metric, ...]:
    """The metrics of a report with their verdicts, and the evidence where there is some.

    Args:
        metrics: all metrics of a report.
        tested: the outcome of the test of a metric, by file and key.
        scarce: the metrics that have too few rows for any test.
    """
    keys = [(metric.file, metric.key) for metric in metrics]
    return judge_cases(
        [Case(metric, tested.get(key), key in scarce) for metric, key in zip(metrics, keys, strict=True)]
    )


def judge_cases(cases: Sequence[Case]) -> tuple[Metric, ...]:
    """The metrics with their verdicts; the p-values of all cases of a family are adjusted together."""
    placed = {place: _placed(case.metric, case.tested) for place, case in enumerate(cases) if case.tested}
    asked = {place: each for place, each in placed.items() if _is_asked(cases[place])}
    evidence = placed | _adjusted(asked)
    return tuple(_judged(case, evidence.get(place)) for place, case in enumerate(cases))


def _placed(metric: Metric, tested: Outcome) -> Evidence:
    """The evidence in its family, with the reason why it decides nothing."""
    evidence = tested.evidence
    return msgspec.structs.replace(
        evidence,
        family="headline" if metric.headline is not None else evidence.family,
        withheld=evidence.withheld or tested.too_few,
        note=tested.note,
        p_adjusted=evidence.p,
    )


def _is_asked(case: Case) -> bool:
    """Whether a test asks if a metric got better or worse."""
    metric, tested, _ = case
    if tested is None or tested.is_identical or tested.too_few or tested.evidence.withheld:
        return False
    return metric.direction is not None and metric.withheld is None


def _adjusted(evidence: Mapping[int, Evidence]) -> dict[int, Evidence]:
    """The evidence with p-values that are adjusted for all tests of their family."""
    found: dict[int, Evidence] = {}
    for family, adjust in _ADJUST.items():
        members = {key: each for key, each in evidence.items() if each.family == family}
        adjusted = adjust([each.p for each in members.values()])
        for (key, each), p in zip(members.items(), adjusted, strict=True):
            found[key] = msgspec.structs.replace(each, p_adjusted=p, family_size=len(members))
    return found


def _judged(case: Case, evidence: Evidence | None) -> Metric:
    metric = case.metric
    if metric.status not in {"changed", "unchanged"}:
        return metric
    verdict = _verdict(metric, case.tested, evidence)
    if verdict == "cannot_tell" and case.is_scarce:
        verdict = "too_few"
    if evidence is None:
        return msgspec.structs.replace(metric, verdict=verdict)
    if verdict in {"no_difference", "cannot_tell"} and not evidence.withheld:
        evidence = msgspec.structs.replace(evidence, rows_needed=_rows_needed(metric, evidence))
    return msgspec.structs.replace(metric, verdict=verdict, evidence=evidence)


def _verdict(metric: Metric, tested: Outcome | None, evidence: Evidence | None) -> Verdict:
    """The first verdict that applies."""
    if metric.withheld in {"evaluation", "base"}:
        return "not_comparable"
    if metric.direction is None or metric.withheld is not None:
        return "not_judged"
    if tested is None or evidence is None or tested.evidence.withheld:
        return "cannot_tell"
    if tested.is_identical:
        return "identical"
    return "too_few" if tested.too_few else _decided(metric, evidence)


def _decided(metric: Metric, evidence: Evidence) -> Verdict:
    """What the interval and the p-value say."""
    low, _ = towards_better(metric, evidence.low, evidence.high)
    gate_low, gate_high = towards_better(metric, evidence.gate_low, evidence.gate_high)
    margin = metric.margin
    is_detected = evidence.p_adjusted <= SIGNIFICANCE and not evidence.low <= 0 <= evidence.high
    holds = margin is not UNSET and gate_low > -margin
    if is_detected and low > 0:
        return "improved"
    if is_detected:
        return "worse_within_margin" if holds else "worse"
    if margin is UNSET:
        return "no_difference"
    if holds:
        return "equal" if gate_high < margin else "not_worse"
    return "cannot_tell"


def towards_better(metric: Metric, low: float, high: float) -> tuple[float, float]:
    """An interval in which larger is better."""
    return (low, high) if metric.direction == "higher" else (-high, -low)


def _rows_needed(metric: Metric, evidence: Evidence) -> int | None:
    """About how many such rows would decide with a probability of 80%, if the change is what these rows show."""
    error = standard_error(evidence.low, evidence.high)
    change = evidence.estimate if metric.direction == "higher" else -evidence.estimate
    distance, errors = (change, DETECTED) if metric.margin is UNSET else (change + metric.margin, DECIDED)
    ratio = errors * error / distance if distance else math.inf
    needed = evidence.rows * ratio * ratio  # infinite for extreme numbers, where a power raises an error
    return math.ceil(needed) if evidence.rows < needed < MOST_ROWS else None
