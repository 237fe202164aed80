"""Which rules judge: base's, so that no change can be judged by rules that it brings along.

What judges comes from base's settings: the rules of metrics without their formats, the tables of predictions, the rules
of data, the evaluation data and the runs of other seeds. For what base's rules do not name, head's apply. Everything
that is only shown comes from head.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec import UNSET

from headway.compare.metrics import matches
from headway.judge.strictness import differences
from headway.settings import MetricRule, Settings
from headway.values.rules import RuleChange, Rules

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from headway.settings import DataRule, PredictionsRule
    from headway.values.comparison import Metric
    from headway.values.rules import RuleSection

T = TypeVar("T", MetricRule, "DataRule")
_JUDGING = ("metrics", "predictions", "data", "evaluation", "runs")
"""The keys that judge."""
NO_RULES = "base declares none"


def declares_rules(settings: Settings) -> bool:
    """Whether settings declare anything that judges."""
    return any(getattr(settings, key) != getattr(Settings(), key) for key in _JUDGING)


def judging_settings(base: Settings, head: Settings) -> Settings:
    """The settings that judge: base's rules first, in their order, then head's for what these do not name.

    If base declares no rules, all rules are head's.
    """
    if not declares_rules(base):
        return head
    return msgspec.structs.replace(
        head,
        metrics=base.metrics | head.metrics | base.metrics,
        data=base.data | head.data | base.data,
        predictions=tuple((_tables(base) | _tables(head) | _tables(base)).values()),
        evaluation=base.evaluation,
        runs=base.runs,
    )


def describe_rules(
    base: Settings, head: Settings, metrics: Iterable[Metric], reason: str = ""
) -> Rules | msgspec.UnsetType:
    """Whose rules judge, and what head changes in base's; unset if neither side declares rules.

    Args:
        base: base's settings; without content if there are none, or if they cannot be used.
        head: head's settings.
        metrics: the metrics of both sides.
        reason: why base's settings cannot be used; empty if they can.
    """
    if not declares_rules(base):
        return Rules(source="head", reason=reason or NO_RULES) if declares_rules(head) else UNSET
    pairs = _applied(base, head, metrics)
    added = tuple(dict.fromkeys(_added(base, head, pairs)))
    changes = tuple(dict.fromkeys(_changes(base, head, pairs)))
    return Rules(source="both" if added else "base", added=added, changes=changes)


def _tables(settings: Settings) -> dict[str, PredictionsRule]:
    return {posixpath.normpath(rule.path): rule for rule in settings.predictions}


def _first(name: tuple[str, str], rules: Mapping[str, T]) -> str | None:
    """The pattern of the first rule that matches a metric."""
    return next((pattern for pattern in rules if matches(pattern, *name)), None)


def _applied(base: Settings, head: Settings, metrics: Iterable[Metric]) -> Collection[tuple[str | None, str | None]]:
    """The patterns of base's and of head's rule for each metric of head, so that the order of rules counts."""
    if list(base.metrics.items()) == list(head.metrics.items()):
        return ()
    names = [(metric.file, metric.key) for metric in metrics if metric.status != "removed"]
    return dict.fromkeys((_first(name, base.metrics), _first(name, head.metrics)) for name in names)


def _added(base: Settings, head: Settings, applied: Iterable[tuple[str | None, str | None]]) -> Iterator[str]:
    unnamed = (new for old, new in applied if old is None and new is not None)
    yield from (pattern for pattern in unnamed if _judging_part(head.metrics[pattern]) != MetricRule())
    yield from (path for path in _tables(head) if path not in _tables(base))
    yield from (pattern for pattern in head.data if _first(("", pattern), base.data) is None)


def _changes(base: Settings, head: Settings, applied: Iterable[tuple[str | None, str | None]]) -> Iterator[RuleChange]:
    kept = ((pattern, pattern) for pattern in base.metrics if pattern in head.metrics)
    for old, new in dict.fromkeys((*applied, *kept)):
        if old is not None:
            rule = MetricRule() if new is None else head.metrics[new]
            yield from _differing("metrics", old, _judging_part(base.metrics[old]), _judging_part(rule))
    for path, table in _tables(base).items():
        yield from _differing("predictions", path, *_alike(table, _tables(head).get(path)))
    for pattern, data in base.data.items():
        found = _first(("", pattern), head.data)
        yield from _differing("data", pattern, data, None if found is None else head.data[found])
    yield from _differing("evaluation", "", base.evaluation, head.evaluation)
    yield from _differing("runs", "", base.runs, head.runs)


def _judging_part(rule: MetricRule) -> MetricRule:
    """A rule without what is only shown."""
    return msgspec.structs.replace(rule, estimator=rule.estimating, unit="", format=None)


def _alike(old: PredictionsRule, new: PredictionsRule | None) -> tuple[PredictionsRule, PredictionsRule | None]:
    """Two rules of one table, which may write its path in different ways."""
    return old, new and msgspec.structs.replace(new, path=old.path)


def _differing(section: RuleSection, name: str, old: object, new: object) -> Iterator[RuleChange]:
    for each in differences(section, old, new):
        yield RuleChange(section=section, name=name, **each._asdict())
