"""A stranger's report made fit to be published by a job that holds secrets.

Only data is taken over. Charts are drawn anew from their numbers; the pictures of the stranger's own are decoded, under
caps, and encoded anew by the renderer's child process; so are custom templates, which get neither network nor files
there, and of which only the picture remains. What is too large, or fails, is left out with a footnote: nothing in a
report may end the job that posts it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from headway.draw.queue import ChartQueue, submit_image
from headway.draw.renderer import Renderer
from headway.draw.specification import specification
from headway.draw.theme import THEMES
from headway.publish.forges.connect import connect
from headway.publish.fork.artifact import REPORT, fetch_report
from headway.publish.fork.limits import is_picture, within_caps
from headway.publish.images.formats import format_of
from headway.report import codec
from headway.values.chart import Chart, ImageChart, VegaChart
from headway.values.problem import Problem
from headway.values.report import PICTURE_ROLES, Include, Report
from headway.values.tables import Originals
from headway.writing import write_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from headway.ci.job import Context
    from headway.publish.http.options import ClientOptions

_DECODED = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""Formats whose decoders are worth their risk; an SVG is a program."""
LIMIT = 15.0
"""Seconds that one picture of a stranger may take."""
_SIDES = ("base", "head")


class Redrawn(NamedTuple):
    """A report of which every picture was made here, and these pictures by path."""

    report: Report
    pictures: Mapping[str, bytes]


def receive(folder: Path, context: Context, transport: ClientOptions) -> Context:
    """Fetch the report of the run that started this job, and write it into a folder, fit to be posted.

    Args:
        folder: gets report.json and its pictures; made where it does not exist.
        context: read in a job that ``workflow_run`` started.
        transport: time-outs, clock.

    Returns:
        The context with the pull request, commit and run of the report.

    Raises:
        ForgeError, ReportFileError: see :func:`headway.publish.fork.artifact.fetch_report`; nothing was written.
        WriteError: the folder cannot be written.
    """
    here = replace(context, head_repository="")  # the run was a fork's, but this job is the repository's own
    fork = fetch_report(connect(here, transport), context)
    with Renderer(limit=LIMIT) as renderer:
        redrawn = redraw(fork.report, fork.files, renderer)
    write_files(folder, redrawn.pictures, {REPORT: codec.encode(redrawn.report)}, stale=set())
    return replace(here, pull_request=fork.pull_request, sha=fork.sha, run=fork.run)


def redraw(report: Report, files: Mapping[str, bytes], renderer: Renderer) -> Redrawn:
    """Make every picture of a stranger's report anew.

    Args:
        report: valid by its schema.
        files: the stranger's own pictures, by the path that the report has.
        renderer: a started one, without other work.

    Returns:
        The report with what could be drawn. A custom template is an ImageChart in it: no program remains.
    """
    report, problems = within_caps(report)
    wall = _Wall(ChartQueue(renderer), files, list(problems))
    charts = [chart for chart in report.charts if wall.hang_chart(chart)]
    sections = [
        section
        for section in report.includes
        if not is_picture(section) or wall.hang_pictures(section, section.path, each_side=True)
    ]
    drawn, pictures, undrawn = wall.queue.collect()
    report = msgspec.structs.replace(
        report,
        charts=tuple(map(_without_program, drawn[: len(charts)])),
        includes=tuple(_with_pictures(sections, drawn[len(charts) :])),
        problems=(*report.problems, *wall.problems, *undrawn),
    )
    named = {getattr(item, role, None) for item in (*report.charts, *report.includes) for role in PICTURE_ROLES}
    return Redrawn(report, {path: content for path, content in pictures.items() if path in named})


class _Wall:
    """Hangs what can be hung, and keeps a footnote for everything else."""

    def __init__(self, queue: ChartQueue, files: Mapping[str, bytes], problems: list[Problem]) -> None:
        self.queue = queue
        self.problems = problems
        self._files = files

    def hang_chart(self, chart: Chart) -> bool:
        """Hang a chart; false where it is left out."""
        if isinstance(chart, ImageChart):
            return self.hang_pictures(chart, chart.id, each_side=False)
        try:
            for theme in THEMES:
                msgspec.msgpack.encode(specification(chart, theme))  # as the renderer sends it to its child
        except Exception as error:  # noqa: BLE001 - no number that a stranger made up may end this job
            return self._leave_out(chart.id, f"its chart cannot be drawn ({type(error).__name__})")
        self.queue.submit(chart)
        return True

    def hang_pictures(self, holder: ImageChart | Include, id_: str, *, each_side: bool) -> bool:
        """Hang both sides in one picture, and each alone where that is asked for; false where they are left out."""
        paths = {side: path for side in _SIDES if (path := getattr(holder, side)) is not None}
        unshown = "" if paths else "its picture was made by the fork; only pictures made here are shown"
        if why := next(filter(None, map(self._unfit, paths.values())), unshown):
            return self._leave_out(id_, why)
        contents = {side: self._files[path] for side, path in paths.items()}
        for shown in (contents, *({side: content} for side, content in contents.items() if each_side)):
            originals = Originals(base=shown.get("base"), head=shown.get("head"))
            submit_image(self.queue, id_, holder.title, originals)
        return True

    def _unfit(self, path: str) -> str:
        """Why a picture is not decoded; empty for one that is."""
        if path not in self._files:
            return "its picture is not in the archive"
        form = format_of(self._files[path])
        if form is None or form.media_type not in _DECODED:
            return "its picture is left out: from a fork only PNG, JPEG, GIF and WebP are shown"
        return ""

    def _leave_out(self, id_: str, why: str) -> bool:
        self.problems.append(Problem(path=id_, what=why))
        return False


def _without_program(chart: Chart) -> Chart:
    """A chart whose only pictures are those made here: the stranger's own bytes and programs are left behind."""
    if isinstance(chart, ImageChart | VegaChart):
        kept = {name: getattr(chart, name) for name in ("id", "title", "alt", "image", "image_dark")}
        return ImageChart(**kept, base=None, head=None)
    return chart


def _with_pictures(sections: Sequence[Include], drawn: Sequence[Chart]) -> Iterator[Include]:
    """The sections, each with the pictures that were hung for it, in order; without any, it is left out."""
    left = iter(drawn)
    for section in sections:
        if not is_picture(section):
            yield section
            continue
        both = next(left)
        sides = {side: next(left).image for side in _SIDES if getattr(section, side) is not None}
        if both.image is not None and None not in sides.values():
            yield msgspec.structs.replace(section, image=both.image, image_dark=both.image_dark, **sides)
