"""Lay out the contact sheets of a fork's examples again, from small images that the child process encoded again.

A sheet's words come from the report, as everywhere. Its images are files of the archive. Only those for which a sheet
has room are read, and the child process decodes each within limits, before a sheet is laid out of what it encoded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.draw.flip_sheet import lay_out, shown_images
from headway.draw.jobs import THUMBNAIL_SIDE, ThumbnailJob
from headway.values.chart import ImageChart
from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from headway.draw.flip_sheet import Sheet
    from headway.draw.renderer import Renderer
    from headway.values.chart import Chart
    from headway.values.flips import Flips
    from headway.values.report import Report

MOST_BYTES = 131_072
"""Bytes of one image: more than its pixels take without compression."""


def is_sheet(chart: Chart) -> bool:
    """Whether a chart is a contact sheet, which has no file of the repository on either side."""
    return isinstance(chart, ImageChart) and chart.base is None and chart.head is None


def flips_by_sheet(report: Report) -> dict[str, Flips]:
    """The flips that name images, by the id of the chart that shows them: the first flips of each chart."""
    charts = {chart.id for chart in report.charts if is_sheet(chart)}
    found: dict[str, Flips] = {}
    for flips in report.flips:
        if flips.sheet in charts and any(flip.image for flip in (*flips.broken, *flips.fixed)):
            found.setdefault(flips.sheet, flips)
    return found


def redraw_sheets(
    report: Report, files: Mapping[str, bytes], renderer: Renderer
) -> tuple[dict[str, Sheet | None], list[Problem]]:
    """Lay out each contact sheet again.

    Returns:
        The sheets by the id of their chart, ``None`` where no image is left, and a footnote for each that lacks some.
    """
    by_sheet = flips_by_sheet(report)
    images = _encode_again({path for flips in by_sheet.values() for path in shown_images(flips)}, files, renderer)
    return {id_: lay_out(flips, images) for id_, flips in by_sheet.items()}, list(_left_out(by_sheet, images))


def _encode_again(paths: set[str], files: Mapping[str, bytes], renderer: Renderer) -> dict[str, bytes]:
    """The images that can be read, as the child process encoded them."""
    submitted = {path: f"thumbnail {path}" for path in sorted(paths) if 0 < len(files.get(path, b"")) <= MOST_BYTES}
    for path, key in submitted.items():
        renderer.submit(key, ThumbnailJob(files[path]))
    results = {path: renderer.result(key) for path, key in submitted.items()}
    return {path: result for path, result in results.items() if isinstance(result, bytes)}


def _left_out(by_sheet: Mapping[str, Flips], images: Mapping[str, bytes]) -> Iterator[Problem]:
    for id_, flips in by_sheet.items():
        wanted = shown_images(flips)
        if number := sum(path not in images for path in wanted):
            limits = f"at most {THUMBNAIL_SIDE} x {THUMBNAIL_SIDE} pixels and {MOST_BYTES:,} bytes"
            why = f"from a fork, the image of an example must be a PNG of {limits}"
            yield Problem(path=id_, what=f"{number:,} of {len(wanted):,} images are left out: {why}")
