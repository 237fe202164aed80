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
        state: ``same`` if ids and labels are equal on both sides; ``changed`` if they differ, or if they cannot be
            read and a source of the file changed; else ``unknown``.
        what: the reason; completes a sentence that begins with the path.
    """

    path: str
    state: InputState
    what: str


class Comparability(msgspec.Struct, frozen=True, kw_only=True):
    """Why the metrics of a stage may not be comparable. Metrics without such an entry are comparable.

    Attributes:
        stage: the stage that writes the metrics.
        files: the metrics files that it applies to, sorted.
        withheld: why no metric in these files is called better or worse; ``None`` if they are judged anyway.
        inputs: the changed inputs of the evaluation, sorted by path.
        trains: whether the stage also writes the model, so that training and evaluation are one stage.
    """

    stage: str
    files: tuple[str, ...]
    withheld: Withheld | None
    inputs: tuple[EvaluationInput, ...] = ()
    trains: bool = False
