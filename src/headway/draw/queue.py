"""Plots on their way to pictures: read, reduced, submitted at once, and collected when all the rest is done."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

import msgspec

from headway.draw.jobs import PicturesJob, VegaJob
from headway.draw.reduction import draw_chart
from headway.draw.specification import specification
from headway.values.chart import ImageChart
from headway.values.problem import Problem
from headway.values.report import PICTURE_FOLDER, PICTURE_ROLES
from headway.values.tables import Originals

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from headway.draw.jobs import Job
    from headway.draw.renderer import Renderer
    from headway.gather import View
    from headway.values.chart import Chart
    from headway.values.comparison import PlotPair
    from headway.values.snapshot import PlotDefinition
    from headway.values.tables import PlotSource

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, Theme] = ("light", "dark")
CAPTIONS = ("base", "head")
IMAGE_LIMIT = 20 * 1024 * 1024
"""Bytes of a picture that are read at the most."""


@dataclass
class Gallery:
    """Hangs charts and has their pictures drawn.

    Args:
        renderer: a started renderer.
    """

    renderer: Renderer
    _hung: list[tuple[Chart, Originals | None]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self._hung)

    def hang(self, chart: Chart, originals: Originals | None = None, jobs: Mapping[Theme, Job] | None = None) -> None:
        """Take a chart and start to draw it in both themes.

        Args:
            chart: what is hung.
            originals: the pictures of which an image plot is made.
            jobs: how to draw what is made neither of numbers nor of originals.
        """
        for theme in THEMES:
            job = jobs[theme] if jobs else self._job(chart, originals, theme)
            self.renderer.submit(f"{len(self._hung)}-{theme}", job)
        self._hung.append((chart, originals))

    def _job(self, chart: Chart, originals: Originals | None, theme: Theme) -> Job:
        if originals is None:
            return VegaJob(spec=specification(chart, theme))
        return PicturesJob(base=originals.base, head=originals.head, theme=theme, captions=CAPTIONS)

    def collect(self) -> tuple[tuple[Chart, ...], dict[str, bytes], tuple[Problem, ...]]:
        """Wait for the pictures.

        Returns:
            The charts with the names of their pictures, the pictures by path, and a problem for each that failed.
        """
        results = self.renderer.results()
        pictures: dict[str, bytes] = {}
        charts: list[Chart] = []
        problems: list[Problem] = []
        for number, (chart, originals) in enumerate(self._hung):
            drawn = {theme: results[f"{number}-{theme}"] for theme in THEMES}
            files = dict(_named(chart.id, drawn, originals))
            pictures.update(files.values())
            charts.append(_with_names(chart, {role: name for role, (name, _) in files.items()}))
            problems.extend(_failure(chart.id, drawn))
        return tuple(charts), pictures, tuple(problems)


def hang_plot(gallery: Gallery, pair: PlotPair, base: View, head: View) -> tuple[Problem, ...]:
    """Read, reduce and draw one plot; whatever is wrong with it costs its own footnote, never the report."""
    definition = pair.head or pair.base
    if definition is not None and definition.form == "image":
        return _hang_images(gallery, pair, base, head)
    old, old_problems = _source(pair.base, base)
    new, new_problems = _source(pair.head, head)
    chart, problems = draw_chart(pair.id, old, new)
    if chart is not None:
        gallery.hang(chart)
    return (*old_problems, *new_problems, *problems)


def hang_image(gallery: Gallery, id_: str, title: str, originals: Originals) -> None:
    """Draw a picture of the repository's own, base and head side by side."""
    chart = ImageChart(id=id_, title=title, alt=f"{title}: {_compared(originals)}", base=None, head=None)
    gallery.hang(chart, originals)


def _source(definition: PlotDefinition | None, view: View) -> tuple[PlotSource | None, tuple[Problem, ...]]:
    return (None, ()) if definition is None else view.tables(definition)


def _hang_images(gallery: Gallery, pair: PlotPair, base: View, head: View) -> tuple[Problem, ...]:
    results = [_image(pair.base, base), _image(pair.head, head)]
    old, new = (None if isinstance(result, Problem) else result for result in results)
    if old is not None or new is not None:
        title = next((plot.title for plot in (pair.head, pair.base) if plot and plot.title), pair.id)
        hang_image(gallery, pair.id, title, Originals(base=old, head=new))
    return tuple(result for result in results if isinstance(result, Problem))


def _image(definition: PlotDefinition | None, view: View) -> bytes | Problem | None:
    if definition is None:
        return None
    path = definition.files[0]
    content = view.read(path, IMAGE_LIMIT)
    return Problem(where=f"{path} ({view.side})", what="the image does not exist") if content is None else content


def _compared(originals: Originals) -> str:
    if originals.base is None:
        return "only head has this picture"
    if originals.head is None:
        return "only base has this picture"
    return "the same picture on both sides" if originals.base == originals.head else "base and head side by side"


def _named(
    id_: str, drawn: Mapping[Theme, bytes | str], originals: Originals | None
) -> Iterator[tuple[str, tuple[str, bytes]]]:
    """Each file of a chart by the field that names it, with its path and bytes."""
    for theme, field_name, suffix in (("light", "image", ""), ("dark", "image_dark", "-dark")):
        content = drawn[theme]  # type: ignore[index]  # the loop's literals are the two themes
        if isinstance(content, bytes):
            yield field_name, (_path(id_, content, f"{suffix}.png"), content)
    for side in ("base", "head"):
        original = getattr(originals, side, None)
        if original is not None:
            # No side in the name: the same picture on both sides is one file, and equal names say so.
            yield side, (_path(id_, original, f"-original{PurePosixPath(id_).suffix.lower()}"), original)


def _path(id_: str, content: bytes, ending: str) -> str:
    """A name that says what and, by its hash, which: a stale copy can never stand in for it."""
    slug = re.sub(r"[^a-z0-9]+", "-", PurePosixPath(id_.lower()).with_suffix("").as_posix()).strip("-")[:60] or "chart"
    return f"{PICTURE_FOLDER}/{slug}-{hashlib.sha256(content).hexdigest()[:8]}{ending}"


def _with_names(chart: Chart, names: Mapping[str, str]) -> Chart:
    if isinstance(chart, ImageChart):
        return msgspec.structs.replace(chart, **{role: names.get(role) for role in PICTURE_ROLES})
    return msgspec.structs.replace(chart, image=names.get("image"), image_dark=names.get("image_dark"))


def _failure(id_: str, drawn: Mapping[Theme, bytes | str]) -> Iterator[Problem]:
    reasons = {reason for reason in drawn.values() if isinstance(reason, str)}
    if reasons:
        yield Problem(where=id_, what=f"its picture could not be drawn: {'; '.join(sorted(reasons))}")
