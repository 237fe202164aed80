"""Whether a version may replace the one in a stage: the candidate is the head, and the version in the stage the base.

A promotion needs more than a pull request. A series of small losses passes every request, each within its margin, and
only the comparison with what is in production shows their sum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from headway.compare.metrics import matches
from headway.judge.gates.checks import check_rule
from headway.judge.movement import movement
from headway.settings import GateRule, MetricRule, OtherGates, Settings
from headway.text import first_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from headway.settings import StageRule
    from headway.values.comparison import Metric
    from headway.values.registry.records import Decision
    from headway.values.report import Report

_NAMED = 3
_WITHHELD = {
    "evaluation": "{} was computed on other rows or labels",
    "rerun": "nothing that {} depends on changed, so its change is run-to-run variation",
}
"""Why a metric is not compared, as a clause."""


class Ruling(NamedTuple):
    """Why a version may have a stage, or the reasons against it, one clause each."""

    decision: Decision | None
    reasons: tuple[str, ...] = ()


def promotion_settings(settings: Settings, *, is_first: bool) -> Settings:
    """The settings by which the two versions of a stage are compared.

    The gates of metrics judge as for a pull request. Those on data, parameters and training, and acceptances, concern
    the request that brought a change, and no speed test measures both versions. The first version of a stage is judged
    by the limits of its own values alone.
    """
    limited = _of_head_alone if is_first else _against_base
    metrics = {pattern: msgspec.structs.replace(each, gate=limited(each)) for pattern, each in settings.metrics.items()}
    return msgspec.structs.replace(settings, metrics=metrics, anchor=None, gates=OtherGates(), accepted=())


def _of_head_alone(rule: MetricRule) -> GateRule | None:
    gate = rule.gate
    if gate is None or rule.machine or (gate.min is None and gate.max is None):
        return None
    return GateRule(min=gate.min, max=gate.max, on_cannot_tell=gate.on_cannot_tell)


def _against_base(rule: MetricRule) -> GateRule | None:
    return None if rule.gate is None or rule.machine else msgspec.structs.replace(rule.gate, against=("base",))


def judge_promotion(report: Report, rule: StageRule, *, is_first: bool) -> Ruling:
    """Whether the head of a report may have the stage that its base has.

    Args:
        report: the comparison, judged by :func:`promotion_settings`.
        rule: the rule of the stage.
        is_first: whether no version has the stage, so that only the head's own values can be judged.
    """
    failed = report.gates.failed if report.gates else ()
    reasons = [f"the gate of {first_names(list(failed), _NAMED)} fails"] if failed else []
    if is_first:
        return Ruling(None if reasons else "first", tuple(reasons))
    if report.unavailable:
        reasons.append("metrics files could not be read")
    named = [metric for metric in report.metrics if metric.headline is not None and metric.withheld != "machine"]
    better = [metric.key for metric in named if movement(metric) == "better"]
    worse = [metric for metric in named if movement(metric) == "worse"]
    beyond = [metric.key for metric in worse if _margin_of(metric, rule.margins) is None]
    if beyond:
        reasons.append(f"{first_names(beyond, _NAMED)} got worse")
    reasons.extend(_beyond_margins(report.metrics, rule.margins))
    if not (rule.margins or better or reasons):
        reasons.extend(_not_better(named))
    if reasons:
        return Ruling(None, tuple(reasons))
    return Ruling("improved" if better and not worse else "within_margin")


def _margin_of(metric: Metric, margins: Mapping[str, float]) -> float | None:
    return next((margin for pattern, margin in margins.items() if matches(pattern, metric.file, metric.key)), None)


def _beyond_margins(metrics: Sequence[Metric], margins: Mapping[str, float]) -> Iterator[str]:
    """Why metrics with a margin do not show that the head is not worse by more; nothing if all of them do."""
    for pattern in margins:
        if not any(matches(pattern, metric.file, metric.key) for metric in metrics):
            yield f"the margin of {pattern} applies to no metric"
    for metric in metrics:
        margin = _margin_of(metric, margins)
        if margin is None:
            continue
        found = check_rule(("margin", margin, False), "base", {"base": metric}, {})
        if found.outcome == "fail":
            yield f"{metric.key} is worse by more than {margin:g}"
        elif found.outcome != "pass":
            yield f"it is not shown that {metric.key} is not worse by more than {margin:g}{_why(found.reason)}"


def _why(reason: str) -> str:
    return f": {reason}" if reason else ""


def _not_better(named: Sequence[Metric]) -> list[str]:
    """Why the metrics of the headline do not show an improvement."""
    withheld = {metric.withheld: metric.key for metric in reversed(named) if metric.withheld}
    if withheld:
        return [_WITHHELD.get(reason, "{} is not comparable").format(key) for reason, key in withheld.items()]
    if not any(metric.evidence for metric in named):
        return ["nothing shows whether the change is real: no metric of the headline has predictions or runs behind it"]
    return [f"no improvement of {first_names([metric.key for metric in named], _NAMED)} is shown"]
