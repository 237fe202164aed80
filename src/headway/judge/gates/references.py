"""What gates judge head against: base, and the anchor if the settings name one."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from headway.values.gate import REFERENCES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headway.settings import GateRule
    from headway.values.comparison import Metric, Slice
    from headway.values.gate import Reference

    Key = tuple[str, str]


class Anchored(NamedTuple):
    """Head beside the anchor, which gates judge it against as well.

    Attributes:
        metrics: the metrics of the comparison of the anchor with head, by file and key.
        slices: its slices, likewise, with their column and value.
        problem: why head cannot be compared with it, as a clause; else empty.
        is_base: whether it is base itself, so that each rule is judged once.
    """

    metrics: Mapping[Key, Metric] = MappingProxyType({})
    slices: Mapping[tuple[Key, str, str | None], Slice] = MappingProxyType({})
    problem: str = ""
    is_base: bool = False

    def metric(self, metric: Metric) -> Metric | str:
        """A metric of the report beside the anchor, or why there is none."""
        return self.problem or self.metrics.get((metric.file, metric.key), "the anchor lacks the metric")

    def slice(self, each: Slice) -> Metric | str:
        """A slice of the report, likewise."""
        found = self.slices.get(((each.metric.file, each.metric.key), each.column, each.value))
        return self.problem or (tested_slice(found) if found else "there is no evidence of it at the anchor")


NO_ANCHOR = Anchored(problem="the settings that judge name no anchor")


def tested_slice(each: Slice) -> Metric | str:
    """A slice's metric, or why too little is known of it for any rule: its numbers are committed nowhere."""
    evidence = each.metric.evidence
    return (evidence.withheld or each.metric) if evidence else each.problem


def references_of(gate: GateRule, anchored: Anchored | None) -> tuple[Reference, ...]:
    """What a gate is judged against: once if both are the same commit."""
    named = tuple(dict.fromkeys(gate.against or (REFERENCES if anchored else REFERENCES[:1])))
    return named[:1] if anchored and anchored.is_base else named
