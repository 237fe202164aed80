"""Whether the metrics of two revisions can be compared; docs/comparability.md explains the rules."""

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
    """How the rows of an evaluation input differ.

    Attributes:
        state: ``unknown`` if the rows cannot be read, or cannot be matched.
        what: how they differ, or why that is unknown: a clause such as ``12 rows added``.
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
    """Why metrics cannot, or may not, be compared, per stage.

    ``inputs_of`` returns the changed evaluation inputs of a metrics file. ``read`` compares the rows of an input, and
    returns ``None`` if it is not evaluation data, or did not change.
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
    """The metrics with the reason why they cannot be compared; those that depend on the machine have no change."""
    reasons = {file: one.withheld for one in found for file in one.files}
    return tuple(
        msgspec.structs.replace(metric, change=None, exact_change=msgspec.UNSET, relative=None)
        if metric.withheld == "machine"
        else msgspec.structs.replace(metric, withheld=reasons.get(metric.file))
        for metric in metrics
    )
