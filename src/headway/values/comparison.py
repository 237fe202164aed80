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
        base, head: the values; ``None`` if a side has none.
        types: the types of the values that JSON's own types do not express. Without an entry here, the strings "NaN",
            "Infinity" and "-Infinity" are numbers.
        change: head minus base; ``None`` if either is not a finite number.
        exact_change: the digits of a change that is an integer of more than 15 digits, which ``change`` may round.
        relative: the change as a share of the base; ``None`` if the base is zero or negative, or there is no change.
        direction: which way is better; ``None`` if the settings do not declare it.
        status: ``unavailable`` means that a side declares the metric but its file could not be read.
        rank: the position, from 0, of the rule in the settings that matches the metric; the report lists metrics in
            this order. ``None`` if no rule matches.
        withheld: why the metric is called neither better nor worse; ``None`` if it may be.
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
        base, head: the values; ``None`` if a side has none, or if it is null.
        status: distinguishes a missing parameter from one that is null.
        types: the types of the values that JSON's own types do not express. Without an entry here, the strings "NaN",
            "Infinity" and "-Infinity" are numbers.
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
        kind: ``code``: a dependency in git; ``parameter``; ``data``: a dependency that DVC tracks and no stage writes;
            ``upstream``: an output of another stage; ``command``: the command line; ``stage``: the stage itself was
            added, removed or renamed; ``output``: an output was added or removed, or the outputs changed although no
            dependency did.
        what: the file, ``file:key`` or stage; the path of a dependency or output that was added or removed.
        base, head: the values of a parameter, or the command lines; ``None`` for other kinds, and if a side has none.
        types: as for a parameter. A parameter that is null has the type ``null``; one that is missing has none.
        change: ``added`` or ``removed`` for a parameter, dependency or output that only one side has; ``unknown`` if
            one side has a hash of DVC 2 and the other one of DVC 3, so that it is unknown whether it changed.
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
        base, head: its content on each side; ``None`` if a side does not record it.
        status: ``unknown`` if one side has a hash of DVC 2 and the other one of DVC 3, so that it is unknown whether it
            changed.
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
    """A metrics file that a side declares but that cannot be read; the problem of that path and side says why."""

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
