"""Compares metrics and parameters key by key, and looks up their rules in the settings.

A pattern in the settings is a metric's key or a shell-style glob over keys (``precision.*``); with a file in front
(``reports/latency.json:p95_ms``) it applies to that file only. The first matching pattern decides.
"""

from __future__ import annotations

import difflib
import math
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import msgspec

from headway.compare.arithmetic import difference, nearest, share
from headway.settings import MetricRule
from headway.text import first_names
from headway.values.comparison import Metric, Param, Status
from headway.values.metric_format import MetricFormat
from headway.values.problem import Problem
from headway.values.typed import ABSENT, json_sides, same, sides_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from headway.values.revision import Side
    from headway.values.snapshot import Snapshot

_MANY_DIGITS = 10**15
"""Changes from this size on keep their exact digits, because a float may round them."""
_NAMED = 3
"""Keys that a problem names."""


def compare_metrics(
    base: Snapshot, head: Snapshot, rules: Mapping[str, MetricRule], judging: Mapping[str, MetricRule] | None = None
) -> tuple[Metric, ...]:
    """Every metric of either side, sorted by file and key.

    ``rules`` say how and in which order metrics are shown; what judges comes from ``judging`` where it is given.
    """
    pairs = compare_values(base.metrics, head.metrics, (base.unreadable, head.unreadable))
    judging = rules if judging is None else judging
    return tuple(metric_of(pair, rules, judging) for pair in pairs)


def metric_of(pair: Param, rules: Mapping[str, MetricRule], judging: Mapping[str, MetricRule]) -> Metric:
    """The metric that two values are; ``rules`` and ``judging`` as for :func:`compare_metrics`."""
    (rank, shown), (_, rule) = (rule_of(pair.file, pair.key, each) for each in (rules, judging))
    base, head = sides_of(pair.base, pair.head, pair.types)
    change = None if rule.machine else difference(base, head)
    has_many_digits = isinstance(change, int) and abs(change) >= _MANY_DIGITS
    return Metric(
        **msgspec.structs.asdict(pair),
        change=nearest(change) if has_many_digits and change is not None else change,
        exact_change=str(change) if has_many_digits else msgspec.UNSET,
        relative=share(change, base),
        rank=rank,
        direction=rule.direction,
        withheld="machine" if rule.machine else None,
        format=format_of(shown),
        margin=msgspec.UNSET if rule.margin is None else rule.margin,
    )


def format_of(rule: MetricRule) -> MetricFormat | msgspec.UnsetType:
    """How a rule lets a metric be written, as a value that a report can hold; unset if it declares nothing."""
    if rule.format is None:
        return msgspec.UNSET
    return (
        MetricFormat(percent=True) if rule.format == "percent" else MetricFormat(**msgspec.structs.asdict(rule.format))
    )


def compare_params(base: Snapshot, head: Snapshot) -> tuple[Param, ...]:
    """The parameters that were changed, added or removed, sorted by file and key."""
    found = compare_values(base.params, head.params, (base.unreadable, head.unreadable))
    return tuple(param for param in found if param.status != "unchanged")


def compare_values(
    base: Mapping[str, Mapping[str, object]],
    head: Mapping[str, Mapping[str, object]],
    unreadable: tuple[Collection[str], Collection[str]] = ((), ()),
) -> Iterator[Param]:
    """Every key of either side, sorted by file and key; ``unreadable`` are each side's files that could not be read."""
    for file in sorted({*base, *head}):
        old, new = base.get(file, {}), head.get(file, {})
        for key in sorted({*old, *new}):
            if key not in old:
                status: Status = "unavailable" if file in unreadable[0] else "added"
            elif key not in new:
                status = "unavailable" if file in unreadable[1] else "removed"
            else:
                status = "unchanged" if same(old[key], new[key]) else "changed"
            sides = json_sides(old.get(key, ABSENT), new.get(key, ABSENT))
            yield Param(file=file, key=key, status=status, **sides)


def rule_of(file: str, key: str, rules: Mapping[str, MetricRule]) -> tuple[int | None, MetricRule]:
    """The position of the first rule that matches a metric, and the rule; ``None`` and an empty rule if none does."""
    places = enumerate(rules.items())
    found = ((place, rule) for place, (pattern, rule) in places if matches(pattern, file, key))
    return next(found, (None, MetricRule()))


def matches(pattern: str, file: str, key: str) -> bool:
    """Whether a pattern of the settings means a metric."""
    name = f"{file}:{key}"
    if "*" not in pattern and "?" not in pattern and "[" not in pattern:  # as most of thousands of rules
        return pattern in {key, name}
    return pattern == key or fnmatchcase(key, pattern) or fnmatchcase(name, pattern)


def asterisk_of(pattern: str, file: str, key: str) -> str | None:
    """What the last asterisk of a pattern stands for in the metric that it means; ``None`` if it has none."""
    expression = "(.*)".join(map(re.escape, pattern.split("*")))
    found = re.fullmatch(expression, key, re.DOTALL) or re.fullmatch(expression, f"{file}:{key}", re.DOTALL)
    return found[found.lastindex].strip('"') if found and found.lastindex else None


def unmatched_patterns(
    rules: Iterable[str], metrics: Iterable[Metric], setting: str = "metrics"
) -> tuple[Problem, ...]:
    """One problem per pattern that matches no metric, which is often a typing error."""
    known = [(metric.file, metric.key) for metric in metrics]
    return tuple(
        _unmatched(pattern, [key for _, key in known], setting)
        for pattern in rules
        if known and not any(matches(pattern, file, key) for file, key in known)
    )


def lost_patterns(judging: Iterable[str], shown: Collection[str], metrics: Iterable[Metric]) -> tuple[Problem, ...]:
    """One problem per pattern of base's rules that matches no metric of head, whose metric may have a new name.

    A pattern that matches nothing on either side, and that head's rules (``shown``) have as well, is told already.
    """
    sides = list(metrics)
    keys = [metric.key for metric in sides if metric.status != "removed"]
    names = [(metric.file, metric.key) for metric in sides if metric.status != "removed"]
    told = {pattern for pattern in shown if not any(matches(pattern, each.file, each.key) for each in sides)}
    return tuple(
        _lost(pattern, keys)
        for pattern in judging
        if keys and pattern not in told and not any(matches(pattern, *name) for name in names)
    )


def expected_in_files(rules: Mapping[str, MetricRule], metrics: Iterable[Metric]) -> list[str]:
    """The patterns that should match a metric of a file.

    One for metrics that depend on the machine may be about what ``headway speed`` measures, unless a metric has nearly
    this name.
    """
    keys = [metric.key for metric in metrics]
    return [pattern for pattern, rule in rules.items() if not rule.machine or closest_key(pattern, keys)]


def _lost(pattern: str, keys: list[str]) -> Problem:
    what = f"no metric of head matches {pattern!r}, so this rule judges nothing"
    close = difflib.get_close_matches(pattern, keys, n=1)
    hint = (
        f"if the metric is now {close[0]!r}, declare a rule for that name"
        if close
        else "remove the rule if the metric is gone"
    )
    return Problem(where="settings: metrics (base)", what=what, remedy=hint)


def _unmatched(pattern: str, keys: list[str], setting: str) -> Problem:
    close = closest_key(pattern, keys)
    hint = f"did you mean {close!r}?" if close else "correct the name or remove the line"
    return Problem(where=f"settings: {setting}", what=f"no metric matches {pattern!r}", remedy=hint)


def closest_key(pattern: str, keys: list[str]) -> str | None:
    """The key that a pattern that matches nothing may mean."""
    return next(iter(difflib.get_close_matches(pattern, keys, n=1)), None)


def non_finite_metrics(snapshot: Snapshot, side: Side) -> tuple[Problem, ...]:
    """One problem per metrics file with NaN or infinite values, which have no change."""
    return tuple(
        Problem(
            path=file,
            side=side,
            what=f"{_listing(keys)} {'is' if len(keys) == 1 else 'are'} not finite (NaN or infinite)",
            remedy="find out why the run diverged; Headway cannot compute a change of such values",
        )
        for file, values in sorted(snapshot.metrics.items())
        if (keys := [k for k, v in values.items() if isinstance(v, float) and not math.isfinite(v)])
    )


def lost_metrics(snapshot: Snapshot, other: Snapshot, side: Side) -> Iterator[Problem]:
    """One problem per metrics file and kind of value that is not a metric, unless the other side has the same."""
    for file, values in sorted(snapshot.no_metrics.items()):
        elsewhere = other.no_metrics.get(file, {})
        kinds: dict[str, list[str]] = {}
        for key, value in values.items():
            if key not in elsewhere or not same(value, elsewhere[key]):
                kind = "null" if value is None else "a list" if isinstance(value, list) else "a date"
                kinds.setdefault(kind, []).append(key)
        for kind, keys in kinds.items():
            yield Problem(path=file, side=side, what=f"there is {kind} instead of a metric under {_listing(keys)}")


def _listing(keys: list[str]) -> str:
    return first_names([f"'{key}'" for key in sorted(keys)], _NAMED)
