"""Whether a version may replace the one in a stage: the candidate is the head, and the version in the stage the base.

A promotion needs more than a pull request. A series of small losses passes every request, each within its margin, and
only the comparison with what is in production shows their sum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from headway.judge.movement import movement
from headway.settings import GateRule, MetricRule, OtherGates, Settings
from headway.text import first_names

if TYPE_CHECKING:
    from headway.settings import StageRule
    from headway.values.comparison import Metric
    from headway.values.registry import Decision
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


def promotion_settings(settings: Settings, rule: StageRule, *, is_first: bool) -> Settings:
    """The settings by which the two versions of a stage are compared.

    The gates judge as for a pull request, but with the margins of the stage, which must be shown and not only cannot be
    refuted; gates on changes that somebody approved at the time do not judge again. The first version of a stage is
    judged by the limits of its own values alone.
    """
    metrics = {
        pattern: _of_head_alone(each) if is_first else _with_margin(each, rule.margins.get(pattern))
        for pattern, each in settings.metrics.items()
    }
    return msgspec.structs.replace(settings, metrics=metrics, anchor=None, gates=OtherGates(), accepted=())


def _of_head_alone(rule: MetricRule) -> MetricRule:
    gate = rule.gate
    has_limit = gate is not None and (gate.min is not None or gate.max is not None)
    limits = GateRule(min=gate.min, max=gate.max, on_cannot_tell=gate.on_cannot_tell) if gate and has_limit else None
    return msgspec.structs.replace(rule, gate=limits)


def _with_margin(rule: MetricRule, margin: float | None) -> MetricRule:
    gate = rule.gate
    if gate is not None:
        gate = msgspec.structs.replace(gate, against=("base",))
    if margin is not None:
        gate = msgspec.structs.replace(gate or GateRule(), margin=margin, on_cannot_tell="fail")
    return msgspec.structs.replace(rule, gate=gate)


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
    moves = {metric.key: movement(metric) for metric in named}
    worse = [key for key, move in moves.items() if move == "worse"]
    better = [key for key, move in moves.items() if move == "better"]
    if not rule.margins:
        reasons.extend(_not_better(named, better, worse))
    if reasons:
        return Ruling(None, tuple(reasons))
    return Ruling("improved" if better and not worse else "within_margin")


def _not_better(named: list[Metric], better: list[str], worse: list[str]) -> list[str]:
    """Why the metrics of the headline do not show an improvement."""
    if worse:
        return [f"{first_names(worse, _NAMED)} got worse"]
    if better:
        return []
    withheld = {metric.withheld: metric.key for metric in reversed(named) if metric.withheld}
    if withheld:
        return [_WITHHELD.get(reason, "{} is not comparable").format(key) for reason, key in withheld.items()]
    if not any(metric.evidence for metric in named):
        return ["nothing shows whether the change is real: no metric of the headline has predictions or runs behind it"]
    return [f"no improvement of {first_names([metric.key for metric in named], _NAMED)} is shown"]
