"""What ``compare`` makes of two snapshots: every difference as a value, nothing judged yet.

Values are as JSON holds them. What its types do not tell of them, ``types`` does: see :mod:`headway.values.typed`.
Fields that are unset do not stand in report.json.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from headway.values.comparability import Comparability, Withheld
from headway.values.count import Count
from headway.values.problem import Problem
from headway.values.revision import Revision, Side
from headway.values.snapshot import Out, PlotDefinition
from headway.values.typed import TypedPlace

Direction = Literal["higher", "lower"]
"""Which way is better; declared in the settings, never guessed."""

Status = Literal["changed", "unchanged", "added", "removed", "unavailable"]

Change = Literal["changed", "added", "removed", "unknown"]
"""What became of what a stage reads or writes, where anything did."""

JsonScalar = bool | int | float | str | None


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """One metric on both sides.

    Attributes:
        file: the metrics file, relative to the project's root.
        key: the dotted key inside the file.
        base, head: the values; ``None`` where a side has none.
        types: what JSON's own types do not tell of the values. Untyped, the texts "NaN", "Infinity" and "-Infinity" are
            numbers.
        change: head minus base; ``None`` where either is no finite number.
        exact_change: the digits of a change that is a whole number of more than 15 digits, which ``change`` may round.
        relative: the change as a share of the base; ``None`` where the base is zero or negative, or no change exists.
        direction: which way is better; ``None`` where the settings do not say.
        status: ``unavailable`` means that a side declares the metric but its file could not be read.
        rank: the place, from 0, of the rule in the settings that speaks of the metric, which is the order in which the
            team wants to read; ``None`` where no rule does.
        withheld: why the metric is called neither better nor worse; ``None`` where it may be.
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
    withheld: Withheld | None = None
    types: tuple[TypedPlace, ...] | UnsetType = UNSET
    exact_change: str | UnsetType = UNSET


class Param(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter that differs.

    Attributes:
        file: the parameter file, relative to the project's root.
        key: the dotted key inside the file.
        base, head: the values; ``None`` where a side has none, or where it is null.
        status: tells a missing parameter from one that is null.
        types: what JSON's own types do not tell of the values. Untyped, the texts "NaN", "Infinity" and "-Infinity" are
            numbers.
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
        kind: ``code`` a dependency kept in git; ``parameter``; ``data`` a dependency that DVC tracks and no stage
            makes; ``upstream`` an output of another stage; ``command`` the command line; ``stage`` the stage itself is
            new, gone or renamed; ``output`` an output that is new or gone, or nothing it depends on changed, yet its
            outputs did.
        what: the file, ``file:key``, or stage concerned; the path of a dependency or output that is new or gone.
        base, head: the values of a parameter or the command lines; ``None`` elsewhere, and where a side has none.
        types: what JSON's own types do not tell of the values, as for a parameter. A parameter that is null is typed
            ``null``; one that is missing is not.
        change: ``added`` or ``removed`` for a parameter, dependency or output that only one side has; ``unknown`` where
            one side has a hash of DVC 2 and the other one of DVC 3, so that nobody can tell whether it changed.
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
        causes: why it ran differently.
    """

    name: str
    causes: tuple[Cause, ...]


class DataChange(msgspec.Struct, frozen=True, kw_only=True):
    """A tracked file or folder that differs.

    Attributes:
        path: relative to the project's root.
        base, head: its content on each side; ``None`` where a side does not record it.
        status: ``unknown`` where one side has a hash of DVC 2 and the other one of DVC 3, so that nobody can tell
            whether it changed.
    """

    path: str
    base: Out | None
    head: Out | None
    status: Literal["changed", "unknown"] = "changed"


class PlotPair(msgspec.Struct, frozen=True, kw_only=True):
    """One plot as each side declares it; at least one side is present.

    ``judged`` is false where its data comes from a stage whose metrics are called neither better nor worse.
    """

    id: str
    base: PlotDefinition | None
    head: PlotDefinition | None
    judged: bool = True


class UnavailableFile(msgspec.Struct, frozen=True, kw_only=True):
    """A metrics file that a side declares and does not give; the problem of that path and side says why."""

    path: str
    side: Side


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Two revisions side by side. Lists are sorted: metrics and parameters by file and key, data by path."""

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
    unavailable: tuple[UnavailableFile, ...] = ()
