"""Values and counts by category: bars and confusion matrices, counted here and never in Vega.

The templates are bar_horizontal, bar_horizontal_sorted, confusion and confusion_normalized. As in DVC's templates, the
x of a bar is the value and its y the category. Rows that repeat a category are added up, because DVC stacks them. Bars
have the file's order, and only those are kept that changed most.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from headway.draw.key_numbers import bar_alt, confusion_alt, latest
from headway.draw.reduction.gaps import written_cell
from headway.draw.reduction.predictions import actual_axis
from headway.draw.reduction.traces import Column, Pair, Trace, axis_labels, clean_points, named
from headway.draw.reduction.typed_columns import read_axis, to_names, to_numbers
from headway.sorting import by_name, sorted_names
from headway.values.chart import Bar, BarChart, ConfusionChart
from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.values.snapshot import PlotDefinition

MOST_BARS = 24
"""Of a whole chart, which more rows would not make clearer."""
_LEAST_BARS = 4  # of each group
_BY_CHANGE = 12  # categories from which on an alphabetical order says less than the order of the changes
MOST_CLASSES = 40
OTHER = "other"

Counts = Counter[tuple[str, str]]
"""How often each (y, x) pair of classes occurs."""


def bar_chart(definition: PlotDefinition, pairs: list[Pair]) -> tuple[BarChart | None, list[Problem]]:
    """Pair the values of each category; ``definition`` names titles and labels."""
    problems: list[Problem] = []
    columns: tuple[Column, Column] = ("x", "y")
    value, category = reversed(columns) if _is_upright([trace for pair in pairs for trace in pair.traces]) else columns
    bars: dict[tuple[str, str], dict[str, Any]] = {}
    for pair in pairs:
        for trace in reversed(pair.traces):  # head's order counts
            values, lost = _read_values(trace, value, category)
            problems += lost
            for label, number, cell in values.iter_rows():
                holds = written_cell(cell) if number is None else ""
                bars.setdefault((pair.name, label), {}).update({trace.side: number, f"{trace.side}_holds": holds})
    paired = [Bar(label=label, group=group, **sides) for (group, label), sides in bars.items()]
    if all(bar.base is bar.head is None for bar in paired):
        return None, problems
    by_value = definition.template == "bar_horizontal_sorted"
    shown, left_out = _shown_labels(paired, by_value=by_value)
    labels = axis_labels(definition)
    chart = BarChart(
        **named(definition),
        bars=tuple(bars_of[label] for bars_of in _by_group(paired).values() for label in shown if label in bars_of),
        value_label=labels[f"{value}_label"],
        category_label=labels[f"{category}_label"],
        left_out=left_out,
    )
    return msgspec.structs.replace(chart, alt=bar_alt(chart)), problems


def _is_upright(traces: list[Trace]) -> bool:
    """Whether a plot is declared for upright bars: values in y, names or only row numbers in x."""
    if read_axis([trace.rows["y"] for trace in traces])[0] != "quantitative":
        return False
    return not traces[0].x or read_axis([trace.rows["x"] for trace in traces])[0] != "quantitative"


def _read_values(trace: Trace, value: Column, category: Column) -> tuple[pl.DataFrame, list[Problem]]:
    """Give a row for each category: ``label``, ``value``, and the ``cell`` that is not a number where that is null."""
    labels, values = to_names(trace.rows[category]), to_numbers(trace.rows[value])
    problems = [*trace.lost(value, values, "quantitative"), *trace.lost(category, labels, "nominal")]
    rows = pl.DataFrame({"label": labels, "value": values, "cell": trace.rows[value]}).drop_nulls("label")
    lost = pl.col("value").is_null()
    sums = pl.when(~lost.any()).then(pl.col("value").sum()), pl.col("cell").filter(lost).first()
    added = rows.group_by("label", maintain_order=True).agg(*sums)
    if len(added) < len(rows):
        different = f"{len(added)} different '{trace.axis(category).field}'"
        what = f"{len(rows)} rows hold {different}; values of the same name are added up"
        problems.append(trace.problem(category, what, "write one row for each name"))
    return added.filter(pl.col("value").is_finite().fill_null(value=True)), problems


def _by_group(bars: Sequence[Bar]) -> dict[str, dict[str, Bar]]:
    groups: dict[str, dict[str, Bar]] = {}
    for bar in bars:
        groups.setdefault(bar.group, {})[bar.label] = bar
    return groups


def _shown_labels(bars: Sequence[Bar], *, by_value: bool) -> tuple[list[str], int]:
    """Order the categories, keep those that changed most in any group, and count the others.

    The order is the file's, that of the first group's values, or that of the changes where there are many names in
    alphabetical order.
    """
    values: dict[str, float] = {}
    weights: dict[str, tuple[float, float]] = {}
    for bar in bars:
        base, head = bar.base or 0.0, bar.head or 0.0  # a value that only one side has changes from or to zero
        weight = abs(head - base), max(abs(base), abs(head))
        weights[bar.label] = max(weight, weights.get(bar.label, weight))
        values.setdefault(bar.label, latest(bar))
    ranked = sorted(weights, key=lambda label: weights[label], reverse=True)
    most = max(MOST_BARS // len(_by_group(bars)), _LEAST_BARS)
    labels = sorted(values, key=lambda label: -values[label]) if by_value else list(values)
    if not by_value and len(labels) > _BY_CHANGE and _is_alphabetical(labels):
        labels = ranked
    kept = set(ranked[:most])
    return [label for label in labels if label in kept], len(ranked) - len(kept)


def _is_alphabetical(labels: list[str]) -> bool:
    """Whether names are merely sorted; ranges and other names that begin with a number have an order of their own."""
    return labels == sorted(labels, key=by_name) and not any(label[:1].isdecimal() for label in labels)


def confusion_chart(definition: PlotDefinition, pairs: list[Pair]) -> tuple[ConfusionChart | None, list[Problem]]:
    """Count pairs of classes on both sides; ``definition`` names titles and labels."""
    if not definition.x:
        what = "a confusion matrix needs x and y, the two columns of classes"
        return None, [Problem(path=definition.id, what=what, remedy="name both in dvc.yaml")]
    problems = []
    if len(pairs) > 1:
        what = f"only the first of {len(pairs)} y columns is drawn"
        problems = [Problem(path=definition.id, what=what, remedy="declare one confusion plot for each")]
    counts: dict[str, Counts] = {}
    lost_rows: dict[str, int] = {}
    for trace in pairs[0].traces:
        counts[trace.side], lost = _count(trace)
        lost_rows[trace.side] = len(trace.rows) - counts[trace.side].total()
        problems += lost
    if not any(counts.values()):
        return None, problems
    labels_x, labels_y, folded = _labels(counts)
    rest = f"classes are drawn, those whose confusions changed most; the rest is '{OTHER}'"
    problems += [Problem(path=definition.id, what=f"{MOST_CLASSES - 1} of {count} {rest}") for count in folded]
    chart = ConfusionChart(
        **named(definition),
        **axis_labels(definition),
        labels_x=tuple(labels_x),
        labels_y=tuple(labels_y),
        base=_matrix(counts.get("base"), labels_x, labels_y),
        head=_matrix(counts.get("head"), labels_x, labels_y),
        normalized=definition.template == "confusion_normalized",
        base_lost=lost_rows.get("base", 0),
        head_lost=lost_rows.get("head", 0),
        actual=actual_axis(definition)[0],
    )
    return msgspec.structs.replace(chart, alt=confusion_alt(chart)), problems


def _count(trace: Trace) -> tuple[Counts, list[Problem]]:
    """Count the pairs of cells first, of which there are few, and make names of those."""
    text = pl.selectors.by_dtype(pl.String)  # as numbers, which need a third of the time and of the memory
    rows = trace.rows.select("y", "x").with_columns(text.cast(pl.Categorical))
    cells = rows.group_by("y", "x").len().with_columns(pl.selectors.categorical().cast(pl.String))
    names = pl.DataFrame({"y": to_names(cells["y"]), "x": to_names(cells["x"]), "rows": cells["len"]})
    problems: list[Problem] = []
    if names.null_count().sum_horizontal().item():  # a footnote names the first row that lacks a class
        x, y = to_names(trace.rows["x"]), to_names(trace.rows["y"])
        _, problems = clean_points([trace], ("nominal", [x]), ("nominal", [y]))
    counted = names.drop_nulls().group_by("y", "x").agg(pl.col("rows").sum())
    return Counter({(row, column): count for row, column, count in counted.iter_rows()}), problems


def _labels(counts: dict[str, Counts]) -> tuple[list[str], list[str], list[int]]:
    """Choose the classes of each axis, x and y, and count those of axes that cannot show all.

    Axes that share a class share them all, so that the diagonal is a diagonal.
    """
    ys = {y for side in counts.values() for y, _ in side}
    xs = {x for side in counts.values() for _, x in side}
    if xs & ys:
        xs = ys = xs | ys
    folded = [len(names) for names in (ys, xs) if len(names) > MOST_CLASSES]
    return _sorted(_most_changed(counts, xs)), _sorted(_most_changed(counts, ys)), list(dict.fromkeys(folded))


def _most_changed(counts: dict[str, Counts], names: set[str]) -> set[str]:
    """Keep the classes whose errors changed most, then those with most errors, then the most frequent."""
    if len(names) <= MOST_CLASSES:
        return names
    base, head = counts.get("base", Counts()), counts.get("head", Counts())
    changed, errors, rows = Counter[str](), Counter[str](), Counter[str]()
    for cell in base.keys() | head.keys():
        for name in set(cell):
            rows[name] += base[cell] + head[cell]
            if cell[0] != cell[1]:
                changed[name] += abs(head[cell] - base[cell])
                errors[name] += base[cell] + head[cell]
    ranked = sorted(names, key=lambda name: (-changed[name], -errors[name], -rows[name], by_name(name)))
    return {*ranked[: MOST_CLASSES - 1], OTHER}


def _sorted(names: set[str]) -> list[str]:
    return [*sorted_names(names - {OTHER}), *({OTHER} & names)]


def _matrix(cells: Counts | None, labels_x: list[str], labels_y: list[str]) -> tuple[tuple[int, ...], ...] | None:
    """Give rows over ``labels_y``; what has no row or column of its own counts as ``OTHER``."""
    if not cells:
        return None
    folded = Counts()
    for (y, x), count in cells.items():
        folded[y if y in labels_y else OTHER, x if x in labels_x else OTHER] += count
    return tuple(tuple(folded[y, x] for x in labels_x) for y in labels_y)
