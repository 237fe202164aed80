"""Whether metrics of two revisions may be called better or worse at all, as values."""

from __future__ import annotations

from typing import Literal

import msgspec

Withheld = Literal["evaluation", "rerun", "machine"]
"""Why a metric is called neither better nor worse, whatever way it moved.

``evaluation``: it is computed on other rows or labels. ``rerun``: nothing that it depends on changed, so the movement
is run-to-run variation. ``machine``: it depends on the machine, and the two sides were not measured in one job.
"""

InputState = Literal["same", "changed", "unknown"]


class EvaluationInput(msgspec.Struct, frozen=True, kw_only=True):
    """A changed file or folder that metrics are computed on, or a parameter that chooses their rows.

    Attributes:
        path: relative to the project's root; ``file:key`` for a parameter.
        state: ``same`` where ids and labels are equal on both sides; ``changed`` where they differ, or where they
            cannot be read and what the file is made from changed; else ``unknown``.
        what: how it is known, or why not; completes a sentence that begins with the path.
    """

    path: str
    state: InputState
    what: str


class Comparability(msgspec.Struct, frozen=True, kw_only=True):
    """What stands between the metrics of a stage and a verdict. Metrics without such an entry can be compared.

    Attributes:
        stage: the stage that writes the metrics.
        files: the metrics files concerned, sorted.
        withheld: why no metric of these files is called better or worse; ``None`` where they are judged all the same.
        inputs: the changed inputs of the evaluation, sorted by path.
        trains: whether the stage also writes the model, so that training and evaluation are one stage.
    """

    stage: str
    files: tuple[str, ...]
    withheld: Withheld | None
    inputs: tuple[EvaluationInput, ...] = ()
    trains: bool = False
