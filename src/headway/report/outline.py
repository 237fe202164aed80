"""What the report says, in which order, and how much of it: decided once, for every rendering.

Nothing here knows Markdown, HTML or colours; nothing in the templates sorts, counts or compares.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from headway.report.datasets import DatasetView, dataset_view, findings, picture_of
from headway.report.formatting import ABSENT, Shown, count, json_value, out_size, size_change
from headway.report.includes import state
from headway.report.metric_rows import MetricRow, metric_rows, movement, prominence
from headway.report.notes import grouped
from headway.values.chart import BarChart, Chart, ConfusionChart, ImageChart, LineChart, ScatterChart

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from headway.values.comparison import Cause, DataChange, Metric, Param, StageChange
    from headway.values.problem import Problem
    from headway.values.report import Include, Report
    from headway.values.verification import Verification

T = TypeVar("T")
U = TypeVar("U")


class Detail(Enum):
    """How much a rendering shows. Where a report is too large for its place, it is rendered again with less."""

    FULL = "full"
    COMPACT = "compact"
    HEADLINE = "headline"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """At most how much of each section is shown."""

    changed: int = 0
    unchanged: int = 0
    params: int = 0
    stages: int = 0
    data: int = 0
    charts: int = 0
    includes: int = 0
    lines: int = 0
    problems: int = 0
    datasets: int = 20
    rows: int = 8


LIMITS = {
    Detail.FULL: Limits(
        changed=200, unchanged=200, params=200, stages=100, data=100, charts=100, includes=50, lines=200, problems=50
    ),
    Detail.COMPACT: Limits(changed=20, params=20, stages=20, data=10, charts=8, problems=5, datasets=4, rows=4),
    Detail.HEADLINE: Limits(datasets=0),
}
PAGE_LIMITS = Limits(
    changed=2000,
    unchanged=2000,
    params=2000,
    stages=500,
    data=500,
    charts=200,
    includes=100,
    lines=2000,
    problems=500,
    datasets=100,
    rows=50,
)
"""For the HTML page, which has room but must still open on a phone."""
_IN_HEADLINE = 3
"""Stale stages, causes of each, and edited outputs that the headline names."""


@dataclass(frozen=True)
class Listing(Generic[T]):
    """The part of a section that is shown, and the number of entries that are not."""

    shown: tuple[T, ...] = ()
    left_out: int = 0

    @property
    def total(self) -> int:
        """The number of entries, shown or not."""
        return len(self.shown) + self.left_out

    def map(self, ready: Callable[[T], U]) -> Listing[U]:
        """Make each entry ready to print."""
        return Listing(tuple(map(ready, self.shown)), self.left_out)


class ParamRow(NamedTuple):
    """A changed parameter, ready to print."""

    param: Param
    base: Shown
    head: Shown


class CauseLine(NamedTuple):
    """A cause in words: ``lead`` then ``what``, then the values where it has any, then ``tail``."""

    lead: str
    what: str = ""
    base: Shown | None = None
    head: Shown | None = None
    tail: str = ""


class StageLine(NamedTuple):
    """A stage and why it ran differently."""

    name: str
    causes: tuple[CauseLine, ...]


class DataRow(NamedTuple):
    """A tracked file or folder that changed, ready to print."""

    path: str
    base: str
    head: str
    change: str


class LockLine(NamedTuple):
    """Whether dvc.lock is the product of head, ready to print.

    Attributes:
        verified: whether it is.
        stale: the stages that are stale of their own, each with its first causes.
        after: how many stages are stale only because one before them is.
        edited: the outputs whose bytes are not those recorded.
        missing: the outputs of which what is recorded is nowhere.
        unchecked: how much could not be known.
    """

    verified: bool
    stale: Listing[StageLine]
    after: int
    edited: Listing[str]
    missing: Listing[str]
    unchecked: int


class Counts(NamedTuple):
    """The numbers of the headline."""

    metrics: int
    changed: int
    better: int
    worse: int
    params: int
    stages: int
    data: int
    charts: int
    datasets: int
    failed_checks: int
    warnings: int


@dataclass(frozen=True, kw_only=True)
class Outline:
    """Every section in reading order, each no longer than its limit."""

    report: Report
    counts: Counts
    lock: LockLine | None
    several_files: bool
    changed: Listing[MetricRow]
    unchanged: Listing[MetricRow]
    params: Listing[ParamRow]
    stages: Listing[StageLine]
    data: Listing[DataRow]
    moved: Listing[Chart]
    still: Listing[Chart]
    includes: Listing[Include]
    problems: Listing[Problem]
    datasets: Listing[DatasetView]
    lines: int

    @property
    def left_out(self) -> tuple[tuple[int, str], ...]:
        """What no section shows for want of room, as numbers and nouns."""
        listings = (
            (self.changed, "changed metric"),
            (self.unchanged, "unchanged metric"),
            (self.params, "parameter"),
            (self.stages, "stage"),
            (self.data, "tracked output"),
            (self.datasets, "data set"),
            (self.moved, "chart"),
            (self.still, "chart without a difference"),
            (self.includes, "section"),
            (self.problems, "note"),
        )
        return tuple((listing.left_out, noun) for listing, noun in listings if listing.left_out)


def outline(report: Report, limits: Limits) -> Outline:
    """Decide what is said about a report within limits."""
    changed = sorted((metric for metric in report.metrics if metric.status != "unchanged"), key=prominence)
    unchanged = [metric for metric in report.metrics if metric.status == "unchanged"]
    charts = {chart.id: chart for chart in report.charts}
    inside = {picture_of(dataset) for dataset in report.datasets}
    plots = [chart for chart in report.charts if chart.id not in inside]
    return Outline(
        report=report,
        counts=_counts(report, changed, plots),
        lock=lock_line(report.verification) if report.verification else None,
        several_files=len({metric.file for metric in report.metrics}) > 1,
        changed=Listing(metric_rows(changed[: limits.changed]), len(changed[limits.changed :])),
        unchanged=Listing(metric_rows(unchanged[: limits.unchanged]), len(unchanged[limits.unchanged :])),
        params=_listing(report.params, limits.params).map(_param_row),
        stages=_listing(report.stages, limits.stages).map(_stage_line),
        data=_listing(report.data, limits.data).map(_data_row),
        moved=_listing([chart for chart in plots if has_moved(chart)], limits.charts),
        still=_listing([chart for chart in plots if not has_moved(chart)], limits.charts),
        includes=_listing(sorted(report.includes, key=lambda one: state(one) == "same"), limits.includes),
        problems=_listing(grouped(report.problems), limits.problems),
        datasets=_listing(report.datasets, limits.datasets).map(lambda it: dataset_view(it, charts, limits.rows)),
        lines=limits.lines,
    )


def has_moved(chart: Chart) -> bool:
    """Whether base and head of a chart differ; a team's own template cannot be looked into and counts as moved."""
    match chart:
        case LineChart() | ScatterChart():
            return any(series.base != series.head for series in chart.series)
        case BarChart():
            return any(bar.base != bar.head for bar in chart.bars)
        case ConfusionChart() | ImageChart():
            return chart.base != chart.head
    return True


def cause_line(cause: Cause) -> CauseLine:
    """A cause in words."""
    tail = _TAILS[cause.change]
    match cause.kind:
        case "parameter":
            return CauseLine("parameter", cause.what, _or_absent(cause.base), _or_absent(cause.head), tail)
        case "command":
            return CauseLine("command", "", _or_absent(cause.base), _or_absent(cause.head))
        case "stage":
            return CauseLine(f"the stage was {cause.what}")
        case "output":
            return CauseLine("output", cause.what, tail=tail or "changed, though nothing that the stage depends on did")
    if cause.change in ("added", "removed"):
        return CauseLine("dependency", cause.what, tail=tail)
    return CauseLine("upstream stage" if cause.kind == "upstream" else cause.kind, cause.what, tail=tail)


_TAILS = {
    "changed": "",
    "added": "added",
    "removed": "removed",
    "unknown": "(two kinds of hash, so it cannot be told whether it changed)",
}


def lock_line(verification: Verification) -> LockLine:
    """What the headline says of dvc.lock: the stages with a cause of their own, and how many follow from them."""
    own = [stage for stage in verification.stages if any(map(_is_own, stage.causes))]
    own = own or list(verification.stages)  # an output that was edited by hand makes only what comes after it stale
    return LockLine(
        verified=verification.status == "verified",
        stale=_listing(own, _IN_HEADLINE).map(_stale_line),
        after=len(verification.stages) - len(own),
        edited=_listing([out.path for out in verification.edited], _IN_HEADLINE),
        missing=_listing([out.path for out in verification.missing], _IN_HEADLINE),
        unchecked=len(verification.unchecked),
    )


def _is_own(cause: Cause) -> bool:
    """Whether a stage is stale of its own, not only because one before it is."""
    return cause.kind != "upstream" or cause.change != "changed"


def _counts(report: Report, changed: Sequence[Metric], plots: Sequence[Chart]) -> Counts:
    movements = [movement(metric) for metric in changed]
    found = [finding for dataset in report.datasets for finding in findings(dataset)]
    return Counts(
        metrics=len(report.metrics),
        changed=len(changed),
        better=movements.count("better"),
        worse=movements.count("worse"),
        params=len(report.params),
        stages=sum(any(cause.change != "unknown" for cause in stage.causes) for stage in report.stages),
        data=sum(change.status == "changed" for change in report.data),
        charts=len(plots),
        datasets=len(report.datasets),
        failed_checks=sum(finding.is_failure for finding in found),
        warnings=sum(not finding.is_failure for finding in found),
    )


def _param_row(param: Param) -> ParamRow:
    base = ABSENT if param.status == "added" else json_value(param.base)
    head = ABSENT if param.status == "removed" else json_value(param.head)
    return ParamRow(param, base, head)


def _stale_line(stage: StageChange) -> StageLine:
    causes = _stage_line(stage).causes
    more = len(causes) - _IN_HEADLINE
    rest = (CauseLine(count(more, "more cause")),) if more > 0 else ()
    return StageLine(stage.name, (*causes[:_IN_HEADLINE], *rest))


def _stage_line(stage: StageChange) -> StageLine:
    return StageLine(stage.name, tuple(map(cause_line, stage.causes)))


def _or_absent(value: object) -> Shown:
    """A cause does not tell a missing parameter from a null one; either way the side has no value."""
    return ABSENT if value is None else json_value(value)


def _data_row(change: DataChange) -> DataRow:
    how = "cannot tell" if change.status == "unknown" else size_change(change.base, change.head)
    return DataRow(change.path, out_size(change.base), out_size(change.head), how)


def _listing(values: Sequence[T], limit: int) -> Listing[T]:
    return Listing(tuple(values[:limit]), len(values[limit:]))
