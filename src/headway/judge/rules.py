"""Which rules judge: base's, so that no change can be judged by rules that it brings along.

What judges comes from base's settings: the rules of metrics without their formats, the tables of predictions, the rules
of data, the evaluation data, the runs of other seeds, the anchor, and the gates on data, parameters and training. For
what base's rules do not name, head's apply. Everything that is only shown comes from head, and so do the acceptances of
failed gates, which every report names.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from headway.compare.metrics import matches
from headway.judge.strictness import differences
from headway.settings import DataRule, GateLimits, MetricRule, OtherGates, Settings, Tolerance
from headway.values.rules import RuleChange, Rules

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from headway.settings import PredictionsRule
    from headway.values.comparison import Metric
    from headway.values.rules import RuleSection
    from headway.values.speed import Speed

T = TypeVar("T", MetricRule, DataRule)
G = TypeVar("G", bound=GateLimits)
_JUDGING = ("metrics", "predictions", "data", "evaluation", "runs", "anchor", "gates")
"""The keys that judge."""
_GATES = OtherGates.__struct_fields__
NO_RULES = "base declares none"


def declares_rules(settings: Settings) -> bool:
    """Whether settings declare anything that judges."""
    return any(getattr(settings, key) != getattr(Settings(), key) for key in _JUDGING)


def declares_gates(settings: Settings) -> bool:
    """Whether settings declare a gate."""
    return settings.gates != OtherGates() or any(rule.gate for rule in settings.metrics.values())


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
        anchor=base.anchor,
        gates=OtherGates(
            data=head.gates.data | base.gates.data,
            params=head.gates.params | base.gates.params,
            training=head.gates.training | base.gates.training,
        ),
    )


class BaseKeys(NamedTuple):
    """The key `base` of the settings, where it says what head is compared with.

    Attributes:
        usual: as the revision has it that head is compared with if its settings do not name another one.
        head: as head has it.
    """

    usual: str | None = None
    head: str | None = None


def describe_rules(  # noqa: PLR0913 - both sides' settings, what they judge, and where they come from
    base: Settings,
    head: Settings,
    metrics: Iterable[Metric],
    reason: str = "",
    *,
    keys: BaseKeys | None = None,
    speed: Speed | UnsetType = UNSET,
) -> Rules | UnsetType:
    """Whose rules judge, and what head changes in base's; unset if neither side declares rules.

    Args:
        base: base's settings; without content if there are none, or if they cannot be used.
        head: head's settings.
        metrics: the metrics of both sides.
        reason: why base's settings cannot be used; empty if they can.
        keys: what the settings say about the base; ``None`` if the command line or CI names it.
        speed: the speed test, to whose numbers rules apply as well.
    """
    chosen = tuple(_differing("base", "", *(keys or BaseKeys())))
    if not declares_rules(base):
        is_head = declares_rules(head) or chosen
        return Rules(source="head", reason=reason or NO_RULES, changes=chosen) if is_head else UNSET
    own = [metric for metric in metrics if metric.status != "removed"]
    measured = [("", change.name) for change in speed.changes] if speed else []
    applied = _applied(base, head, [*((metric.file, metric.key) for metric in own), *measured])
    patterns, tables = list(_unnamed(head, applied)), _added_tables(base, head)
    is_free = _are_free(base, [head.metrics[pattern] for pattern in patterns], own)
    now, later = (tables, {}) if is_free else ({}, tables)
    data = (pattern for pattern in head.data if _first(("", pattern), base.data) is None)
    gates = (name for kind in _GATES for name in _gates(head, kind) if name not in _gates(base, kind))
    added = (*patterns, *now, *data, *gates)
    changes = dict.fromkeys((*chosen, *_changes(base, head, applied), *_declared(later)))
    return Rules(source="both" if added else "base", added=added, changes=tuple(changes))


def excluded_tables(base: Settings, head: Settings, metrics: Iterable[Metric]) -> dict[str, Collection[str]]:
    """The tables of predictions that only head declares, by each metrics file of which base's rules name a metric.

    They must not judge it: a second table could hide what the first one shows.
    """
    tables = _added_tables(base, head) if declares_rules(base) else ()
    return dict.fromkeys(_ruled_files(base, metrics), tuple(tables)) if tables else {}


def _ruled_files(base: Settings, metrics: Iterable[Metric]) -> set[str]:
    return {metric.file for metric in metrics if _first((metric.file, metric.key), base.metrics) is not None}


def _added_tables(base: Settings, head: Settings) -> dict[str, PredictionsRule]:
    return {path: rule for path, rule in _tables(head).items() if path not in _tables(base)}


def _are_free(base: Settings, rules: Iterable[MetricRule], metrics: Sequence[Metric]) -> bool:
    """Whether head's tables may judge a metric: in a file that base's rules leave out, or if head's rule names one."""
    is_named = any(rule.predictions for rule in rules)
    return is_named or not {metric.file for metric in metrics} <= _ruled_files(base, metrics)


def _tables(settings: Settings) -> dict[str, PredictionsRule]:
    """The tables of predictions without what is only shown of them."""
    rules = (
        msgspec.structs.replace(rule, path=posixpath.normpath(rule.path), examples=None)
        for rule in settings.predictions
    )
    return {rule.path: rule for rule in rules}


def _first(name: tuple[str, str], rules: Mapping[str, T]) -> str | None:
    """The pattern of the first rule that matches a metric."""
    return next((pattern for pattern in rules if matches(pattern, *name)), None)


def _applied(
    base: Settings, head: Settings, names: Iterable[tuple[str, str]]
) -> Collection[tuple[str | None, str | None]]:
    """The patterns of base's and of head's rule for each metric of head, so that the order of rules counts.

    No file has the metrics that only ``headway speed`` measures, so that base's patterns count in their place.
    """
    if list(base.metrics.items()) == list(head.metrics.items()):
        return ()
    of_the_machine = [("", pattern) for pattern, rule in base.metrics.items() if rule.machine]
    return dict.fromkeys((_first(name, base.metrics), _first(name, head.metrics)) for name in (*names, *of_the_machine))


def _unnamed(head: Settings, applied: Iterable[tuple[str | None, str | None]]) -> Iterator[str]:
    """The patterns of head's rules that judge a metric which base's rules do not name."""
    unnamed = dict.fromkeys(new for old, new in applied if old is None and new is not None)
    return (pattern for pattern in unnamed if _judging_part(head.metrics[pattern]) != MetricRule())


def _declared(tables: Mapping[str, PredictionsRule]) -> Iterator[RuleChange]:
    return (change for path, table in tables.items() for change in _differing("predictions", path, None, table))


def _changes(base: Settings, head: Settings, applied: Iterable[tuple[str | None, str | None]]) -> Iterator[RuleChange]:
    kept = ((pattern, pattern) for pattern in base.metrics if pattern in head.metrics)
    for old, new in dict.fromkeys((*applied, *kept)):
        if old is not None:
            rule = MetricRule() if new is None else head.metrics[new]
            yield from _differing("metrics", old, _judging_part(base.metrics[old]), _judging_part(rule))
    for path, table in _tables(base).items():
        yield from _differing("predictions", path, table, _tables(head).get(path))
    for pattern, data in base.data.items():
        found = _first(("", pattern), head.data)
        yield from _differing("data", pattern, data, DataRule() if found is None else head.data[found])
    yield from _differing("evaluation", "", base.evaluation, head.evaluation)
    yield from _differing("runs", "", base.runs, head.runs)
    yield from _differing("anchor", "", base.anchor, head.anchor)
    for kind in _GATES:
        for name, gate in _gates(base, kind).items():
            yield from _differing("gates", name, gate, _gates(head, kind).get(name))


def _gates(settings: Settings, kind: str) -> dict[str, object]:
    """The gates on one kind of what is no metric, by name."""
    found: dict[str, object] = getattr(settings.gates, kind)
    return found


def _judging_part(rule: MetricRule) -> MetricRule:
    """A rule without what is only shown, and without short forms."""
    gate = rule.gate and _in_full(rule.gate)
    if gate and gate.slices:
        gate = msgspec.structs.replace(gate, slices=_in_full(gate.slices))
    return msgspec.structs.replace(rule, estimator=rule.estimating, gate=gate, unit="", format=None)


def _in_full(gate: G) -> G:
    changes = {name: _tolerance(getattr(gate, name)) for name in ("max_regression", "max_improvement")}
    return msgspec.structs.replace(gate, **changes)


def _tolerance(limit: float | Tolerance | None) -> Tolerance | None:
    return Tolerance(absolute=limit) if isinstance(limit, int | float) else limit


def _differing(section: RuleSection, name: str, old: object, new: object) -> Iterator[RuleChange]:
    for each in differences(section, old, new):
        yield RuleChange(section=section, name=name, **each._asdict())
