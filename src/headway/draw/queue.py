"""The queue of charts to render: submitted at once, their images collected at the end."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from headway.draw.curve_metrics import quoting_metric
from headway.draw.input_keys import input_keys
from headway.draw.jobs import DifferenceJob, ImageJob, VegaJob
from headway.draw.specification import vega_lite
from headway.draw.theme import SCALE, THEMES
from headway.values.chart import ImageChart, LineChart, VegaChart
from headway.values.problem import Problem
from headway.values.report import IMAGE_FOLDER, SHOWN_IMAGES
from headway.values.tables import Originals

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from headway.draw.jobs import Job
    from headway.draw.plots.messages import Reduced
    from headway.draw.renderer import Renderer
    from headway.draw.theme import ThemeName
    from headway.values.chart import Chart
    from headway.values.comparison import Metric, PlotPair
    from headway.values.revision import Side

    _Contents = Mapping[str, bytes | Problem | None]
    _Jobs = Mapping[str, Mapping[ThemeName, Job]]
    """The jobs that draw each image of a chart in each theme, by the field that names it on a light page."""

_NO_ORIGINALS = Originals(base=None, head=None)
_ROLES = {(light, theme): role for light, dark in SHOWN_IMAGES for theme, role in (("light", light), ("dark", dark))}
"""The field that names an image in a theme."""


class _Submitted(NamedTuple):
    """A chart whose images are being drawn, and their names in the renderer by the fields that name them."""

    chart: Chart
    originals: Originals
    names: dict[str, str]


@dataclass
class _Slot:
    """What became of one submission: its charts, and what was left out."""

    number: int
    charts: list[_Submitted] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


class Collected(NamedTuple):
    """What was drawn.

    Attributes:
        slots: the charts of each submission, with the paths of their images.
        images: the images by path.
        left_out: what is wrong with the plots that were read.
        undrawn: a problem for each image that failed.
        inputs: the paths of the images by the keys of their inputs; empty unless those drawn before are looked for.
    """

    slots: tuple[tuple[Chart, ...], ...]
    images: dict[str, bytes]
    left_out: tuple[Problem, ...]
    undrawn: tuple[Problem, ...]
    inputs: dict[str, str]

    def charts(self, start: int = 0, stop: int | None = None) -> tuple[Chart, ...]:
        """The charts of all submissions, or of a range of them."""
        return tuple(chart for slot in self.slots[start:stop] for chart in slot)


@dataclass
class ChartQueue:
    """Submits charts to a started renderer and collects their images.

    Attributes:
        renderer: draws what was not drawn before.
        metrics: a curve quotes the one of them that measures the area under it.
        find: gives the image that was drawn from the input of a key, if there is one; without it, all are drawn.
    """

    renderer: Renderer
    metrics: Sequence[Metric] = ()
    find: Callable[[str], bytes | None] | None = None
    _slots: list[_Slot] = field(default_factory=list)
    _found: dict[str, bytes] = field(default_factory=dict)
    _keys: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._slots)

    def submit(self, chart: Chart, originals: Originals = _NO_ORIGINALS, jobs: _Jobs | None = None) -> None:
        """Start to draw a chart in both themes, if that was not done before: by its ``jobs``, or else as a program.

        ``originals`` are the files of which an image plot is made.
        """
        self._draw(self._slot(), chart, originals, jobs)

    def submit_plot(self, pair: PlotPair, base: _Contents, head: _Contents) -> None:
        """Start to read, reduce and draw a table plot of both sides, whose files have these contents by path."""
        self.renderer.reduce(pair, base, head, partial(self._reduced, self._slot(), pair.id))

    def note(self, problem: Problem) -> None:
        """Add a problem among those of the plots."""
        self._slot().problems.append(problem)

    def _slot(self) -> _Slot:
        self._slots.append(_Slot(len(self._slots)))
        return self._slots[-1]

    def _reduced(self, slot: _Slot, id_: str, reduced: Reduced) -> None:
        if reduced.reason:
            slot.problems.append(Problem(path=id_, what=f"its data could not be read: {reduced.reason}"))
        slot.problems.extend(reduced.problems)
        for chart in reduced.charts:
            self._draw(slot, quoting_metric(chart, self.metrics) if isinstance(chart, LineChart) else chart)
        for image in reduced.images:
            originals = Originals(base=image.base, head=image.head)
            self._draw(slot, _image_chart(image.id, image.title, originals), originals, _jobs(image.title, originals))

    def _draw(self, slot: _Slot, chart: Chart, originals: Originals = _NO_ORIGINALS, jobs: _Jobs | None = None) -> None:
        names: dict[str, str] = {}
        for job, roles in _orders(chart, jobs):
            own = {role: f"{slot.number}-{len(slot.charts)}-{role}" for role in roles}
            names |= own
            light, *dark = own.values()
            if isinstance(chart, VegaChart) or not self._find((light, *dark), job):
                self.renderer.submit(light, job, dark_key=dark[0] if dark else None)
        slot.charts.append(_Submitted(chart, originals, names))

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

    def collect(self) -> Collected:
        """Wait for the images."""
        results = {**self.renderer.results(), **self._found}
        left_out = tuple(dict.fromkeys(problem for slot in self._slots for problem in slot.problems))
        collected = Collected((), {}, left_out, (), {})
        slots = tuple(tuple(self._collect(each, results, collected) for each in slot.charts) for slot in self._slots)
        failed = (problem for slot in self._slots for each in slot.charts for problem in _failures(each, results))
        return collected._replace(slots=slots, undrawn=tuple(failed))

    def _collect(self, submitted: _Submitted, results: Mapping[str, bytes | str], collected: Collected) -> Chart:
        """A chart with the paths of its images, which are added to those that are collected."""
        chart, originals, names = submitted
        replies = {role: results[name] for role, name in names.items()}
        drawn = _without_gap({role: reply for role, reply in replies.items() if isinstance(reply, bytes)})
        files = _files(chart.id, drawn, originals)
        collected.images.update(files.values())
        for role in (role for role, image in drawn.items() if image is replies.get(role)):
            if key := self._keys.get(names[role]):
                collected.inputs[key] = files[role][0]
        named = {role: path for role, (path, _) in files.items()}
        return msgspec.structs.replace(chart, width=_width(drawn), **named)


def _failures(submitted: _Submitted, results: Mapping[str, bytes | str]) -> tuple[Problem, ...]:
    replies = {results[name] for name in submitted.names.values()}
    reasons = sorted(reply for reply in replies if reply and isinstance(reply, str))
    what = f"its image could not be drawn: {'; '.join(reasons)}"
    return (Problem(path=submitted.chart.id, what=what),) if reasons else ()


def _orders(chart: Chart, jobs: _Jobs | None) -> list[tuple[Job, tuple[str, ...]]]:
    """The jobs of a chart, each with the fields that name its images: one program gives both of a built-in chart."""
    if jobs is None and not isinstance(chart, VegaChart):
        program = vega_lite(chart, "light")
        datasets = program.pop("datasets")
        return [(VegaJob(spec=program, datasets=datasets), ("image", "image_dark"))]
    jobs = jobs or {"image": {theme: VegaJob(spec=vega_lite(chart, theme)) for theme in THEMES}}
    return [(job, (_ROLES[image, theme],)) for image, by_theme in jobs.items() for theme, job in by_theme.items()]


def submit_image(queue: ChartQueue, id_: str, title: str, originals: Originals, *, titled: bool = True) -> None:
    """Submit an image of the repository: each side, and where they differ; ``titled`` ones show their title."""
    queue.submit(_image_chart(id_, title, originals), originals, _jobs(title if titled else None, originals))


def _image_chart(id_: str, title: str, originals: Originals) -> ImageChart:
    return ImageChart(id=id_, title=title, alt=f"{title}: {_compared(originals)}", base=None, head=None)


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
