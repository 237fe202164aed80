"""What the report says, in which order, and how much of it: decided once, for every rendering.

Nothing here knows Markdown, HTML or colours; nothing in the templates sorts, counts or compares.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from headway.paths import PathIndex
from headway.report.comparability import is_moved, reasons, standing
from headway.report.datasets import DatasetView, dataset_view, findings, picture_of
from headway.report.formatting import LISTED, NOTHING, Shown, and_more, count, literal_values, out_size, size_change
from headway.report.includes import state
from headway.report.metric_rows import MetricRow, metric_rows, movement, prominence
from headway.report.notes import Note, grouped, grouped_stages, without_copies
from headway.values.chart import BarChart, Chart, ConfusionChart, ImageChart, LineChart, ScatterChart
from headway.values.typed import SIDES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from headway.report.comparability import Standing
    from headway.report.limits import Limits
    from headway.values.comparison import Cause, DataChange, Metric, Param, StageChange
    from headway.values.problem import Problem
    from headway.values.report import Include, Report
    from headway.values.verification import Verification

T = TypeVar("T")
U = TypeVar("U")

_IN_HEADLINE = 3
"""Stale stages, causes of each, and edited outputs that the headline names."""
_LACKING: dict[str, Collection[str]] = {"added": ("base",), "removed": ("head",), "unavailable": SIDES}
"""The sides that may have no value, by a parameter's status."""
_UNAVAILABLE = Shown("unavailable")


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
    """A stage, or ``stages`` items of one, and why it ran differently."""

    name: str
    causes: tuple[CauseLine, ...]
    stages: int = 1


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
    """The numbers of the headline; ``metrics`` are without the ``machines``, which depend on the machine."""

    metrics: int
    machines: int
    unavailable: int
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
    """Every section in reading order, each no longer than its limit.

    ``standing`` and ``reasons`` are what :mod:`headway.report.comparability` says of the metrics.
    """

    report: Report
    counts: Counts
    standing: Standing | None
    reasons: tuple[str, ...]
    unavailable: Listing[Note]
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
    problems: Listing[Note]
    datasets: Listing[DatasetView]
    lines: int

    @property
    def further_reasons(self) -> tuple[str, ...]:
        """The reasons that say more than the first line."""
        return tuple(reason for reason in self.reasons if not self.standing or reason != self.standing.whole)

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
    missing, others = _parted(report)
    params = without_copies(report)
    inside = {picture_of(dataset) for dataset in report.datasets}
    plots = [chart for chart in report.charts if chart.id not in inside]
    return Outline(
        report=report,
        counts=_counts(report, changed, params, plots),
        standing=standing(report),
        reasons=reasons(report),
        unavailable=_listing(grouped(missing), _IN_HEADLINE),
        lock=lock_line(report.verification) if report.verification else None,
        several_files=len({metric.file for metric in report.metrics}) > 1,
        changed=Listing(metric_rows(changed[: limits.changed]), len(changed[limits.changed :])),
        unchanged=Listing(metric_rows(unchanged[: limits.unchanged]), len(unchanged[limits.unchanged :])),
        params=_listing(params, limits.params).map(_param_row),
        stages=stage_lines(report.stages, limits.stages, limits.causes),
        data=_listing(report.data, limits.data).map(_data_row),
        moved=_listing([chart for chart in plots if has_moved(chart)], limits.moved),
        still=_listing([chart for chart in plots if not has_moved(chart)], limits.still),
        includes=_includes(report.includes, limits),
        problems=_listing(grouped(others), limits.problems),
        datasets=_listing(_dataset_views(report, charts, limits.rows), limits.datasets),
        lines=limits.lines,
    )


def _parted(report: Report) -> tuple[list[Problem], list[Problem]]:
    """The problems of metrics files that are unavailable, which the headline tells, and all others."""
    missing = {(file.path, file.side) for file in report.unavailable}
    told = [problem for problem in report.problems if (problem.path, problem.side) in missing]
    return told, [problem for problem in report.problems if (problem.path, problem.side) not in missing]


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
            return CauseLine("parameter", cause.what, *literal_values(cause), tail)
        case "command":
            return CauseLine("command", "", *literal_values(cause))
        case "stage":
            return CauseLine(f"the stage was {cause.what}")
        case "output":
            return _output_line(cause.what, tail)
    if cause.change in ("added", "removed"):
        return CauseLine("dependency", cause.what, tail=tail)
    return CauseLine("upstream stage" if cause.kind == "upstream" else cause.kind, cause.what, tail=tail)


def _output_line(what: str, tail: str) -> CauseLine:
    """One output that is new or gone, or the first of those that changed without a cause."""
    if tail:
        return CauseLine("output", what, tail=tail)
    outs = what.split(", ")
    more = and_more(len(outs) - LISTED).lstrip()
    unexplained = "changed, though nothing that the stage depends on did"
    return CauseLine("output", ", ".join(outs[:LISTED]), tail=f"{more} {unexplained}".lstrip())


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
        stale=stage_lines(own, _IN_HEADLINE, _IN_HEADLINE),
        after=len(verification.stages) - len(own),
        edited=_listing([out.path for out in verification.edited], _IN_HEADLINE),
        missing=_listing([out.path for out in verification.missing], _IN_HEADLINE),
        unchecked=len(verification.unchecked),
    )


def _is_own(cause: Cause) -> bool:
    """Whether a stage is stale of its own, not only because one before it is."""
    return cause.kind != "upstream" or cause.change != "changed"


def _counts(report: Report, changed: Sequence[Metric], params: Sequence[Param], plots: Sequence[Chart]) -> Counts:
    movements = [movement(metric) for metric in changed]
    machines = sum(metric.withheld == "machine" for metric in report.metrics)
    found = [finding for dataset in report.datasets for finding in findings(dataset)]
    return Counts(
        metrics=len(report.metrics) - machines,
        machines=machines,
        unavailable=len({file.path for file in report.unavailable}),
        changed=sum(map(is_moved, changed)),
        better=movements.count("better"),
        worse=movements.count("worse"),
        params=sum(param.status != "unavailable" for param in params),
        stages=sum(any(cause.change != "unknown" for cause in stage.causes) for stage in report.stages),
        data=sum(change.status == "changed" for change in report.data),
        charts=len(plots),
        datasets=len(report.datasets),
        failed_checks=sum(finding.is_failure for finding in found),
        warnings=sum(not finding.is_failure for finding in found),
    )


def _param_row(param: Param) -> ParamRow:
    base, head = literal_values(param, _LACKING.get(param.status, ()))
    if param.status == "unavailable":
        base, head = (_UNAVAILABLE if side == NOTHING else side for side in (base, head))
    return ParamRow(param, base, head)


def stage_lines(stages: Sequence[StageChange], limit: int, causes: int) -> Listing[StageLine]:
    """Stages and their first causes in words, items with the same causes together; what is left out counts stages."""
    groups = grouped_stages(stages)
    shown = tuple(StageLine(one.name, _cause_lines(one.causes, causes), one.stages) for one in groups[:limit])
    return Listing(shown, sum(group.stages for group in groups[limit:]))


def _cause_lines(causes: Sequence[Cause], most: int) -> tuple[CauseLine, ...]:
    more = len(causes) - most
    rest = (CauseLine(count(more, "more cause")),) if more > 0 else ()
    return (*map(cause_line, causes[:most]), *rest)


def _includes(includes: Sequence[Include], limits: Limits) -> Listing[Include]:
    """The team's own sections, those that differ first."""
    different = [include for include in includes if state(include) != "same"]
    same = [include for include in includes if state(include) == "same"]
    shown = (*different[: limits.includes], *same[: limits.same])
    return Listing(shown, len(includes) - len(shown))


def _dataset_views(report: Report, charts: Mapping[str, Chart], rows: int) -> list[DatasetView]:
    """What is inside the data, without the sizes that the section on tracked outputs tells."""
    sized = PathIndex(change.path for change in report.data)
    views = (dataset_view(it, charts, rows, sized=sized.holder(it.path) is not None) for it in report.datasets)
    return [view for view in views if view]


def _data_row(change: DataChange) -> DataRow:
    how = "cannot tell" if change.status == "unknown" else size_change(change.base, change.head)
    return DataRow(change.path, out_size(change.base), out_size(change.head), how)


def _listing(values: Sequence[T], limit: int) -> Listing[T]:
    return Listing(tuple(values[:limit]), len(values[limit:]))
