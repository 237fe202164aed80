"""Decode a fork's report.json, which nobody vouches for, under limits that bound the memory and time of this job.

The limits are for forks alone: the value types have none, so that your own large reports stay readable. What
``headway report`` writes is reduced already and stays within them. A report beyond a limit is refused with the place
and the limit. Only what is shown beside the numbers, charts and sections, is left out instead, with one footnote.
Texts outside of charts need no limit: every rendering shortens them.
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
    from collections.abc import Collection, Iterator

ENTRIES: Final = 5_000
"""Entries of each list outside of charts, at any depth."""
LEVELS: Final = 50
"""Lists and tables within each other, in a parameter's value or a template: Python's own stack is finite."""
LARGEST: Final = 1e100
"""Numbers in charts and datasets: arithmetic on them must not overflow."""
VALUES: Final = 100_000
"""Numbers and texts of one chart, both sides together."""
SERIES: Final = 24
CATEGORIES: Final = 120
"""Names on one axis."""
NAME: Final = 500
ALT: Final = 5_000
"""Characters of the project's folder and of each text in a chart, and of a chart's alternative text."""
TEMPLATE: Final = 4 * 1024 * 1024
"""Bytes of a custom template, filled with its data."""
LINES, CHARACTERS = 2_000, 200_000
"""Of a section's text on one side; the time to compare two texts grows with the square of their lines, and worse."""
SHOWN: Final = {"charts": 60, "sections": 30, "images": 20, "custom templates": 12, "values in charts": 1_000_000}
"""What is drawn for one report: each image and template may take seconds to decode or to run."""


def decode_report(data: bytes) -> Report:
    """Read a fork's report.

    Raises:
        ReportFileError: the bytes are no report of this schema, or the report exceeds a limit; says where.
    """
    report = _with_what_is_shown(codec.decode(data))
    if violation := limit_violation(report):
        raise ReportFileError(
            "The fork's report is refused.",
            why=violation,
            remedy="These limits apply to forks only: post the report from a branch of this repository.",
        )
    return report


def is_image(item: Chart | Include) -> bool:
    """Whether it shows image files of the repository's own."""
    return isinstance(item, ImageChart) or (isinstance(item, Include) and item.form == "image")


def limit_violation(report: Report) -> str:
    """The first limit that a report exceeds, with its place in report.json; empty where it exceeds none."""
    return next(_violations(report), "")


def _with_what_is_shown(report: Report) -> Report:
    """The report with the first charts and sections for which the limits have room, and a note about the others."""
    room = Counter(SHOWN)

    def is_shown(item: Chart | Include) -> bool:
        costs = _costs(item)
        fits = costs <= room and not (isinstance(item, Include) and _is_too_long(item))
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


def _is_too_long(section: Include) -> bool:
    texts = [text for text in (section.base, section.head) if text is not None]
    return any(len(text) > CHARACTERS or clean_block(text).count("\n") > LINES for text in texts)


def _violations(report: Report) -> Iterator[str]:
    yield from _beyond("$.project", len(report.project), NAME, "characters")
    for place, value in _walk(msgspec.structs.replace(report, charts=(), includes=()), "$"):
        if isinstance(value, tuple):
            yield from _beyond(place, len(value), ENTRIES, "entries")
        elif isinstance(value, dict | list):
            yield from _too_deep(place, value)
        elif isinstance(value, float) and place.startswith("$.datasets"):
            yield from _too_large(place, value)
    for number, section in enumerate(report.includes):
        if (section.base, section.head) == (None, None):
            yield f"`$.includes[{number}]` has neither a base nor a head."
    for number, chart in enumerate(report.charts):
        yield from _chart_violations(f"$.charts[{number}]", chart)


def _chart_violations(place: str, chart: Chart) -> Iterator[str]:
    yield from _beyond(place, _size(chart), VALUES, "values")
    yield from _beyond(place, max(map(len, _axes(chart)), default=0), CATEGORIES, "names on one axis")
    for name in ("series", "panels"):
        yield from _beyond(f"{place}.{name}", len(getattr(chart, name, ())), SERIES, "entries")
    if isinstance(chart, VegaChart):
        yield from _too_deep(f"{place}.spec", chart.spec)
        yield from _beyond(f"{place}.spec", len(msgspec.json.encode(chart.spec)), TEMPLATE, "bytes")
    for at, value in _walk(chart, place):
        if isinstance(value, str):
            yield from _beyond(at, len(value), ALT if at == f"{place}.alt" else NAME, "characters")
        elif isinstance(value, float):
            yield from _too_large(at, value)


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


def _beyond(place: str, number: int, most: int, noun: str) -> Iterator[str]:
    if number > most:
        yield f"`{place}` has {number:,} {noun}; the limit is {most:,}."


def _too_large(place: str, number: float) -> Iterator[str]:
    if abs(number) > LARGEST:
        yield f"`{place}` is {number:g}; the limit is {LARGEST:g}."


def _too_deep(place: str, value: object) -> Iterator[str]:
    if not _is_shallow(value):
        yield f"`{place}` is nested more than {LEVELS} levels deep."


def _is_shallow(value: object, levels: int = LEVELS) -> bool:
    if not isinstance(value, dict | list):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return levels > 0 and all(_is_shallow(each, levels - 1) for each in inner)
