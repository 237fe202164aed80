"""Make a fork's report fit to be published by a job that holds secrets.

Only data is kept. Charts are drawn again from their numbers. The fork's own images are decoded, under limits, and
encoded again by the renderer's child process. So are custom templates, which get neither network nor files there, and
of which only the image remains. What cannot be drawn is left out with a footnote: nothing in a report may end the job
that posts it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from headway.draw.flip_sheet import with_only
from headway.draw.queue import ChartQueue, submit_image
from headway.draw.renderer import Renderer
from headway.draw.specification import vega_lite
from headway.draw.theme import THEMES
from headway.publish.forges.connect import connect
from headway.publish.fork.artifact import REPORT, fetch_report
from headway.publish.fork.limits import is_image
from headway.publish.fork.sheets import is_sheet, redraw_sheets
from headway.publish.images.formats import format_of
from headway.report import codec
from headway.values.chart import Chart, ImageChart, VegaChart
from headway.values.problem import Problem
from headway.values.report import IMAGE_ROLES, Include, Report
from headway.values.tables import Originals
from headway.writing import write_files

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from headway.ci.job import Context
    from headway.draw.flip_sheet import Sheet
    from headway.publish.http.options import ClientOptions
    from headway.values.flips import Flips

_DECODED = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""Formats whose decoders are worth their risk; an SVG is a program."""
LIMIT = 15.0
"""Seconds that one image of a fork may take."""
_SIDES = ("base", "head")


class Redrawn(NamedTuple):
    """A report of which every image was made here, and these images by path."""

    report: Report
    images: Mapping[str, bytes]


def fetch_and_sanitize(folder: Path, context: Context, transport: ClientOptions) -> Context:
    """Fetch the report of the run that started this job, and write it and its images into a folder, fit to be posted.

    Gives the context with the pull request, commit and run of the report.

    Raises:
        ForgeError, ReportFileError: see :func:`headway.publish.fork.artifact.fetch_report`; nothing was written.
        WriteError: the folder cannot be written.
    """
    here = replace(context, head_repository=context.repository)  # the run was a fork's, this job is not
    fork = fetch_report(connect(here, transport), context)
    with Renderer(limit=LIMIT) as renderer:
        redrawn = redraw(fork.report, fork.files, renderer)
    write_files(folder, redrawn.images, {REPORT: codec.encode(redrawn.report)}, stale=set())
    return replace(here, pull_request=fork.pull_request, sha=fork.sha, run=fork.run, untrusted=fork.is_fork)


def redraw(report: Report, files: Mapping[str, bytes], renderer: Renderer) -> Redrawn:
    """Make every image of a fork's report again, from its numbers or from the fork's own images in ``files``.

    A custom template becomes an ImageChart: no program remains.
    """
    sheets, problems = redraw_sheets(report, files, renderer)
    collector = ChartCollector(ChartQueue(renderer), files, sheets, problems)
    charts = [chart for chart in report.charts if collector.add_chart(chart)]
    sections = [section for section in report.includes if not is_image(section) or collector.add_section(section)]
    drawn = collector.queue.collect()
    report = msgspec.structs.replace(
        report,
        charts=tuple(map(_without_program, drawn.charts(stop=len(charts)))),
        includes=tuple(_with_images(sections, drawn.charts(len(charts)))),
        flips=tuple(_without_images(flips, {chart.id for chart in charts}) for flips in report.flips),
        problems=(*report.problems, *collector.problems, *drawn.undrawn),
    )
    named = {getattr(item, role, None) for item in (*report.charts, *report.includes) for role in IMAGE_ROLES}
    return Redrawn(report, {path: content for path, content in drawn.images.items() if path in named})


@dataclass
class ChartCollector:
    """Submits what can be drawn, and keeps a footnote for everything else; an ``add`` says whether it was submitted."""

    queue: ChartQueue
    files: Mapping[str, bytes]
    sheets: Mapping[str, Sheet | None]
    problems: list[Problem]

    def add_chart(self, chart: Chart) -> bool:
        """Submit a chart, to be drawn from its numbers or its images."""
        if isinstance(chart, ImageChart):
            return self._add_sheet(chart) if is_sheet(chart) else self._add_images(chart.id, chart)
        try:
            for theme in THEMES:
                msgspec.msgpack.encode(vega_lite(chart, theme))  # as the renderer sends it to its child
        except Exception as error:  # noqa: BLE001 - no number that a stranger made up may end this job
            return self._leave_out(chart.id, f"its chart cannot be drawn ({type(error).__name__})")
        self.queue.submit(chart)
        return True

    def add_section(self, section: Include) -> bool:
        """Submit an image section."""
        return self._add_images(section.path, section)

    def _add_sheet(self, chart: ImageChart) -> bool:
        """Submit a contact sheet of examples; one of which no image is left has its footnote already."""
        if chart.id not in self.sheets:
            return self._leave_out(chart.id, "the fork made its image; Headway shows only images that it made itself")
        if sheet := self.sheets[chart.id]:
            fresh = ImageChart(id=chart.id, title=chart.title, alt=sheet.alt, base=None, head=None)
            self.queue.submit(fresh, jobs={"image": sheet.jobs})  # the fork's other roles would name files of this job
        return sheet is not None

    def _add_images(self, id_: str, holder: ImageChart | Include) -> bool:
        paths = {side: path for side in _SIDES if (path := getattr(holder, side)) is not None}
        if why := next(filter(None, map(self._why_not_decoded, paths.values())), ""):
            return self._leave_out(id_, why)
        contents = {side: self.files[path] for side, path in paths.items()}
        originals = Originals(base=contents.get("base"), head=contents.get("head"))
        submit_image(self.queue, id_, holder.title, originals, titled=isinstance(holder, ImageChart))
        return True

    def _why_not_decoded(self, path: str) -> str:
        if path not in self.files:
            return "the archive does not hold its image"
        form = format_of(self.files[path])
        if form is None or form.media_type not in _DECODED:
            return "its image is left out: from a fork, Headway shows only PNG, JPEG, GIF and WebP"
        return ""

    def _leave_out(self, id_: str, why: str) -> bool:
        self.problems.append(Problem(path=id_, what=why))
        return False


def _without_program(chart: Chart) -> Chart:
    """A chart whose only images are those made here: the fork's own bytes and programs are left behind."""
    if isinstance(chart, VegaChart):
        kept = {name: getattr(chart, name) for name in ("id", "title", "alt", "image", "image_dark", "width")}
        return ImageChart(**kept, base=None, head=chart.image)
    if isinstance(chart, ImageChart):
        return msgspec.structs.replace(chart, **_sides(chart))
    return chart


def _without_images(flips: Flips, charts: Collection[str]) -> Flips:
    """Flips that name no image of the fork, and no sheet that is left out."""
    sheet = flips.sheet if flips.sheet in charts else ""
    return msgspec.structs.replace(with_only(flips, ()), sheet=sheet)


def _sides(chart: ImageChart) -> dict[str, str | None]:
    """The images made here of base and head, in place of the fork's files; equal where those were."""
    if is_sheet(chart):
        return {}
    if chart.before or chart.base == chart.head:
        return {"base": chart.before or chart.image, "head": chart.image}
    return {"base": chart.base and chart.image, "head": chart.head and chart.image}


def _with_images(sections: Sequence[Include], drawn: Sequence[Chart]) -> Iterator[Include]:
    """The sections, each with the images that were drawn for it, in order; one without any is left out."""
    left = iter(drawn)
    for section in sections:
        if not is_image(section):
            yield section
        elif isinstance(chart := next(left), ImageChart) and chart.image is not None:
            images = {name: getattr(chart, name) for name in (*IMAGE_ROLES, "width")}
            yield msgspec.structs.replace(section, **images | _sides(chart))
