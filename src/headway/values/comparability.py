"""Whether the metrics of two revisions can be compared, and why not."""

from __future__ import annotations

from typing import Literal

import msgspec

Withheld = Literal["evaluation", "rerun", "machine", "base"]
"""Why a changed metric is called neither better nor worse.

``evaluation``: base and head are evaluated on different rows or labels. ``rerun``: nothing that the metric depends on
changed, so the change is run-to-run variation. ``machine``: the metric depends on the machine, and the two sides were
not measured in one job. ``base``: the report of a fork compares with another base than the pull request's.
"""

InputState = Literal["same", "changed", "unknown"]


class EvaluationInput(msgspec.Struct, frozen=True, kw_only=True):
    """A changed file or folder that metrics are computed on, or a changed parameter that selects its rows.

    Attributes:
        path: the path, relative to the project's root; ``file:key`` for a parameter.
        state: ``same`` if both sides have the same ids and labels; ``changed`` if they differ, or if they cannot be
            read and the data that the file is made from changed; else ``unknown``.
        what: the evidence for ``state``, such as ``12 rows added`` or ``its files cannot be read row by row``.
    """

    path: str
    state: InputState
    what: str


class Comparability(msgspec.Struct, frozen=True, kw_only=True):
    """Why the metrics of a stage cannot, or may not, be compared. Metrics without an entry can be compared.

    Attributes:
        stage: the stage that writes the metrics.
        files: the metrics files of the stage, sorted.
        withheld: why no metric of these files is called better or worse; ``None`` if they are called so nevertheless.
            ``evaluation``: base and head are evaluated on different rows or labels. ``rerun``: nothing that the metrics
            depend on changed.
        inputs: the changed evaluation inputs, sorted by path.
        trains: whether the stage also writes the model, so it trains and evaluates.
        paired: whether metrics with predictions are judged nevertheless, on the rows that both sides have.
    """

    stage: str
    files: tuple[str, ...]
    withheld: Withheld | None
    inputs: tuple[EvaluationInput, ...] = ()
    trains: bool = False
    paired: bool = False
