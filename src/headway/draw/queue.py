"""The queue of charts to render: plots are read, reduced and submitted at once, their images collected at the end."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import msgspec

from headway.compare.plots import drawn_apart
from headway.draw.input_keys import input_keys
from headway.draw.jobs import DifferenceJob, ImageJob, VegaJob
from headway.draw.plot_sides import read_sides
from headway.draw.reduction import draw_chart
from headway.draw.reduction.curve_metrics import quoting_metric
from headway.draw.specification import vega_lite
from headway.draw.theme import SCALE, THEMES
from headway.values.chart import ConfusionChart, ImageChart, LineChart, VegaChart
from headway.values.problem import Problem
from headway.values.report import IMAGE_FOLDER, SHOWN_IMAGES
from headway.values.tables import Originals

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from headway.draw.jobs import Job
    from headway.draw.renderer import Renderer
    from headway.draw.theme import ThemeName
    from headway.gather import RevisionReader
    from headway.values.chart import Chart
    from headway.values.comparison import Metric, PlotPair
    from headway.values.revision import Side
    from headway.values.snapshot import PlotDefinition

    _Jobs = Mapping[str, Mapping[ThemeName, Job]]
    """The jobs that draw each image of a chart in each theme, by the field that names it on a light page."""

IMAGE_LIMIT = 20 * 1024 * 1024
"""Bytes of an image that are read at most."""
_NO_ORIGINALS = Originals(base=None, head=None)
_ROLES = {(light, theme): role for light, dark in SHOWN_IMAGES for theme, role in (("light", light), ("dark", dark))}
"""The field that names an image in a theme."""


@dataclass
class ChartQueue:
    """Submits charts to a started renderer and collects their images.

    Attributes:
        renderer: draws what was not drawn before.
        find: gives the image that was drawn from the input of a key, if there is one; without it, all are drawn.
        paths: after ``collect``, the paths of the images by the keys of their inputs, if there is a ``find``.
    """

    renderer: Renderer
    find: Callable[[str], bytes | None] | None = None
    paths: dict[str, str] = field(default_factory=dict)
    _submitted: list[tuple[Chart, Originals, tuple[str, ...]]] = field(default_factory=list)
    _found: dict[str, bytes] = field(default_factory=dict)
    _keys: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._submitted)

    def submit(self, chart: Chart, originals: Originals = _NO_ORIGINALS, jobs: _Jobs | None = None) -> None:
        """Start to draw a chart in both themes, if that was not done before: by its ``jobs``, or else as a program.

        ``originals`` are the files of which an image plot is made.
        """
        number = len(self)
        orders = _orders(chart, jobs)
        for job, roles in orders:
            names = tuple(f"{number}-{role}" for role in roles)
            if isinstance(chart, VegaChart) or not self._find(names, job):
                self.renderer.submit(names[0], job, dark_key=names[1] if len(names) > 1 else None)
        self._submitted.append((chart, originals, tuple(role for _, roles in orders for role in roles)))

    def _find(self, names: Sequence[str], job: Job) -> bool:
        """Whether all images of a job were drawn before; if not, all are drawn."""
        if self.find is None:
            return False
        keys = input_keys(job, names)
        found = {name: image for name, key in keys.items() if (image := self.find(key)) is not None}
        self._keys.update(keys)
        if len(found) < len(names):
            return False
        self._found.update(found)
        return True

    def collect(self) -> tuple[tuple[Chart, ...], dict[str, bytes], tuple[Problem, ...]]:
        """Wait for the images.

        Returns:
            The charts with the paths of their images, the images by path, and a problem for each that failed.
        """
        results = {**self.renderer.results(), **self._found}
        images: dict[str, bytes] = {}
        charts: list[Chart] = []
        problems: list[Problem] = []
        for number, (chart, originals, roles) in enumerate(self._submitted):
            replies = {role: results[f"{number}-{role}"] for role in roles}
            drawn = _without_gap({role: reply for role, reply in replies.items() if isinstance(reply, bytes)})
            files = _files(chart.id, drawn, originals)
            images.update(files.values())
            for role in (role for role, image in drawn.items() if image is replies.get(role)):
                if key := self._keys.get(f"{number}-{role}"):
                    self.paths[key] = files[role][0]
            named = {role: path for role, (path, _) in files.items()}
            charts.append(msgspec.structs.replace(chart, width=_width(drawn), **named))
            if reasons := sorted({reply for reply in replies.values() if reply and isinstance(reply, str)}):
                what = f"its image could not be drawn: {'; '.join(reasons)}"
                problems.append(Problem(path=chart.id, what=what))
        return tuple(charts), images, tuple(problems)


def _orders(chart: Chart, jobs: _Jobs | None) -> list[tuple[Job, tuple[str, ...]]]:
    """The jobs of a chart, each with the fields that name its images: one program gives both of a built-in chart."""
    if jobs is None and not isinstance(chart, VegaChart):
        program = vega_lite(chart, "light")
        datasets = program.pop("datasets")
        return [(VegaJob(spec=program, datasets=datasets), ("image", "image_dark"))]
    jobs = jobs or {"image": {theme: VegaJob(spec=vega_lite(chart, theme)) for theme in THEMES}}
    return [(job, (_ROLES[image, theme],)) for image, by_theme in jobs.items() for theme, job in by_theme.items()]


def submit_plot(
    queue: ChartQueue, pair: PlotPair, base: RevisionReader, head: RevisionReader, metrics: Sequence[Metric] = ()
) -> tuple[Problem, ...]:
    """Read, reduce and submit one plot; whatever is wrong with it costs a footnote, never the report.

    A curve quotes the one of ``metrics`` that measures the area under it.
    """
    if all(side.form == "image" for side in (pair.base, pair.head) if side):
        return _submit_images(queue, pair, base, head)
    sides = read_sides(pair, base, head)
    if isinstance(sides, Problem):
        return (
            sides,
            *(found for side in drawn_apart(pair) for found in submit_plot(queue, side, base, head, metrics)),
        )
    sources = (
        source and replace(source, threshold=threshold)
        for source, threshold in zip((sides.base, sides.head), pair.thresholds, strict=True)
    )
    chart, problems = draw_chart(pair.id, *sources)
    if isinstance(chart, ConfusionChart):
        chart = msgspec.structs.replace(chart, judged=pair.judged)
    if chart is not None:
        queue.submit(quoting_metric(chart, metrics) if isinstance(chart, LineChart) else chart)
    return (*sides.problems, *problems)


def submit_image(queue: ChartQueue, id_: str, title: str, originals: Originals, *, titled: bool = True) -> None:
    """Submit an image of the repository: each side, and where they differ; ``titled`` ones show their title."""
    chart = ImageChart(id=id_, title=title, alt=f"{title}: {_compared(originals)}", base=None, head=None)
    queue.submit(chart, originals, _jobs(title if titled else None, originals))


def _jobs(title: str | None, originals: Originals) -> _Jobs:
    base, head = originals.base, originals.head
    if base is not None and head is not None and base != head:
        return {
            "before": _image_jobs(base, "base", "base", title),
            "image": _image_jobs(head, "head", "head", title and ""),
            "difference": {theme: DifferenceJob(base=base, head=head, theme=theme) for theme in THEMES},
        }
    side: Side | None = None if base == head else "base" if head is None else "head"
    return {"image": _image_jobs((base if head is None else head) or b"", side, _compared(originals), title)}


def _image_jobs(content: bytes, side: Side | None, caption: str, title: str | None) -> dict[ThemeName, ImageJob]:
    return {theme: ImageJob(content=content, side=side, caption=caption, title=title, theme=theme) for theme in THEMES}


def _submit_images(
    queue: ChartQueue, pair: PlotPair, base: RevisionReader, head: RevisionReader
) -> tuple[Problem, ...]:
    results = [_image(pair.base, base), _image(pair.head, head)]
    old, new = (None if isinstance(result, Problem) else result for result in results)
    if old is not None or new is not None:
        title = next((plot.title for plot in (pair.head, pair.base) if plot and plot.title), "")
        title = title or next(plot.heading for plot in (pair.head, pair.base) if plot)
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
    return "the same image on both sides" if originals.base == originals.head else "base and head differ"


def _without_gap(drawn: dict[str, bytes]) -> dict[str, bytes]:
    """Base's image in place of head's, where that could not be drawn."""
    if "image" in drawn:
        return drawn
    return {role.replace("before", "image"): image for role, image in drawn.items()}


def _files(id_: str, drawn: Mapping[str, bytes], originals: Originals) -> dict[str, tuple[str, bytes]]:
    """Each file of a chart by the field that names it, with its path and bytes."""
    endings = {role: "-dark.png" if role.endswith("_dark") else ".png" for role in drawn}
    files = {role: (_path(id_, image, endings[role]), image) for role, image in drawn.items()}
    # No side in the name: the same image on both sides is one file, and equal names say so.
    ending = f"-original{PurePosixPath(id_).suffix.lower()}"
    sides = (("base", originals.base), ("head", originals.head))
    return files | {side: (_path(id_, each, ending), each) for side, each in sides if each is not None}


def _width(drawn: Mapping[str, bytes]) -> int | None:
    """The width of an image in points, from the header of a PNG."""
    return next((int.from_bytes(image[16:20], "big") // SCALE for image in drawn.values()), None)


def _path(id_: str, content: bytes, ending: str) -> str:
    """Name a file by its chart and its content's hash, so that a stale copy is never shown in its place."""
    slug = re.sub(r"[^a-z0-9]+", "-", PurePosixPath(id_.lower()).with_suffix("").as_posix()).strip("-")[:60] or "chart"
    return f"{IMAGE_FOLDER}/{slug}-{hashlib.sha256(content).hexdigest()[:8]}{ending}"
