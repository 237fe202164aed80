"""Values by category: the templates bar_horizontal and bar_horizontal_sorted.

As in DVC's templates, x is the value and y the category. Rows that repeat a category are added up, because DVC's
picture stacks them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from headway.draw.key_numbers import bar_alt, latest
from headway.draw.reduction.traces import Column, Trace, axis_labels, named, read_pairs
from headway.draw.reduction.typed_columns import read_axis, to_names, to_numbers
from headway.draw.sorting import by_name
from headway.values.chart import Bar, BarChart
from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.values.snapshot import PlotDefinition
    from headway.values.tables import PlotSource

MOST_BARS = 60


def bar_chart(
    definition: PlotDefinition, base: PlotSource | None, head: PlotSource | None
) -> tuple[BarChart | None, list[Problem]]:
    """Pair the values of each category; ``definition`` is the side's that names titles and labels."""
    pairs, problems = read_pairs(base, head)
    columns: tuple[Column, Column] = ("x", "y")
    value, category = reversed(columns) if _is_upright([trace for pair in pairs for trace in pair.traces]) else columns
    bars: dict[tuple[str, str], dict[str, float]] = {}
    for pair in pairs:
        for trace in pair.traces:
            values, lost = _read_values(trace, value, category)
            problems += lost
            for label, number in values.iter_rows():
                bars.setdefault((pair.name, label), {})[trace.side] = number
    paired = [Bar(label=label, group=group, **sides) for (group, label), sides in bars.items()]
    if not paired:
        return None, problems
    drawn, left_out = _most_telling(definition, paired)
    labels = axis_labels(definition)
    by_value = definition.template == "bar_horizontal_sorted"
    chart = BarChart(
        **named(definition),
        bars=tuple(_ordered(drawn, [pair.name for pair in pairs], by_value=by_value)),
        value_label=labels[f"{value}_label"],
        category_label=labels[f"{category}_label"],
    )
    return bar_alt(chart), problems + left_out


def _is_upright(traces: list[Trace]) -> bool:
    """Tell a plot that is declared for upright bars: values in y, names or only row numbers in x."""
    if not traces or read_axis([trace.rows["y"] for trace in traces])[0] != "quantitative":
        return False
    return not traces[0].x or read_axis([trace.rows["x"] for trace in traces])[0] != "quantitative"


def _read_values(trace: Trace, value: Column, category: Column) -> tuple[pl.DataFrame, list[Problem]]:
    """Give the columns ``label`` and ``value``, one row for each category."""
    labels, values = to_names(trace.rows[category]), to_numbers(trace.rows[value])
    problems = [*trace.lost(value, values, "quantitative"), *trace.lost(category, labels, "nominal")]
    rows = pl.DataFrame({"label": labels, "value": values}).drop_nulls()
    added = rows.group_by("label", maintain_order=True).agg(pl.col("value").sum())
    if len(added) < len(rows):
        different = f"{len(added)} different '{trace.axis(category).field}'"
        what = f"{len(rows)} rows hold {different}; values of the same name are added up"
        problems.append(Problem(where=trace.place(category), what=what, remedy="write one row for each name"))
    return added.filter(pl.col("value").is_finite()), problems


def _most_telling(definition: PlotDefinition, bars: list[Bar]) -> tuple[list[Bar], list[Problem]]:
    """Keep the bars that changed most; bars that only one side has come first, as their whole value is new or gone."""
    if len(bars) <= MOST_BARS:
        return bars, []

    def weight(bar: Bar) -> tuple[float, float]:
        base, head = bar.base or 0.0, bar.head or 0.0
        return abs(head - base), max(abs(base), abs(head))

    kept = sorted(bars, key=weight, reverse=True)[:MOST_BARS]
    what = f"only {MOST_BARS} of {len(bars)} categories are drawn: those that changed most, then the largest"
    return kept, [Problem(where=definition.id, what=what)]


def _ordered(bars: Sequence[Bar], groups: Sequence[str], *, by_value: bool) -> list[Bar]:
    """Put groups in the order they were declared, and categories by name or by the first group's head value."""
    values: dict[str, float] = {}
    for bar in sorted(bars, key=lambda bar: groups.index(bar.group)):
        values.setdefault(bar.label, latest(bar))

    def rank(bar: Bar) -> tuple[object, ...]:
        return groups.index(bar.group), -values[bar.label] if by_value else 0.0, by_name(bar.label)

    return sorted(bars, key=rank)
