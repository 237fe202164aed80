"""Reduces TensorBoard's event files on both sides: a chart for each tag of scalars, the last image for other tags."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import polars as pl
from msgspec.structs import replace

from headway.draw.plots.messages import FoundImage, Reduced, load
from headway.draw.reduction.chart import draw_chart
from headway.gather.read.event_files import Run, tag_name
from headway.gather.read.event_names import run_of
from headway.gather.read.parsing import UnreadableError
from headway.sorting import by_name
from headway.text import first_names
from headway.values.problem import Problem
from headway.values.snapshot import Axis, PlotDefinition
from headway.values.tables import PlotSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from headway.draw.plots.messages import PlotJob
    from headway.gather.read.event_files import Scalars
    from headway.values.chart import Chart
    from headway.values.revision import Side

MOST_CHARTS = 100
MOST_IMAGES = 24
"""Charts and images of one plot that are drawn."""
_SHOWN = 8
"""Tags that a footnote lists."""
_STEP = "step"
_ENDINGS = {b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg", b"GIF8": ".gif", b"RIFF": ".webp", b"BM": ".bmp"}
"""Of the original's file, by the first bytes of an image."""


def reduce_events(job: PlotJob) -> Reduced:
    """Read and reduce the event files of both sides; whatever is wrong with them is a problem."""
    base = _read_side(job.pair.base, "base", partial(load, job.base)) if job.pair.base else None
    head = _read_side(job.pair.head, "head", partial(load, job.head)) if job.pair.head else None
    read = [each for each in (base, head) if each]
    drawing = _Drawing(job.pair.id, read[-1].definition, _paired(read))
    ignored = sorted({kind for each in read for run in each.runs.values() for kind in run.ignored})
    what = f"its event files also hold {first_names(ignored)}, which are not drawn"
    notes = (Problem(path=job.pair.id, what=what),) if ignored else ()
    return drawing.reduced((*(problem for each in read for problem in each.problems), *notes))


@dataclass(frozen=True)
class _ReadSide:
    """The runs of one side by name, and what is wrong with their files."""

    definition: PlotDefinition
    side: Side
    runs: dict[str, Run] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def read(self, file: str, data: bytes) -> None:
        try:
            self.runs.setdefault(run_of(file, self.definition.folder), Run()).read(data)
        except UnreadableError as error:
            self.note(file, f"the event file {error}")

    def note(self, path: str, what: str) -> None:
        self.problems.append(Problem(path=path, side=self.side, what=what))


def _read_side(definition: PlotDefinition, side: Side, content: Callable[[str], bytes | Problem | None]) -> _ReadSide:
    found = _ReadSide(definition, side)
    for file in definition.files:
        data = content(file)
        if isinstance(data, Problem):
            found.problems.append(data)
        elif data is None:
            found.note(file, "the event file does not exist")
        else:
            found.read(file, data)
    if not found.problems and not any(run.scalars or run.images for run in found.runs.values()):
        found.note(definition.folder, "the event files hold no scalars and no images")
    return found


def _paired(read: Iterable[_ReadSide]) -> dict[Side, dict[str, Run]]:
    """The runs with data by name; if no side has several, they are the same run, whatever its folder is called."""
    found = {each.side: {name: run for name, run in each.runs.items() if run.scalars or run.images} for each in read}
    if any(len(runs) > 1 for runs in found.values()):
        return found
    return {side: {".": next(iter(runs.values()))} for side, runs in found.items() if runs}


@dataclass(frozen=True)
class _Drawing:
    """The runs of both sides; ``definition`` says how both are drawn."""

    id: str
    definition: PlotDefinition
    sides: Mapping[Side, Mapping[str, Run]]

    def reduced(self, problems: tuple[Problem, ...]) -> Reduced:
        """Their charts and images, with what is left out."""
        tags = self._chosen(tag for run in self._all_runs() for tag in run.scalars)
        images = self._images()
        drawn = [self._chart(tag) for tag in tags[:MOST_CHARTS]]
        return Reduced(
            charts=tuple(chart for chart, _ in drawn if chart),
            images=tuple(images[:MOST_IMAGES]),
            problems=(
                *problems,
                *(problem for _, found in drawn for problem in found),
                *self._unknown(),
                *self._cut("scalars", len(tags), MOST_CHARTS),
                *self._cut("images", len(images), MOST_IMAGES),
            ),
        )

    def _all_runs(self) -> list[Run]:
        return [run for runs in self.sides.values() for run in runs.values()]

    def _chosen(self, tags: Iterable[str]) -> list[str]:
        """The tags that the plot names as y, in its order, or else all, in natural order."""
        found = set(tags)
        wanted = dict.fromkeys(tag_name(axis.field) for axis in self.definition.y)
        return [tag for tag in wanted if tag in found] if wanted else sorted(found, key=by_name)

    def _unknown(self) -> tuple[Problem, ...]:
        known = {tag for run in self._all_runs() for tag in (*run.scalars, *run.images)}
        missing = [repr(axis.field) for axis in self.definition.y if tag_name(axis.field) not in known]
        if not missing or not known:
            return ()
        has = first_names(sorted(known, key=by_name), _SHOWN)
        what = f"no run has the tag {first_names(missing, _SHOWN)}; available tags: {has}"
        return (Problem(path=self.id, what=what),)

    def _cut(self, noun: str, count: int, most: int) -> tuple[Problem, ...]:
        if count <= most:
            return ()
        remedy = "name the tags that a reader needs as y of the plot in dvc.yaml"
        return (Problem(path=self.id, what=f"only the first {most} of {count:,} {noun} are drawn", remedy=remedy),)

    def _title(self, words: str) -> str:
        title = self.definition.title
        return f"{title}: {words}" if title else words

    def _chart(self, tag: str) -> tuple[Chart | None, tuple[Problem, ...]]:
        """The chart of a tag, with a line for each run."""
        base, head = (self._source(self.sides.get(side, {}), tag) for side in ("base", "head"))
        return draw_chart(f"{self.id}:{tag}", base, head)

    def _source(self, runs: Mapping[str, Run], tag: str) -> PlotSource | None:
        scalars = {self._place(name): run.scalars[tag] for name, run in runs.items() if tag in run.scalars}
        if not scalars:
            return None
        step = _STEP if tag != _STEP else f"{_STEP} number"
        definition = replace(
            self.definition,
            form="table",
            files=tuple(scalars),
            x=tuple(Axis(place, step) for place in scalars),
            y=tuple(Axis(place, tag) for place in scalars),
            title=self._title(tag),
            x_label=self.definition.x_label or _STEP,
        )
        frames = {place: pl.DataFrame({step: each.steps, tag: _values(each)}) for place, each in scalars.items()}
        return PlotSource(definition=definition, frames=frames)

    def _place(self, run: str) -> str:
        """The folder of a run, by which footnotes name it."""
        return self.definition.folder if run == "." else f"{self.definition.folder}/{run}".removeprefix("./")

    def _images(self) -> list[FoundImage]:
        """The last images of each tag and run on both sides; several of one step are numbered."""
        runs = dict.fromkeys(name for side in ("head", "base") for name in self.sides.get(side, {}))
        tags = self._chosen(tag for run in self._all_runs() for tag in run.images)
        return [image for tag in tags for run in runs for image in self._images_of(tag, run)]

    def _images_of(self, tag: str, run: str) -> Iterable[FoundImage]:
        base, head = (
            self.sides[side][run].images.get(tag, ()) if run in self.sides.get(side, {}) else ()
            for side in ("base", "head")
        )
        count = max(len(base), len(head))
        words = tag if run == "." else f"{run}/{tag}"
        for index in range(count):
            old, new = base[index : index + 1], head[index : index + 1]
            name = f"{words} {index + 1}" if count > 1 else words
            yield FoundImage(
                id=f"{self.id}:{name}{_ending(*new, *old)}",
                title=self._title(name),
                base=next(iter(old), None),
                head=next(iter(new), None),
            )


def _ending(*images: bytes) -> str:
    """The ending of an image's file: a tag must not choose it."""
    return next((ending for start, ending in _ENDINGS.items() if images[0].startswith(start)), ".png")


def _values(scalars: Scalars) -> pl.Series:
    """The numbers as they were logged: most writers keep 32 bits of them, which turns 0.1 into 0.10000000149011612."""
    values = pl.Series(scalars.values, dtype=pl.Float64)
    single = values.cast(pl.Float32)
    if not (single.cast(pl.Float64) == values).all():
        return values
    return single.cast(pl.String).cast(pl.Float64)
