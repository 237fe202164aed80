"""Confusion matrices: the templates confusion and confusion_normalized, counted here and never in a drawing program."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from headway.draw.key_numbers import confusion_alt
from headway.draw.reduction.traces import Trace, axis_labels, clean_points, named, read_pairs
from headway.draw.reduction.typed_columns import to_names
from headway.draw.sorting import by_name, sorted_names
from headway.values.chart import ConfusionChart
from headway.values.problem import Problem

if TYPE_CHECKING:
    from headway.values.snapshot import PlotDefinition
    from headway.values.tables import PlotSource

MOST_CLASSES = 40
OTHER = "other"

Counts = dict[tuple[str, str], int]
"""How often each (y, x) pair of classes occurs."""


def confusion_chart(
    definition: PlotDefinition, base: PlotSource | None, head: PlotSource | None
) -> tuple[ConfusionChart | None, list[Problem]]:
    """Count pairs of classes on both sides; ``definition`` is the side's that names titles and labels."""
    if not definition.x:
        what = "a confusion matrix needs x and y, the two columns of classes"
        return None, [Problem(where=definition.id, what=what, remedy="name both in dvc.yaml")]
    pairs, problems = read_pairs(base, head)
    if len(pairs) > 1:
        what = f"only the first of {len(pairs)} y columns is drawn"
        problems.append(Problem(where=definition.id, what=what, remedy="declare one confusion plot for each"))
    counts: dict[str, Counts] = {}
    for trace in pairs[0].traces if pairs else ():
        counts[trace.side], lost = _count(trace)
        problems += lost
    if not any(counts.values()):
        return None, problems
    counts, labels_x, labels_y, folded = _label(definition, counts)
    chart = ConfusionChart(
        **named(definition),
        **axis_labels(definition),
        labels_x=tuple(labels_x),
        labels_y=tuple(labels_y),
        base=_matrix(counts.get("base"), labels_x, labels_y),
        head=_matrix(counts.get("head"), labels_x, labels_y),
        normalized=definition.template == "confusion_normalized",
    )
    return confusion_alt(chart), problems + folded


def _count(trace: Trace) -> tuple[Counts, list[Problem]]:
    x, y = to_names(trace.rows["x"]), to_names(trace.rows["y"])
    (classes,), problems = clean_points([trace], ("nominal", [x]), ("nominal", [y]))
    return {(row, column): count for row, column, count in classes.group_by("y", "x").len().iter_rows()}, problems


def _label(
    definition: PlotDefinition, counts: dict[str, Counts]
) -> tuple[dict[str, Counts], list[str], list[str], list[Problem]]:
    """Choose the classes of each axis; axes that share a class share them all, so that the diagonal is a diagonal."""
    ys = {y for side in counts.values() for y, _ in side}
    xs = {x for side in counts.values() for _, x in side}
    if xs & ys:
        xs = ys = xs | ys
    kept_ys, kept_xs = _most_telling(counts, ys), _most_telling(counts, xs)
    folded = dict.fromkeys(len(all_) for all_, kept in ((ys, kept_ys), (xs, kept_xs)) if kept != all_)
    if folded:
        counts = {side: _fold(cells, kept_ys, kept_xs) for side, cells in counts.items()}
    why = f"classes are drawn, those whose confusions changed most; the rest is '{OTHER}'"
    problems = [Problem(where=definition.id, what=f"{MOST_CLASSES - 1} of {count} {why}") for count in folded]
    return counts, _sorted(kept_xs), _sorted(kept_ys), problems


def _most_telling(counts: dict[str, Counts], names: set[str]) -> set[str]:
    """Keep the classes whose errors changed most, then those with most errors, then the most frequent."""
    if len(names) <= MOST_CLASSES:
        return names
    base, head = Counter(counts.get("base", {})), Counter(counts.get("head", {}))
    changed, errors, rows = Counter[str](), Counter[str](), Counter[str]()
    for cell in base.keys() | head.keys():
        for name in set(cell):
            rows[name] += base[cell] + head[cell]
            if cell[0] != cell[1]:
                changed[name] += abs(head[cell] - base[cell])
                errors[name] += base[cell] + head[cell]
    ranked = sorted(names, key=lambda name: (-changed[name], -errors[name], -rows[name], by_name(name)))
    return {*ranked[: MOST_CLASSES - 1], OTHER}


def _fold(cells: Counts, kept_ys: set[str], kept_xs: set[str]) -> Counts:
    folded = Counter[tuple[str, str]]()
    for (y, x), count in cells.items():
        folded[y if y in kept_ys else OTHER, x if x in kept_xs else OTHER] += count
    return dict(folded)


def _sorted(names: set[str]) -> list[str]:
    return [*sorted_names(names - {OTHER}), *({OTHER} & names)]


def _matrix(cells: Counts | None, labels_x: list[str], labels_y: list[str]) -> tuple[tuple[int, ...], ...] | None:
    if not cells:
        return None
    return tuple(tuple(cells.get((y, x), 0) for x in labels_x) for y in labels_y)
