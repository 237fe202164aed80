"""Metrics on slices: a sentence on those that got better or worse, and, folded, all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET

from headway.judge.movement import movement, verdict
from headway.report.blocks import Column, Details, Kind, Name, Row, Table, Text, joined, line, prose, text_of
from headway.report.formatting import count, name
from headway.report.sections.metrics.cells import change, judged, sides
from headway.text import and_more

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from msgspec import UnsetType

    from headway.report.blocks import Block, Inline
    from headway.report.formatting import Notation
    from headway.report.sections.metrics.cells import MetricNames
    from headway.values.comparison import Metric, Slice
    from headway.values.evidence import Evidence
    from headway.values.report import Report

    _Notations = Callable[[Metric], Notation]

SLICES = Kind(noun="slice", rank=12, markdown=40, page=2000, terminal=30)
_MOST = 3
"""Slices that a sentence names."""
_COLUMNS = (
    Column("Slice"),
    Column("Change", "numbers"),
    Column("Base → Head", "numbers"),
    Column("Head, shrunk", "numbers", minor=True),
    Column("Rows", "numbers", minor=True),
    Column("Fixed", "numbers", minor=True),
    Column("Broken", "numbers", minor=True),
)
_SHRUNK = (
    "The most extreme of many slices owe a part of it to chance. A shrunk value is pulled towards those of all slices "
    "as far as chance explains how they differ; with a probability of 95%, the true value is within the bound beside "
    "it. Slices that changed most, by the shrunk change, come first."
)


def moved_slices(report: Report, names: MetricNames, notation: _Notations) -> Iterator[Text]:
    """A sentence on the slices that got worse, and one on those that got better."""
    moved = sorted((each for each in report.slices if movement(each.metric) != "neutral"), key=slice_prominence)
    for word in dict.fromkeys(verdict(each.metric) for each in moved):
        yield _sentence([each for each in moved if verdict(each.metric) == word], names, notation)


def slice_blocks(report: Report, names: MetricNames, notation: _Notations) -> Iterator[Block]:
    """All slices, folded: a table of those with a value, and the reasons why others have none."""
    valued = [each for each in report.slices if _has_value(each)]
    blocks: list[Block] = []
    if valued:
        rows = [_row(each, names, notation(each.metric)) for each in _ordered(valued)]
        shown, left_out = tuple(rows[: SLICES.most]), len(rows[SLICES.most :])
        blocks = [Table(kind=SLICES, columns=_COLUMNS, entries=shown, left_out=left_out, searchable=True)]
        blocks += [Text(content=line(sentence), role="small") for sentence in (_SHRUNK, _family(valued)) if sentence]
    blocks += _without_value([each for each in report.slices if not _has_value(each)], names)
    if blocks:
        yield Details(summary=line("Slices: ", _columns(report.slices)), blocks=tuple(blocks), optional=True)


def _has_value(each: Slice) -> bool:
    """Whether the rows say something about the metric, be they too few to judge it."""
    evidence = each.metric.evidence
    return evidence is not UNSET and (not evidence.withheld or each.metric.verdict == "too_few")


def _sentence(slices: Sequence[Slice], names: MetricNames, notation: _Notations) -> Text:
    """``Worse in 2 slices: `site` is `north` (accuracy -3.2 pt, f1 -0.041), ...``."""
    places: dict[tuple[str, str | None], list[Slice]] = {}
    for each in slices:
        places.setdefault((each.column, each.value), []).append(each)
    listed = (line(place(found[0]), " (", _changes(found, names, notation), ")") for found in places.values())
    word = verdict(slices[0].metric)
    start = f"{word[0].upper()}{word[1:]} in {count(len(places), 'slice')}: "
    return Text(content=line(start, joined(", ", list(listed)[:_MOST]), f"{and_more(len(places) - _MOST)}."))


def _changes(slices: Sequence[Slice], names: MetricNames, notation: _Notations) -> Inline:
    return joined(
        ", ",
        (line(names.name(each.metric), " ", change(each.metric, notation(each.metric))) for each in slices),
    )


def place(each: Slice) -> Inline:
    """The slice as a clause: ``site is north``."""
    if each.value is None:
        return line(Name(each.column), " has no value")
    return line(Name(each.column), " is ", Name(each.value))


def _row(each: Slice, names: MetricNames, notation: Notation) -> Row:
    cells = (
        line(Name(each.value) if each.value is not None else "no value"),
        line(judged(each.metric, change(each.metric, notation))),
        sides(each.metric, notation),
        line(_shrunk(each, notation)),
        line(f"{each.rows:,}"),
        *_flips(each.metric.evidence),
    )
    return Row(cells, f"{text_of(names.name(each.metric))} by {each.column}")


def _flips(evidence: Evidence | UnsetType) -> tuple[Inline, Inline]:
    if not evidence or evidence.fixed is None or evidence.broken is None:
        return line(""), line("")
    return line(f"{evidence.fixed:,}"), line(f"{evidence.broken:,}")


def _shrunk(each: Slice, notation: Notation) -> str:
    if each.shrunk is None or each.bound is None:
        return ""
    sign = "≥" if each.metric.direction == "higher" else "≤"
    width = each.shrunk - each.bound
    return f"{notation.within(each.shrunk, width)} ({sign} {notation.within(each.bound, width)})"


def slice_prominence(each: Slice) -> tuple[bool, bool, float]:
    """The sort key of slices: first those that got worse, then those that got better; the largest change first."""
    moved = movement(each.metric)
    return moved != "worse", moved != "better", -abs(each.shrunk_change or 0.0)


def _ordered(slices: Sequence[Slice]) -> list[Slice]:
    """Those of one metric and column together."""
    columns = list(dict.fromkeys((each.metric.file, each.metric.key, each.column) for each in slices))
    places = {column: place for place, column in enumerate(columns)}
    by_column = sorted(slices, key=slice_prominence)
    return sorted(by_column, key=lambda each: places[each.metric.file, each.metric.key, each.column])


def _family(slices: Sequence[Slice]) -> str:
    sizes = {each.metric.evidence.family_size for each in slices if each.metric.evidence and not _is_open(each)}
    tests = f"{max(sizes):,} tests of slices" if sizes else ""
    return f"The p-values are adjusted for {tests} (Benjamini-Hochberg)." if tests else ""


def _is_open(each: Slice) -> bool:
    """Whether no p-value decides."""
    return each.metric.verdict in {"not_comparable", "not_judged", "identical", "too_few"}


def _without_value(slices: Sequence[Slice], names: MetricNames) -> Iterator[Text]:
    """The slices whose rows give no value, by the reason."""
    reasons: dict[str, list[Slice]] = {}
    for each in slices:
        evidence = each.metric.evidence
        reasons.setdefault(evidence.withheld if evidence else each.problem, []).append(each)
    for reason, found in list(reasons.items())[:_MOST]:
        listed = joined(", ", (line(names.name(each.metric), " where ", place(each)) for each in found[:_MOST]))
        sentence = line("Not tested: ", listed, and_more(len(found) - _MOST), " (", prose(reason), ").")
        yield Text(content=sentence, role="small")


def _columns(slices: Sequence[Slice]) -> Inline:
    """``5 by `site`, 3 by `device```."""
    values: dict[str, dict[str | None, None]] = {}
    for each in slices:
        values.setdefault(each.column, {})[each.value] = None
    return prose(", ".join(f"{len(found):,} by {name(column)}" for column, found in values.items()))
