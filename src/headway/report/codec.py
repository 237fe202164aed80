"""Encodes a report as report.json, and decodes it.

The pull request of a fork may have written the file, so :func:`decode` trusts nothing: it checks every type, every path
of an image, and the size. It ignores unknown keys, because a later version of Headway may add keys to the same schema.
If the meaning of a key changes, the schema gets a new number.
"""

from __future__ import annotations

import math
import sys
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, TypeVar

import msgspec

from headway.errors import ReportFileError
from headway.report.escaping import shorten
from headway.values.chart import ConfusionChart, DistributionChart, ImageChart, LineChart, ScatterChart
from headway.values.report import IMAGE_ROLES, SCHEMA, Report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headway.values.chart import Chart, DistributionPanel
    from headway.values.speed import SpeedRun
    from headway.values.verification import Verification

MAX_BYTES = 64 * 1024 * 1024
"""Far more than any real report needs, because charts are reduced."""

T = TypeVar("T")

_REMEDY = "Create the file again with `headway report`."
_UNSAFE_IN_PATHS = frozenset('\\:?#%"<>|*')
_LARGEST_INTEGER = int(sys.float_info.max)


def encode(report: Report | Verification | SpeedRun) -> bytes:
    """A report, a verification or a speed test as UTF-8 JSON with one line per entry of a list, so it can be diffed.

    What JSON lacks becomes a string: ``"NaN"``, ``"Infinity"`` and ``"-Infinity"``, and the digits of an integer beyond
    the range of a double.
    """
    fields = msgspec.to_builtins(report, str_keys=True)
    lines = []
    for key, value in fields.items():
        entries = ",\n".join(f"    {_line(entry)}" for entry in value) if isinstance(value, list | tuple) else ""
        lines.append(f"  {_line(key)}: " + (f"[\n{entries}\n  ]" if entries else _line(value)))
    return "{{\n{}\n}}\n".format(",\n".join(lines)).encode()


def _line(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(_storable(value)), indent=0).decode()


def _storable(value: object) -> object:
    match value:
        case str():  # first, as most values are texts or numbers
            return value if value.isascii() else value.encode(errors="replace").decode()
        case float():
            return value if math.isfinite(value) else _name_of(value)
        case dict():
            return {_storable(key): _storable(entry) for key, entry in value.items()}
        case list() | tuple():
            return [_storable(entry) for entry in value]
        case int() if abs(value) > _LARGEST_INTEGER:
            return str(value)
    return value


def _name_of(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def decode(data: bytes) -> Report:
    """Decode and check a report.

    Raises:
        ReportFileError: the bytes are not a report of this schema.
    """
    if len(data) > MAX_BYTES:
        raise _invalid(f"It has {len(data):,} bytes; the limit is {MAX_BYTES:,}.")
    _check_schema(data)
    report = _decoded(data, Report)
    for place, why in _contradictions(report):
        raise _invalid(f"{why} - at `{place}`.")
    return report


def _check_schema(data: bytes) -> None:
    """Check the schema first: a file of another version differs in other ways, too."""
    head = _decoded(data, _Head)
    if head.schema is None:
        raise _invalid("It has no `schema` key, so it is not a report of Headway.")
    if head.schema != SCHEMA:
        raise ReportFileError(
            f"The report has the schema {head.schema!r}.",
            why=f"This version of Headway reads {SCHEMA!r}.",
            remedy="Use the version of Headway that wrote it, or create the report again with this version.",
        )


class _Head(msgspec.Struct):
    schema: str | None = None


def _decoded(data: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _invalid(f"{error}.") from error


def _invalid(why: str) -> ReportFileError:
    return ReportFileError("The report cannot be read.", why=why, remedy=_REMEDY)


def _contradictions(report: Report) -> Iterator[tuple[str, str]]:
    """What the types cannot express.

    Images are next to the report, related columns have the same length, and no part is larger than the whole.
    """
    for place, path in image_paths(report):
        if not _is_inside(path):
            yield place, f"Expected a path relative to the report, got {shorten(path, 80)!r}"
    for index, chart in enumerate(report.charts):
        if not _is_rectangular(chart):
            yield f"$.charts[{index}]", "Expected columns of equal length"
    for index, flips in enumerate(report.flips):
        for number, each in enumerate(flips.classes):
            if each.rows < max(each.base, each.head, each.fixed, each.broken):
                yield f"$.flips[{index}].classes[{number}]", "Expected at least as many `rows` as each other count"


def image_paths(report: Report) -> Iterator[tuple[str, str]]:
    """Every image of a report: its place in report.json, and its path."""
    for index, chart in enumerate(report.charts):
        roles = IMAGE_ROLES if isinstance(chart, ImageChart) else ("image", "image_dark")
        yield from _paths(f"$.charts[{index}]", chart, roles)
    for index, include in enumerate(report.includes):
        if include.form == "image":
            yield from _paths(f"$.includes[{index}]", include, IMAGE_ROLES)
    for index, flips in enumerate(report.flips):
        for kind, listed in (("fixed", flips.fixed), ("broken", flips.broken)):
            for place, flip in enumerate(listed):
                yield from _paths(f"$.flips[{index}].{kind}[{place}]", flip, ("image",))


def _paths(place: str, holder: object, fields: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for field in fields:
        path = getattr(holder, field)
        if path is not None:
            yield f"{place}.{field}", path


def _is_inside(path: str) -> bool:
    """Whether a path stays in the report's folder on any system; a trusted job opens it."""
    if not path.isprintable() or not _UNSAFE_IN_PATHS.isdisjoint(path):
        return False
    parts = PurePosixPath(path).parts
    return bool(parts) and "/".join(parts) == path and ".." not in parts


def _is_rectangular(chart: Chart) -> bool:
    match chart:
        case LineChart() | ScatterChart():
            columns = ((len(points.x), len(points.y), len(points.sizes)) for points in chart.points)
            return all(x == y and sizes in (0, x) for x, y, sizes in columns)
        case DistributionChart():
            return all(_is_complete(panel) for panel in chart.panels)
        case ConfusionChart():
            shape = [len(chart.labels_x)] * len(chart.labels_y)
            return all(side is None or [*map(len, side)] == shape for side in (chart.base, chart.head))
    return True


def _is_complete(panel: DistributionPanel) -> bool:
    """Whether there is one share per category or bin."""
    places = len(panel.labels) or max(len(panel.edges) - 1, 0)
    return not (panel.labels and panel.edges) and all(
        side is None or len(side) == places for side in (panel.base, panel.head)
    )
