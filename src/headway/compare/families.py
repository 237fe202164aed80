"""Families of metrics: siblings that differ in the last part of their key alone, such as ``precision.0`` to ``.9``.

A family counts as one metric, its mean. Siblings are a family if numbers tell them apart, or if one rule of the
settings was written for them and nothing else: ``train.loss`` and ``train.epochs`` have no mean.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET

from headway.compare.arithmetic import difference, is_number, mean, share
from headway.sorting import by_name
from headway.values.typed import SIDES

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from headway.values.comparison import Metric
    from headway.values.revision import Side

MOST_DRAWN = 4
"""Families that have a chart."""
_SMALLEST = 4
_NUMBERED = re.compile(r"(.*[._ -])(\d+)", re.DOTALL)
_NAMED = re.compile(r'(.*\.)("(?:[^"\\]|\\.)*"|[^."]+)', re.DOTALL)


@dataclass(frozen=True)
class Family:
    """Siblings of one file, in natural order.

    Attributes:
        mean: the family as one metric, whose key ends with an asterisk; it has changed if a member has.
        members: the metrics.
    """

    mean: Metric
    members: tuple[Metric, ...]

    @property
    def changed(self) -> tuple[Metric, ...]:
        """The members that changed, those that moved most first."""
        changed = [metric for metric in self.members if metric.status != "unchanged"]
        return tuple(sorted(changed, key=lambda metric: -abs(metric.change or 0)))

    @property
    def chart_id(self) -> str:
        """The id of its chart in a report."""
        return f"metrics:{self.mean.file}:{self.mean.key}"

    def name(self, member: Metric) -> str:
        """What tells a member apart."""
        return member.key.removeprefix(self.mean.key[:-1])

    def numbers(self, side: Side) -> list[float]:
        """The members' values on a side; none if the side has no such family."""
        return [value for member in self.members if is_number(value := getattr(member, side))]


def families(metrics: Iterable[Metric]) -> tuple[Family, ...]:
    """The families among a report's metrics, in the order of their first members."""
    return tuple(
        Family(_mean(prefix, members), members) for prefix, members in siblings(metrics) if len(members) >= _SMALLEST
    )


def siblings(metrics: Iterable[Metric]) -> list[tuple[str, tuple[Metric, ...]]]:
    """Metrics of one kind that share all of their key but its end, each group with the beginning of its keys."""
    split = [(metric, _NUMBERED.fullmatch(metric.key) or _NAMED.fullmatch(metric.key)) for metric in metrics]
    prefixes: dict[int | None, set[str]] = defaultdict(set)
    for metric, match in split:
        prefixes[metric.rank].add(match[1] if match else "")
    found: dict[tuple[str, Hashable], list[Metric]] = defaultdict(list)
    for metric, match in split:
        is_alone = metric.rank is not None and metric.direction is not None and len(prefixes[metric.rank]) == 1
        if match and (match.re is _NUMBERED or is_alone) and _is_numeric(metric):
            found[match[1], (match.re is _NUMBERED, _kind(metric))].append(metric)
    return [
        (prefix, tuple(sorted(members, key=lambda metric: by_name(metric.key))))
        for (prefix, _), members in found.items()
        if len(members) > 1
    ]


def _is_numeric(metric: Metric) -> bool:
    """Whether each side is a number, or has no such metric."""
    if metric.status == "unavailable" or metric.types is not UNSET or metric.exact_change is not UNSET:
        return False
    absent = {"added": "base", "removed": "head"}.get(metric.status)
    values = {side: getattr(metric, side) for side in SIDES}
    return all(value is None if side == absent else is_number(value) for side, value in values.items())


def _kind(metric: Metric) -> Hashable:
    """What siblings have in common."""
    one_sided = metric.status if metric.status in {"added", "removed"} else ""
    return metric.file, metric.rank, metric.direction, metric.withheld, metric.written, one_sided


def _mean(prefix: str, members: Sequence[Metric]) -> Metric:
    base, head = (mean([getattr(member, side) for member in members]) for side in SIDES)
    change = None if members[0].withheld == "machine" else difference(base, head)
    return msgspec.structs.replace(
        members[0],
        key=f"{prefix}*",
        base=base,
        head=head,
        change=change,
        relative=share(change, base),
        status=next((member.status for member in members if member.status != "unchanged"), "unchanged"),
        verdict=UNSET,
        evidence=UNSET,
    )
