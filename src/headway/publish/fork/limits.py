"""Decode a fork's report.json under limits that bound the memory and time of this job.

The limits are for forks alone: the value types have none, so that your own large reports stay readable. What
``headway report`` writes is reduced already and stays within them. A report that exceeds one is refused with the place
and the limit; charts and sections for which there is no room are left out with one footnote. Texts outside of charts
need no limit: every rendering shortens them.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import msgspec

from headway.errors import ReportFileError
from headway.report import codec
from headway.report.escaping import clean_block
from headway.values.chart import (
    BarChart,
    Chart,
    ConfusionChart,
    DistributionChart,
    ImageChart,
    LineChart,
    ScatterChart,
    VegaChart,
)
from headway.values.problem import Problem
from headway.values.report import Include, Report

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterator, Sequence

    from headway.values.flips import Flip, Flips

ENTRIES: Final = 5_000
"""Of each list outside of charts."""
LEVELS: Final = 50
"""Of lists and tables within each other, in a parameter's value or a template: Python's own stack is finite."""
LARGEST: Final = 1e100
"""Of the numbers in charts and datasets: arithmetic on them must not overflow."""
VALUES: Final = 100_000
"""Numbers and texts in one chart, both sides together."""
SERIES: Final = 24
CATEGORIES: Final = 120
"""Names on one axis."""
NAME, ALT = 500, 5_000
"""Characters of the project's folder and of each text in a chart, and of a chart's alternative text."""
TEMPLATE: Final = 4 * 1024 * 1024
"""Bytes of a custom template, filled with its data."""
LINES, CHARACTERS = 2_000, 200_000
"""Of a section's text on one side; the time to compare two texts grows with the square of their lines, and worse."""
TEXT_COLUMNS: Final = 20
"""Columns with texts of a table's examples: every row has a cell in each, whatever few rows the report has them of."""
SHOWN: Final = {"charts": 60, "sections": 30, "images": 20, "custom templates": 12, "values in charts": 1_000_000}
"""In one report; each image and template may take seconds to decode or to run."""


def decode_report(data: bytes) -> Report:
    """Read a fork's report.

    Raises:
        ReportFileError: the bytes are no report of this schema, or the report exceeds a limit; says where.
    """
    report = _with_text_columns(_with_what_is_shown(codec.decode(data)))
    if violation := limit_violation(report):
        raise ReportFileError(
            "The fork's report is refused.",
            why=violation,
            remedy="The limit applies to forks only: post the report from a branch of this repository.",
        )
    return report


def is_image(item: Chart | Include) -> bool:
    """Whether it shows image files of the repository's own."""
    return isinstance(item, ImageChart) or (isinstance(item, Include) and item.form == "image")


def limit_violation(report: Report) -> str:
    """The first limit that a report exceeds, with its place in report.json; empty where it exceeds none."""
    return next((f"`{place}` exceeds the limit of {limit}." for place, limit in _violations(report)), "")


def _with_what_is_shown(report: Report) -> Report:
    """The report with the first charts and sections for which there is room, and a note about the others."""
    room = Counter(SHOWN)

    def is_shown(item: Chart | Include) -> bool:
        costs = _costs(item)
        fits = costs <= room and not (isinstance(item, Include) and _is_unfit(item))
        room.subtract(costs if fits else {})
        return fits

    charts, includes = tuple(filter(is_shown, report.charts)), tuple(filter(is_shown, report.includes))
    count = len(report.charts) + len(report.includes)
    if left_out := count - len(charts) - len(includes):
        limits = ", ".join(f"{most:,} {name}" for name, most in SHOWN.items())
        what = (
            f"{left_out:,} of {count:,} charts and sections are left out: a report from a fork may show {limits}, "
            f"and {LINES:,} lines or {CHARACTERS:,} characters of a text"
        )
        report = msgspec.structs.replace(report, problems=(*report.problems, Problem(where="charts", what=what)))
    return msgspec.structs.replace(report, charts=charts, includes=includes)


def _with_text_columns(report: Report) -> Report:
    """The report with the first columns of each table's texts, and a note about those of which columns are left out."""
    flips = tuple(map(_with_first_columns, report.flips))
    notes = tuple(
        Problem(path=less.path, what=f"a report from a fork shows the first {TEXT_COLUMNS} columns of texts")
        for less, all_ in zip(flips, report.flips, strict=True)
        if less is not all_
    )
    return msgspec.structs.replace(report, flips=flips, problems=(*report.problems, *notes))


def _with_first_columns(flips: Flips) -> Flips:
    """The same flips if they do not exceed the limit."""
    columns = dict.fromkeys(text.column for flip in (*flips.broken, *flips.fixed) for text in flip.texts)
    if len(columns) <= TEXT_COLUMNS:
        return flips
    first = set([*columns][:TEXT_COLUMNS])

    def kept(listed: Sequence[Flip]) -> tuple[Flip, ...]:
        texts = (tuple(text for text in flip.texts if text.column in first) for flip in listed)
        return tuple(msgspec.structs.replace(flip, texts=each) for flip, each in zip(listed, texts, strict=True))

    return msgspec.structs.replace(flips, broken=kept(flips.broken), fixed=kept(flips.fixed))


def _costs(item: Chart | Include) -> Counter[str]:
    if isinstance(item, Include):
        return Counter({"sections": 1, "images": int(is_image(item))})
    kinds = {"images": int(is_image(item)), "custom templates": int(isinstance(item, VegaChart))}
    return Counter({"charts": 1, **kinds, "values in charts": _size(item)})


def _size(value: object) -> int:
    """How many numbers and texts a chart holds."""
    if isinstance(value, tuple):
        return sum(map(_size, value))
    if isinstance(value, msgspec.Struct):
        return sum(_size(getattr(value, name)) for name in value.__struct_fields__)
    return 1


def _is_unfit(section: Include) -> bool:
    """Whether a section has no side at all, or a text that is too long."""
    texts = [text for text in (section.base, section.head) if text is not None]
    return not texts or any(len(text) > CHARACTERS or clean_block(text).count("\n") > LINES for text in texts)


def _violations(report: Report) -> Iterator[tuple[str, str]]:
    """Places in the report, and the limits that they exceed."""
    if len(report.project) > NAME:
        yield "$.project", f"{NAME:,} characters"
    for place, value in _walk(msgspec.structs.replace(report, charts=(), includes=()), "$"):
        if isinstance(value, tuple) and len(value) > ENTRIES:
            yield place, f"{ENTRIES:,} entries"
        if not _is_shallow(value):
            yield place, f"{LEVELS} levels"
        if place.startswith("$.datasets") and isinstance(value, float) and abs(value) > LARGEST:
            yield place, f"{LARGEST:g}"
    if sum(len(flip.texts) for flips in report.flips for flip in (*flips.fixed, *flips.broken)) > ENTRIES:
        yield "$.flips", f"{ENTRIES:,} texts"
    for number, chart in enumerate(report.charts):
        yield from _chart_violations(f"$.charts[{number}]", chart)
    for place, names in _names(report):
        if len(set(names)) < len(names):
            yield place, "one entry for each name"


def _names(report: Report) -> Iterator[tuple[str, Sequence[Hashable]]]:
    """What tells the entries of a list apart: an entry that is there twice could hide one from a rule."""
    yield "$.metrics", [(metric.file, metric.key) for metric in report.metrics]
    yield "$.slices", [(each.metric.file, each.metric.key, each.column, each.value) for each in report.slices]


def _chart_violations(place: str, chart: Chart) -> Iterator[tuple[str, str]]:
    if _size(chart) > VALUES:
        yield place, f"{VALUES:,} values"
    if any(len(names) > CATEGORIES for names in _axes(chart)):
        yield place, f"{CATEGORIES} names on one axis"
    for name in ("series", "panels"):
        if len(getattr(chart, name, ())) > SERIES:
            yield f"{place}.{name}", f"{SERIES} entries"
    if isinstance(chart, VegaChart):
        yield from _template_violations(f"{place}.spec", chart.spec)
    for at, value in _walk(chart, place):
        characters = ALT if at == f"{place}.alt" else NAME
        if isinstance(value, str) and len(value) > characters:
            yield at, f"{characters:,} characters"
        if isinstance(value, float) and abs(value) > LARGEST:
            yield at, f"{LARGEST:g}"


def _template_violations(place: str, spec: object) -> Iterator[tuple[str, str]]:
    if not _is_shallow(spec):
        yield place, f"{LEVELS} levels"
    if len(msgspec.json.encode(spec)) > TEMPLATE:
        yield place, f"{TEMPLATE:,} bytes"


def _axes(chart: Chart) -> list[Collection[str]]:
    """The names on each axis that has names."""
    match chart:
        case LineChart() | ScatterChart():
            axes = [axis for axis in ("x", "y") if getattr(chart, f"{axis}_type", "") == "nominal"]
            return [{str(value) for side in chart.points for value in getattr(side, axis)} for axis in axes]
        case BarChart():
            return [{bar.label for bar in chart.bars}, {bar.group for bar in chart.bars}]
        case DistributionChart():
            return [panel.labels for panel in chart.panels]
        case ConfusionChart():
            return [chart.labels_x, chart.labels_y]
    return []


def _walk(value: Any, place: str) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - a struct, or whatever its fields hold
    """A value and all that it holds, each with its place; what a dictionary holds is not looked into."""
    yield place, value
    if isinstance(value, tuple):
        for number, entry in enumerate(value):
            yield from _walk(entry, f"{place}[{number}]")
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _walk(getattr(value, name), f"{place}.{name}")


def _is_shallow(value: object, levels: int = LEVELS) -> bool:
    if not isinstance(value, dict | list):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return levels > 0 and all(_is_shallow(each, levels - 1) for each in inner)
