"""The queue of charts to render: plots are read, reduced and submitted at once, their images collected at the end."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import msgspec

from headway.compare.plots import drawn_apart
from headway.draw.jobs import ImagePairJob, VegaJob
from headway.draw.plot_sides import read_sides
from headway.draw.reduction import draw_chart
from headway.draw.specification import vega_lite
from headway.draw.theme import SCALE, THEMES
from headway.values.chart import ConfusionChart, ImageChart
from headway.values.problem import Problem
from headway.values.report import IMAGE_FOLDER, IMAGE_ROLES
from headway.values.tables import Originals

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from headway.draw.jobs import SheetJob
    from headway.draw.renderer import Renderer
    from headway.draw.theme import ThemeName
    from headway.gather import RevisionReader
    from headway.values.chart import Chart
    from headway.values.comparison import PlotPair
    from headway.values.snapshot import PlotDefinition

IMAGE_LIMIT = 20 * 1024 * 1024
"""Bytes of an image that are read at most."""
_NO_ORIGINALS = Originals(base=None, head=None)


@dataclass
class ChartQueue:
    """Submits charts to a started renderer and collects their images."""

    renderer: Renderer
    _submitted: list[tuple[Chart, Originals]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self._submitted)

    def submit(
        self,
        chart: Chart,
        originals: Originals = _NO_ORIGINALS,
        jobs: Mapping[ThemeName, ImagePairJob | SheetJob] | None = None,
    ) -> None:
        """Start to draw a chart in both themes: by its ``jobs``, or else as a Vega-Lite program.

        ``originals`` are the files of which an image plot is made.
        """
        for theme in THEMES:
            job = jobs[theme] if jobs else VegaJob(spec=vega_lite(chart, theme))
            self.renderer.submit(f"{len(self)}-{theme}", job)
        self._submitted.append((chart, originals))

    def collect(self) -> tuple[tuple[Chart, ...], dict[str, bytes], tuple[Problem, ...]]:
        """Wait for the images.

        Returns:
            The charts with the paths of their images, the images by path, and a problem for each that failed.
        """
        results = self.renderer.results()
        images: dict[str, bytes] = {}
        charts: list[Chart] = []
        problems: list[Problem] = []
        for number, (chart, originals) in enumerate(self._submitted):
            drawn = [results[f"{number}-{theme}"] for theme in THEMES]
            files = _files(chart.id, drawn, originals)
            images.update(files.values())
            paths = {role: path for role, (path, _) in files.items()}
            roles = IMAGE_ROLES if isinstance(chart, ImageChart) else IMAGE_ROLES[:2]
            named = {role: paths.get(role) for role in roles}
            charts.append(msgspec.structs.replace(chart, width=_width(drawn), **named))
            if reasons := sorted({reason for reason in drawn if isinstance(reason, str)}):
                what = f"its image could not be drawn: {'; '.join(reasons)}"
                problems.append(Problem(path=chart.id, what=what))
        return tuple(charts), images, tuple(problems)


def submit_plot(queue: ChartQueue, pair: PlotPair, base: RevisionReader, head: RevisionReader) -> tuple[Problem, ...]:
    """Read, reduce and submit one plot; whatever is wrong with it costs a footnote, never the report."""
    if all(side.form == "image" for side in (pair.base, pair.head) if side):
        return _submit_images(queue, pair, base, head)
    sides = read_sides(pair, base, head)
    if isinstance(sides, Problem):
        return (sides, *(found for side in drawn_apart(pair) for found in submit_plot(queue, side, base, head)))
    chart, problems = draw_chart(pair.id, sides.base, sides.head)
    if isinstance(chart, ConfusionChart):
        chart = msgspec.structs.replace(chart, judged=pair.judged)
    if chart is not None:
        queue.submit(chart)
    return (*sides.problems, *problems)


def submit_image(queue: ChartQueue, id_: str, title: str, originals: Originals) -> None:
    """Submit an image of the repository, base and head side by side."""
    chart = ImageChart(id=id_, title=title, alt=f"{title}: {_compared(originals)}", base=None, head=None)
    jobs = {theme: ImagePairJob(base=originals.base, head=originals.head, theme=theme) for theme in THEMES}
    queue.submit(chart, originals, jobs)


def _submit_images(
    queue: ChartQueue, pair: PlotPair, base: RevisionReader, head: RevisionReader
) -> tuple[Problem, ...]:
    results = [_image(pair.base, base), _image(pair.head, head)]
    old, new = (None if isinstance(result, Problem) else result for result in results)
    if old is not None or new is not None:
        title = next((plot.title for plot in (pair.head, pair.base) if plot and plot.title), pair.id)
        submit_image(queue, pair.id, title, Originals(base=old, head=new))
    return tuple(result for result in results if isinstance(result, Problem))


def _image(definition: PlotDefinition | None, view: RevisionReader) -> bytes | Problem | None:
    if definition is None:
        return None
    path = definition.files[0]
    content = view.read(path, IMAGE_LIMIT)
    return Problem(path=path, side=view.side, what="the image does not exist") if content is None else content


def _compared(originals: Originals) -> str:
    if originals.base is None:
        return "only head has this image"
    if originals.head is None:
        return "only base has this image"
    return "the same image on both sides" if originals.base == originals.head else "base and head side by side"


def _files(id_: str, drawn: Sequence[bytes | str], originals: Originals) -> dict[str, tuple[str, bytes]]:
    """Each file of a chart by the field that names it, with its path and bytes."""
    original = f"-original{PurePosixPath(id_).suffix.lower()}"
    # No side in the name: the same image on both sides is one file, and equal names say so.
    contents = (*drawn, originals.base, originals.head)
    endings = (".png", "-dark.png", original, original)
    return {
        role: (_path(id_, content, ending), content)
        for role, content, ending in zip(IMAGE_ROLES, contents, endings, strict=True)
        if isinstance(content, bytes)
    }


def _width(drawn: Sequence[bytes | str]) -> int | None:
    """The width of an image in points, from the header of a PNG."""
    return next((int.from_bytes(image[16:20], "big") // SCALE for image in drawn if isinstance(image, bytes)), None)


def _path(id_: str, content: bytes, ending: str) -> str:
    """Name a file by its chart and its content's hash, so that a stale copy is never shown in its place."""
    slug = re.sub(r"[^a-z0-9]+", "-", PurePosixPath(id_.lower()).with_suffix("").as_posix()).strip("-")[:60] or "chart"
    return f"{IMAGE_FOLDER}/{slug}-{hashlib.sha256(content).hexdigest()[:8]}{ending}"
