"""The differences between two snapshots, as ``compare`` finds them.

Metrics and parameters have JSON values; ``types`` records the types that JSON lacks (see :mod:`headway.values.typed`).
Fields that are unset are absent from report.json.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, overload

import msgspec
from msgspec import UNSET, UnsetType

from headway.values.chart import USUAL_THRESHOLD
from headway.values.comparability import Comparability, Withheld
from headway.values.count import Count
from headway.values.evidence import Evidence, Pairing, Verdict
from headway.values.flips import Flips
from headway.values.gate import Gate, Gates
from headway.values.metric_format import Direction, MetricFormat
from headway.values.problem import Problem
from headway.values.revision import Revision, Side
from headway.values.rules import Rules
from headway.values.snapshot import Out, PlotDefinition
from headway.values.speed import Speed
from headway.values.typed import TypedPlace

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

Status = Literal["changed", "unchanged", "added", "removed", "unavailable"]

Change = Literal["changed", "added", "removed", "unknown"]
"""How something that a stage reads or writes changed."""

JsonScalar = bool | int | float | str | None

_NOTEBOOK = "headway.report.notebook"


class SinceAnchor(msgspec.Struct, frozen=True, kw_only=True):
    """How far head is from the anchor in one metric, in the metric's own unit and sign.

    An interval says whether the change is real; nothing calls it better or worse.

    Attributes:
        anchor: the value at the anchor; ``None`` if there is no finite number.
        change: head minus the anchor, on the rows of both if there is evidence; ``None`` if they cannot be compared.
        low, high: the 95% interval of the change; ``None`` without evidence.
        gate_low, gate_high: the 90% interval, likewise.
        rows: the rows or runs that the intervals rest on, likewise.
        withheld: why the two cannot be compared, as for a metric; ``None`` if they can be.
    """

    anchor: float | None = None
    change: float | None = None
    low: float | None = None
    high: float | None = None
    gate_low: float | None = None
    gate_high: float | None = None
    rows: Count | None = None
    withheld: Withheld | None = None


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """One metric on both sides.

    Attributes:
        file: the metrics file, relative to the project's root.
        key: the dotted key inside the file.
        base, head: the value; ``None`` if the side has none.
        headline: the position, from 0, in the report's first line; several metrics may share one. ``None`` if the line
            does not name the metric.
        types: the types of values that JSON lacks. A string ``"NaN"``, ``"Infinity"`` or ``"-Infinity"`` without an
            entry is a number.
        change: head minus base; ``None`` if either is not a finite number, or if the metric depends on the machine.
        exact_change: all digits of an integer change of more than 15 digits, which ``change`` may round; else absent.
        relative: the change as a share of the base; ``None`` if ``change`` is, or if the base is zero or negative.
        direction: which direction is better; ``None`` if the settings declare none.
        status: ``added`` and ``removed`` metrics exist only in head or base; ``unavailable`` means that the metrics
            file of a side could not be read.
        rank: the position, from 0, of the rule in head's settings that matches the metric; ``None`` if none matches.
        withheld: why the metric is called neither better nor worse; ``None`` if it can be compared. ``evaluation``:
            base and head are evaluated on different rows or labels. ``rerun``: nothing that the metric depends on
            changed. ``machine``: the metric depends on the machine, and the two sides were not measured in one job.
            ``base``: the report of a fork compares with another base than the pull request's.
        format: how the settings let the metric be written; absent if they declare nothing.
        margin: the largest change that does not matter; absent if the settings declare none.
        verdict: what the evidence says about the change; absent for a metric that one side lacks.
        evidence: the evidence; absent if there is none.
        gate: what became of its gate; absent if the settings declare none.
        since_anchor: how far head is from the anchor, for metrics of the headline and those with a gate; absent for
            others, and if there is no anchor, or if it is base itself.
    """

    file: str
    key: str
    base: JsonScalar
    head: JsonScalar
    change: float | None
    relative: float | None
    direction: Direction | None
    status: Status
    rank: Count | None = None
    headline: Count | None = None
    withheld: Withheld | None = None
    types: tuple[TypedPlace, ...] | UnsetType = UNSET
    exact_change: str | UnsetType = UNSET
    format: MetricFormat | UnsetType = UNSET
    margin: float | UnsetType = UNSET
    verdict: Verdict | UnsetType = UNSET
    evidence: Evidence | UnsetType = UNSET
    gate: Gate | UnsetType = UNSET
    since_anchor: SinceAnchor | UnsetType = UNSET

    @property
    def name(self) -> str:
        """What tells metrics apart in one line."""
        return f"{self.file}:{self.key}"

    @property
    def written(self) -> MetricFormat:
        """The declared format, or the default."""
        return self.format or MetricFormat()


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """One metric on the rows that share a value in a column of a table of predictions.

    Attributes:
        column: the column that divides the rows.
        value: what these rows have in it; ``None`` for the rows without a value.
        rows: how many rows these are; where rows are not paired, the smaller side's number.
        metric: the metric on these rows, with its verdict and evidence; the values are ``None`` where these rows give
            none. The family of its evidence are all slices.
        shrunk: head's value, pulled towards that of all slices of the column as far as chance explains how they differ.
        bound: the value that head's is better than with a probability of 95%.
        shrunk_change: the change, pulled likewise.
        problem: why the rows give no value, as a clause; else empty.
    """

    column: str
    value: str | None
    rows: Count
    metric: Metric
    shrunk: float | None = None
    bound: float | None = None
    shrunk_change: float | None = None
    problem: str = ""

    @property
    def name(self) -> str:
        """What tells slices apart in one line."""
        place = f"{self.column} is {self.value}" if self.value is not None else f"{self.column} has no value"
        return f"{self.metric.name} where {place}"


class Param(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter that differs.

    Attributes:
        file: the parameter file, relative to the project's root.
        key: the dotted key inside the file.
        base, head: the value, of any JSON type; ``None`` if the side has none, or if the value is null.
        status: ``added`` and ``removed`` parameters exist only in head or base; ``unavailable`` means that the
            parameter file of a side could not be read.
        types: the types of values that JSON lacks. A string ``"NaN"``, ``"Infinity"`` or ``"-Infinity"`` without an
            entry is a number.
    """

    file: str
    key: str
    base: Any
    head: Any
    status: Status
    types: tuple[TypedPlace, ...] | UnsetType = UNSET


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """One reason why a stage's recorded run differs.

    Attributes:
        kind: what changed. ``code``: a dependency in git. ``data``: a dependency that DVC tracks and no stage writes.
            ``upstream``: a dependency that another stage writes. ``parameter``: a parameter. ``command``: the command
            line. ``stage``: the stage itself is new, removed or renamed. ``output``: the stage has a new output or
            lacks one, or its outputs changed although nothing that it depends on did.
        what: the path, the parameter as ``file:key``, or the upstream stage that changed; for ``stage``, what happened
            to the stage.
        base, head: the values of a parameter, or the command lines; otherwise ``None``.
        types: the types of values that JSON lacks, as for a parameter. A parameter that is null has the type ``null``;
            a missing one has none.
        change: ``added`` or ``removed`` if only one side has the parameter, dependency, output or stage; ``unknown`` if
            one side has a hash of DVC 2 and the other one of DVC 3, which cannot be compared.
    """

    kind: Literal["code", "parameter", "data", "upstream", "command", "stage", "output"]
    what: str
    base: Any = None
    head: Any = None
    types: tuple[TypedPlace, ...] | UnsetType = UNSET
    change: Change = "changed"


class StageChange(msgspec.Struct, frozen=True, kw_only=True):
    """A stage whose recorded run differs between the revisions.

    Attributes:
        name: the stage's address, such as ``train`` or ``models/dvc.yaml:train``.
        causes: the reasons why it differs.
    """

    name: str
    causes: tuple[Cause, ...]


class DataChange(msgspec.Struct, frozen=True, kw_only=True):
    """A tracked file or folder that differs.

    Attributes:
        path: the path, relative to the project's root.
        base, head: what the side records; ``None`` if it does not track the path.
        status: ``unknown`` if one side has a hash of DVC 2 and the other one of DVC 3, which cannot be compared.
    """

    path: str
    base: Out | None
    head: Out | None
    status: Literal["changed", "unknown"] = "changed"


class PlotPair(msgspec.Struct, frozen=True, kw_only=True):
    """One plot as each side declares it; at least one side is present.

    ``judged`` is false if its data comes from a stage whose metrics are called neither better nor worse. A curve marks
    the points of the decision ``thresholds`` of base and head.
    """

    id: str
    base: PlotDefinition | None
    head: PlotDefinition | None
    judged: bool = True
    thresholds: tuple[float, float] = (USUAL_THRESHOLD, USUAL_THRESHOLD)


class UnavailableFile(msgspec.Struct, frozen=True, kw_only=True):
    """A metrics file that a side declares but that could not be read; a problem with the same path and side says why.

    Attributes:
        path: the metrics file, relative to the project's root.
        side: the side that lacks it.
    """

    path: str
    side: Side


class Shown:
    """A value with metrics, which shows itself in a notebook.

    Values know nothing of the parts of Headway that write and draw, so these methods find theirs by name, when they are
    called: Jupyter looks for methods of the value itself, and offers no other way that needs nobody to call anything
    first.
    """

    __slots__ = ()
    metrics: tuple[Any, ...]

    def _repr_html_(self) -> str:
        """The value as an output of Jupyter, VS Code and Quarto, for light and dark themes."""
        return str(import_module(f"{_NOTEBOOK}.fragment").to_html(self))

    def _repr_markdown_(self) -> str:
        """The verdict and the first changes, where a place shows no HTML."""
        return str(import_module(f"{_NOTEBOOK}.fragment").to_markdown(self))

    @overload
    def to_frame(self, library: Literal["polars"] = "polars") -> pl.DataFrame: ...

    @overload
    def to_frame(self, library: Literal["pandas"]) -> pd.DataFrame: ...

    def to_frame(self, library: Literal["polars", "pandas"] = "polars") -> Any:
        """All metrics as a data frame, one row each, sorted by file and key.

        The columns are the same whatever the metrics are:

        - ``file``, ``key``: the metrics file and the dotted key inside it.
        - ``status``: ``changed``, ``unchanged``, ``added``, ``removed`` or ``unavailable``.
        - ``base``, ``head``: the values as 64-bit floats, in which NaN and infinities stay what they are. Null if the
          side has no value, or one that is not a number.
        - ``base_text``, ``head_text``: the exact value where the float is not: a text, ``true`` or ``false``, a date or
          time in ISO 8601, all digits of an integer above 2^53. Null otherwise. If both columns of a side are null, the
          side has no value.
        - ``change``, ``relative``: head minus base, and that as a share of base; null if they are not known.
        - ``exact_change``: all digits of an integer change that ``change`` may round, as text.
        - ``direction``: ``higher`` or ``lower``, whichever is better; null if none is declared.
        - ``verdict``: what the evidence says, such as ``improved`` or ``cannot_tell``.
        - ``estimate``, ``low``, ``high``: the change on the rows that both sides have, and its 95% interval.
        - ``p``, ``p_adjusted``: the p-value, and the one adjusted for all tests of its family.
        - ``rows``: the rows, or runs, that the evidence rests on. These last six are null without evidence.
        - ``margin``: the largest change that does not matter; null if none is declared.
        - ``gate``: what became of the metric's gate: ``pass``, ``warn``, ``fail`` or ``cannot_tell``.
        - ``withheld``: why the metric is called neither better nor worse, such as ``evaluation``; null if it can be.

        Args:
            library: ``polars``, or ``pandas`` if it is installed. In pandas, a missing number is NaN, as usual there,
                and ``rows`` is ``Int64``.

        Raises:
            SettingsError: the library is not installed, or is neither of the two.
        """
        return import_module(f"{_NOTEBOOK}.frame").metrics_frame(self.metrics, library)


class Comparison(Shown, msgspec.Struct, frozen=True, kw_only=True):
    """The differences between exactly one base and one head.

    To compare more than two revisions, as a leaderboard or a history does, use a sequence of comparisons that share a
    base.

    Attributes:
        base, head: the revision that the change started from, and the revision with the change.
        notes: sentences on the comparison as a whole.
        metrics: all metrics of both sides, sorted by file and key.
        params: the parameters that changed, sorted by file and key.
        stages: the stages whose recorded run differs, in pipeline order, with the causes.
        data: the tracked files and folders that changed, sorted by path.
        plots: the plots of both sides, as they are defined.
        problems: what could not be read or compared, each with its remedy.
        comparability: why metrics cannot be compared, per stage that writes them.
        same_evaluation: the files that all changed metrics are computed on, if both sides have the same rows in them.
        pairings: how the rows of the tables of predictions are matched between the sides.
        slices: metrics on the rows of single slices.
        flips: the predictions that only one side has right, by table.
        rules: whose rules judge, and what head changes in base's; unset if neither side declares rules.
        unavailable: the metrics files that a side declares but that could not be read.
        gates: what became of the gates; unset if the settings declare none.
        anchor: the second revision that gates judge head against; unset if there is none.
        speed: the speed test; unset if nothing was measured.
    """

    base: Revision
    head: Revision
    notes: tuple[str, ...]
    metrics: tuple[Metric, ...]
    params: tuple[Param, ...]
    stages: tuple[StageChange, ...]
    data: tuple[DataChange, ...]
    plots: tuple[PlotPair, ...]
    problems: tuple[Problem, ...]
    comparability: tuple[Comparability, ...] = ()
    same_evaluation: tuple[str, ...] = ()
    pairings: tuple[Pairing, ...] = ()
    slices: tuple[Slice, ...] = ()
    flips: tuple[Flips, ...] = ()
    rules: Rules | UnsetType = UNSET
    unavailable: tuple[UnavailableFile, ...] = ()
    gates: Gates | UnsetType = UNSET
    anchor: Revision | UnsetType = UNSET
    speed: Speed | UnsetType = UNSET
