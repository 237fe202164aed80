"""Images of examples that a fork uploads for a contact sheet: what is no small PNG costs itself, and nothing else."""

from __future__ import annotations

from functools import cache, partial
from random import Random
from typing import TYPE_CHECKING

import pytest
from datasets.folders import bomb, encoded
from hostile.page import Row, Section
from PIL import Image
from publish.fork.redrawing import end_children, picture, redrawn  # noqa: F401 - a fixture
from publish.fork.test_hostile_sheets import GOOD, colors, flips, padded, report_with, sheet

from headway.draw.jobs import THUMBNAIL_SIDE
from headway.errors import ReportFileError
from headway.publish.fork.limits import decode_report
from headway.publish.fork.sheets import MOST_BYTES
from headway.report import codec

if TYPE_CHECKING:
    from pathlib import Path

    from headway.publish.fork.sanitize import Redrawn

RED = (255, 0, 0)
PATHS = ("../x.png", "/etc/passwd", "charts/../../x.png", "C:\\x.png", "https://evil.example/x.png", "")
MANY = 4_000


def noise(side: int) -> bytes:
    """A PNG that no compression makes smaller."""
    return encoded(Image.frombytes("RGB", (side, side), Random(1).randbytes(3 * side * side)))  # noqa: S311 - no secret


FILES: dict[str, bytes | None] = {
    "a web page": b"<!DOCTYPE html><script>alert(1)</script>",
    "an SVG": b"<svg xmlns='http://www.w3.org/2000/svg' width='8' height='8'/>",
    "a JPEG": picture(form="JPEG"),
    "an empty file": b"",
    "half of a PNG": noise(80)[:9_000],
    f"a PNG that is {THUMBNAIL_SIDE + 1} pixels wide": encoded(Image.new("RGB", (THUMBNAIL_SIDE + 1, 1))),
    f"a PNG that is {THUMBNAIL_SIDE + 1} pixels high": encoded(Image.new("RGB", (1, THUMBNAIL_SIDE + 1))),
    "a PNG of a few kilobytes with 36 million pixels": bomb(6_000, 6_000),
    "a PNG of a few kilobytes with 3.6 billion pixels": bomb(60_000, 60_000),
    f"a small PNG with a comment of {MOST_BYTES:,} bytes": padded(picture(), MOST_BYTES),
    "a symbolic link, whose content is a path": b"/etc/passwd",
    "nothing": None,
}


@cache
def posted() -> Redrawn:
    """A report with a sheet for each of these files, which stands beside a good one; one renderer draws them all."""
    names = {kind: f"charts/{place}.png" for place, kind in enumerate(FILES)}
    files = {names[kind]: content for kind, content in FILES.items() if content is not None}
    found = [flips(GOOD, path, sheet=kind) for kind, path in names.items()]
    report = report_with(*found, charts=tuple(sheet(id=kind) for kind in names))
    return redrawn(report, {**files, GOOD: picture("red")})


def beside_a_good_one(kind: str, folder: Path) -> str:  # noqa: ARG001 - of a row
    found = posted()
    (chart,) = (chart for chart in found.report.charts if chart.id == kind)
    (problem,) = (problem for problem in found.report.problems if problem.path == kind)
    shows_red = chart.image is not None and RED in colors(found.images[chart.image])
    sheets = "the sheet shows the other image" if shows_red else "the sheet is lost"
    return f"{sheets}; footnote: {problem.what.partition(':')[0]}"


def paths(folder: Path) -> str:  # noqa: ARG001 - of a row
    refused = 0
    for path in PATHS:
        with pytest.raises(ReportFileError, match=r"flips\[0\].broken\[0\].image"):
            decode_report(codec.encode(report_with(flips(path))))
        refused += 1
    return f"the report is refused in {refused} of {len(PATHS)} cases"


def too_many(folder: Path) -> str:  # noqa: ARG001 - of a row
    names = [f"charts/{number}.png" for number in range(MANY)]
    found = redrawn(report_with(flips(*names, broken_count=MANY)), dict.fromkeys(names, picture("red")))
    (chart,) = found.report.charts
    assert not found.report.problems
    return chart.alt.split(". ")[1]


def lies(folder: Path) -> str:  # noqa: ARG001 - of a row
    found = redrawn(report_with(flips(GOOD)), {GOOD: picture("red")})
    (chart,) = found.report.charts
    return f"the words are those of the predictions: {chart.alt.split('. ')[-1]}"


SECTION = Section(
    "Images of a fork's examples",
    (
        *(Row(f"instead of a small PNG: {kind}", partial(beside_a_good_one, kind)) for kind in FILES),
        Row("paths out of the report: " + ", ".join(f"`{path}`" for path in PATHS if path) + " and none", paths),
        Row(f"{MANY:,} images for one sheet", too_many),
        Row("a sheet with an alternative text of its own, `Lie`", lies),
    ),
)


@pytest.mark.parametrize("row", SECTION.params(), ids=lambda row: row.tried[:60])
def test_the_sheet_has_what_can_be_shown(row: Row, tmp_path: Path) -> None:
    SECTION.check(row, row.play(tmp_path))
