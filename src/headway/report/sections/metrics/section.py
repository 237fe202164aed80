"""The metrics: changed ones with base, head and change; families and groups in few rows; the others folded."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import UNSET

from headway.compare.families import MOST_DRAWN, families
from headway.compare.groups import groups
from headway.judge.movement import moved_families, prominence, verdict
from headway.report.blocks import (
    Charts,
    Column,
    Details,
    Kind,
    Name,
    Row,
    Section,
    Table,
    Text,
    Words,
    joined,
    line,
    prose,
)
from headway.report.formatting import LISTED, count, notation_of, notations
from headway.report.sections.metrics.cells import MetricNames, bar, change, judged, longest_bar, relative, sides
from headway.report.sections.metrics.evidence import evidence_blocks
from headway.report.sections.metrics.groups import changed_columns, group_tables
from headway.report.sections.metrics.slices import moved_slices, slice_blocks
from headway.text import and_more

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from headway.compare.families import Family
    from headway.judge.movement import Word
    from headway.report.blocks import Block, Inline
    from headway.report.formatting import Notation
    from headway.values.comparison import Metric
    from headway.values.report import Report

    _Families = Mapping[tuple[str, str], Family]
    _Notations = Callable[[Metric], Notation]

CHANGED = Kind(noun="changed metric", rank=0, glance=20, markdown=500, page=2000, terminal=200)
_UNFOLDED = 12
"""Rows of changed metrics that a comment shows unfolded."""
MACHINE = Kind(noun="machine-dependent metric", rank=16, markdown=100, page=500, terminal=20)
MEMBERS = Kind(noun="folded metric", rank=15, markdown=100, page=2000, terminal=0)
FAMILY_CHARTS = Kind(noun="chart", rank=14, markdown=4, page=4, terminal=0)
UNCHANGED = Kind(noun="unchanged metric", rank=21, markdown=200, page=2000, terminal=0)
_COLUMNS = (
    Column("Metric"),
    Column("Change", "numbers"),  # beside the name, so that a phone shows both
    Column("Base → Head", "numbers"),
    Column("", minor=True),
    Column("", "bars", minor=True),
)
_MACHINE = (
    "These metrics depend on the machine, and two machines may have measured them. `headway speed` measures both sides "
    "in one job and judges them."
)


def build(report: Report) -> Iterator[Section]:
    """The section on metrics."""
    if any(metric.withheld != "machine" for metric in report.metrics):
        yield Section(anchor="metrics", title="Metrics", blocks=tuple(_blocks(report)))


def _blocks(report: Report) -> Iterator[Block]:
    found = {_id(family.mean): family for family in families(report.metrics)}
    of_families = {_id(metric) for family in found.values() for metric in family.members}
    entries = [metric for metric in report.metrics if _id(metric) not in of_families]
    entries += [family.mean for family in found.values()]
    grouped = [(group, changed_columns(group)) for group in groups(entries)]
    in_groups = {_id(metric) for _, columns in grouped for cells in columns.values() for metric in cells.values()}
    changed = [metric for metric in entries if metric.status != "unchanged" and _id(metric) not in in_groups]
    machine = [metric for metric in changed if metric.withheld == "machine"]
    alone = sorted((metric for metric in changed if metric.withheld != "machine"), key=prominence)
    names, notation = MetricNames(report.metrics), notations(report.metrics)
    longest = longest_bar(alone)
    rows = [_row(metric, found.get(_id(metric)), names, notation, longest) for metric in alone]
    yield _table(CHANGED, rows)
    for group, columns in grouped:
        yield from group_tables(group, columns, names.group(group.name), CHANGED)
    yield from moved_slices(report, names, notation)
    yield from evidence_blocks(report, names, notation)
    yield from slice_blocks(report, names, notation)
    yield from _of_the_machine([_row(metric, found.get(_id(metric)), names, notation, 0.0) for metric in machine])
    moved = moved_families(report.metrics)
    yield from _members(report, moved, names)
    shown = in_groups.union(_id(metric) for family in moved for metric in family.members)
    rest = [metric for metric in report.metrics if metric.status == "unchanged" and _id(metric) not in shown]
    yield _unchanged(rest, names, notation, opened=not (alone or in_groups))


def _id(metric: Metric) -> tuple[str, str]:
    return metric.file, metric.key


def _table(kind: Kind, rows: Sequence[Row]) -> Table:
    left_out = sum(row.number for row in rows[kind.most :])
    shown = tuple(rows[: kind.most])
    return Table(kind=kind, columns=_COLUMNS, entries=shown, left_out=left_out, searchable=True, unfolded=_UNFOLDED)


def _of_the_machine(rows: Sequence[Row]) -> Iterator[Details]:
    if rows:
        summary = line(f"{count(len(rows), MACHINE.noun)} not compared")
        yield Details(summary=summary, blocks=(_table(MACHINE, rows), Text(content=prose(_MACHINE), role="small")))


def _row(metric: Metric, family: Family | None, names: MetricNames, notation: _Notations, longest: float) -> Row:
    own = _notation(family) if family else notation(metric)
    mean = [f" (mean of {_range(family)})"] if family else []
    shown = change(metric, own)
    cells = (
        line(names.name(metric, family=bool(family)), *mean),
        line(_judged_family(family, shown) if family else judged(metric, shown)),
        sides(metric, own),
        _most_moved(family, own) if family else line(relative(metric)),
        bar(metric, longest),
    )
    return Row(cells, names.heading(metric), len(family.changed) if family else 1)


def _judged_family(family: Family, shown: str) -> Words:
    """The change of the mean, and what the evidence says about the members; a mean has no evidence of its own."""
    words = Counter(verdict(metric) for metric in family.changed if metric.evidence is not UNSET)
    if not words:
        return judged(family.mean, shown)
    moved: tuple[Word, ...] = ("better", "worse", "worse within the margin")
    told = ", ".join(f"{words[word]:,} {word}" for word in moved if words[word])
    return Words(
        f"{shown}: {told} of {len(family.members):,}" if told else f"{shown} {max(words, key=words.__getitem__)}"
    )


def _notation(family: Family) -> Notation:
    return notation_of([family.mean, *family.members])


def _most_moved(family: Family, notation: Notation) -> Inline:
    most = family.changed[0]
    if most.change is None:
        return line("")
    return line("most: ", Name(family.name(most)), " ", judged(most, change(most, notation)))


def _members(report: Report, moved: Sequence[Family], names: MetricNames) -> Iterator[Details]:
    """The members of each family that changed; the first families have a chart, and the last ones share a table."""
    charts = {chart.id: chart for chart in report.charts}
    for family in moved[:MOST_DRAWN]:
        summary = line(names.name(family.mean, family=True), f": {count(len(family.members), 'value')}")
        blocks: tuple[Block, ...] = (_member_table([family]),)
        if chart := charts.get(family.chart_id):
            blocks = (Charts(kind=FAMILY_CHARTS, entries=(chart,)), *blocks)
        yield Details(summary=summary, blocks=blocks, optional=True)
    if rest := moved[MOST_DRAWN:]:
        listed = joined(", ", (names.name(family.mean, family=True) for family in rest[:LISTED]))
        yield Details(summary=line(listed, and_more(len(rest) - LISTED)), blocks=(_member_table(rest),), optional=True)


def _range(family: Family) -> str:
    """The smallest and the largest value of head, or of base where head has no such family."""
    notation, numbers = _notation(family), family.numbers("head") or family.numbers("base")
    return f"{notation.value(min(numbers))} to {notation.value(max(numbers))}"


def _member_table(found: Sequence[Family]) -> Table:
    rows = [row for family in found for row in _member_rows(family)]
    return Table(
        kind=MEMBERS,
        columns=_COLUMNS[:4],
        entries=tuple(rows[: MEMBERS.most]),
        left_out=len(rows[MEMBERS.most :]),
        searchable=True,
    )


def _member_rows(family: Family) -> Iterator[Row]:
    notation = _notation(family)
    for metric in family.members:
        shown = "" if metric.status == "unchanged" else change(metric, notation)
        cells = (line(Name(metric.key)), line(judged(metric, shown)), sides(metric, notation), line(relative(metric)))
        yield Row(cells)


def _unchanged(metrics: Sequence[Metric], names: MetricNames, notation: _Notations, *, opened: bool) -> Details:
    table = Table(
        kind=UNCHANGED,
        columns=(Column("Metric"), Column("Value", "numbers")),
        entries=tuple(
            Row((names.name(metric), sides(metric, notation(metric))), names.heading(metric))
            for metric in metrics[: UNCHANGED.most]
        ),
        left_out=len(metrics[UNCHANGED.most :]),
        searchable=True,
    )
    return Details(summary=line(count(len(metrics), UNCHANGED.noun)), blocks=(table,), optional=True, opened=opened)
