"""May the metrics of two revisions be called better or worse? docs/comparability.md is the rule in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from headway.values.comparability import Comparability, EvaluationInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from headway.judge.evaluation import Evaluations, Input
    from headway.values.comparability import InputState, Withheld
    from headway.values.comparison import Metric


class Reading(NamedTuple):
    """What the rows of an input say.

    Attributes:
        state: ``unknown`` where they cannot be read, or do not tell.
        what: how they differ, or why they do not tell; completes a sentence that begins with the input's path.
        is_absent: whether neither side has the input.
    """

    state: InputState
    what: str
    is_absent: bool = False


def comparability(
    evaluations: Evaluations,
    metrics: Sequence[Metric],
    inputs_of: Callable[[str], Sequence[Input]],
    read: Callable[[Input], Reading | None],
) -> tuple[Comparability, ...]:
    """What stands between metrics and a verdict, stage by stage.

    Args:
        evaluations: of both revisions.
        metrics: of both revisions.
        inputs_of: gives the inputs that tell what a metrics file is computed on.
        read: compares the rows of an input; ``None`` where it is no evaluation data after all, or did not change.
    """
    moved = {metric.file for metric in metrics if metric.status == "changed" and metric.withheld != "machine"}
    found = []
    judged = {metric.file for metric in metrics if metric.withheld != "machine"}
    for stage, files in evaluations.stages(judged).items():
        inputs = (*_inputs(evaluations, inputs_of(files[0]), read), *_resized(evaluations, files[0]))
        states = {each.state for each in inputs}
        withheld: Withheld | None = "evaluation" if "changed" in states else None
        if withheld is None and not moved.isdisjoint(files) and evaluations.is_rerun(files[0]):
            withheld = "rerun"
        if inputs or withheld:
            trains = evaluations.trains(files[0])
            found.append(Comparability(stage=stage, files=files, withheld=withheld, inputs=inputs, trains=trains))
    return tuple(found)


def _inputs(
    evaluations: Evaluations, inputs: Sequence[Input], read: Callable[[Input], Reading | None]
) -> Iterator[EvaluationInput]:
    for each in inputs:
        base, head = each
        if not (base and head):
            what = f"only {'head' if head else 'base'} reads it"
            yield EvaluationInput(path=base or head, state="unknown", what=what)
        elif reading := read(each):
            state, what = reading.state, reading.what
            if state == "unknown" and (cause := evaluations.cause(each)):
                state, what = "changed", f"{what}, and {cause}"
            replaced = f"it replaces `{base}`; " if base != head else ""
            yield EvaluationInput(path=head, state=state, what=replaced + what)


def _resized(evaluations: Evaluations, file: str) -> Iterator[EvaluationInput]:
    what = "it decides which rows are tested on"
    return (EvaluationInput(path=name, state="changed", what=what) for name in evaluations.resized(file))


def withhold(metrics: Sequence[Metric], found: Sequence[Comparability]) -> tuple[Metric, ...]:
    """The metrics, those that may not be judged with the reason; what depends on the machine has no change either."""
    reasons = {file: one.withheld for one in found for file in one.files}
    return tuple(
        msgspec.structs.replace(metric, change=None, exact_change=msgspec.UNSET, relative=None)
        if metric.withheld == "machine"
        else msgspec.structs.replace(metric, withheld=reasons.get(metric.file))
        for metric in metrics
    )
