"""What settings name that neither side of a comparison has: a typing error, or a name that is no longer used."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from headway.compare.metrics import closest_key, matches
from headway.judge.other_gates.approvals import is_meant, nearest_name, noun_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from headway.judge.other_gates.approvals import States
    from headway.settings import MetricRule
    from headway.values.gate import GateSubject

_WILDCARDS = frozenset("*?[")


class UnknownName(NamedTuple):
    """A key of the settings that matches nothing.

    Attributes:
        path: the keys that lead to it, from the top.
        what: what is wrong with it, to follow these keys.
        nearest: the name that may be meant; empty if none is alike.
    """

    path: tuple[str, ...]
    what: str
    nearest: str = ""


def unknown_metrics(rules: Mapping[str, MetricRule], names: Collection[tuple[str, str]]) -> Iterator[UnknownName]:
    """The patterns under `metrics` that match none of the metrics, given by file and key; none if there are no metrics.

    A pattern with a wildcard and without a gate may match nothing: several projects can have the same rules.
    """
    for pattern, rule in rules.items():
        is_optional = rule.gate is None and not _WILDCARDS.isdisjoint(pattern)
        if names and not is_optional and not any(matches(pattern, *name) for name in names):
            known = {f"{file}:{key}" if ":" in pattern else key for file, key in names}
            nearest = closest_key(pattern, sorted(known)) or ""
            yield UnknownName(("metrics", pattern), "matches no metric", nearest)


def unknown_approvals(on: GateSubject, patterns: Iterable[str], states: States) -> Iterator[UnknownName]:
    """The patterns of gates on data or parameters that match nothing; none if there is nothing that they may match."""
    for pattern in patterns:
        if states and not any(is_meant(pattern, *name) for name in states):
            what = f"matches no {noun_of(on)}"
            yield UnknownName(("gates", on, pattern), what, nearest_name(pattern, states))
