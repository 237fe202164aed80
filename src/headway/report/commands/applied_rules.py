"""Which rule of the settings applies to each metric, as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from headway.numbers import format_value
from headway.report.blocks import Column, Items, Kind, Name, Row, Section, Table, Words, line
from headway.report.sections.notes import grouped, note_line
from headway.settings import GateLimits, Tolerance

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headway.settings import Estimator, MetricRule
    from headway.values.problem import Problem

_KIND, _NOTES = Kind(noun="metric"), Kind(noun="note")
_COLUMNS = ("Metric", "Rule", "Better", "Estimator", "Margin", "Gate", "Predictions")
NO_METRICS = "This revision declares no metrics."


@dataclass(frozen=True)
class AppliedRule:
    """A metric with the rule that applies to it.

    Attributes:
        file, key: the metric.
        pattern: the rule's pattern; empty if no rule matches.
        rule: the rule.
        predictions: the tables of predictions that belong to the metric.
    """

    file: str
    key: str
    pattern: str
    rule: MetricRule
    predictions: tuple[str, ...]


def build_rules(applied: Sequence[AppliedRule], problems: Sequence[Problem]) -> Section:
    """The rule of each metric, and which rules match nothing."""
    columns = (*map(Column, _COLUMNS[:-1]), Column(_COLUMNS[-1], minor=True))
    table = Table(kind=_KIND, columns=columns, entries=tuple(map(_row, applied)))
    notes = Items(kind=_NOTES, entries=tuple(map(note_line, grouped(problems))))
    return Section(anchor="rules", title="" if applied else NO_METRICS, blocks=(table, notes) if applied else (notes,))


def _row(one: AppliedRule) -> Row:
    rule = one.rule
    margin = "" if rule.margin is None else format_value(rule.margin)
    better = "depends on the machine" if rule.machine else rule.direction or "unknown"
    name = Name(one.pattern) if one.pattern else Words("none")
    gate = "" if rule.gate is None else ", ".join(_gate(rule.gate))
    cells = (better, _estimator(rule.estimating), margin, gate, ", ".join(one.predictions))
    return Row((line(Name(one.key)), line(name), *map(line, cells)), group=one.file)


def _gate(gate: GateLimits) -> Iterator[str]:
    """The rules of a gate as the settings write them."""
    for key in gate.__struct_fields__:
        value = getattr(gate, key)
        if isinstance(value, GateLimits):
            yield from (f"slices: {part}" for part in _gate(value))
        elif isinstance(value, Tolerance):
            parts = ((part, getattr(value, part)) for part in value.__struct_fields__)
            yield from (f"{key} {part} {format_value(number)}" for part, number in parts if number is not None)
        elif isinstance(value, tuple):
            yield f"{key} {', '.join(value)}"
        elif value is not None and value is not False:
            yield key if value is True else f"{key} {format_value(value)}"


def _estimator(estimator: Estimator | None) -> str:
    if estimator is None:
        return ""
    label = "" if estimator.class_ is None else f"of class {estimator.class_}"
    of_name = {
        "top_k": f"with k = {estimator.k}",
        "quantile_loss": f"of quantile {estimator.quantile}",
        "mean": f"of {estimator.column}",
    }
    return " ".join(filter(None, (estimator.average, estimator.name, label, of_name.get(estimator.name))))
