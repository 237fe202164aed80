"""Why metrics are called neither better nor worse: a clause for the headline, and a note for each reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from headway.judge.movement import counts_as_changed
from headway.report.formatting import and_more, count, first, name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headway.values.comparability import Comparability, EvaluationInput
    from headway.values.report import Report

_MOST = 5
"""Notes, and inputs in one of them."""


class WithheldVerdict(NamedTuple):
    """That so many changed metrics are not judged, in one word, and why."""

    metrics: int
    label: str
    why: str


def withheld_verdict(report: Report) -> WithheldVerdict | None:
    """What the headline says of metrics that are not judged; ``None`` where all are."""
    found = [each for each in report.comparability if each.withheld]
    shown = [each for each in found if each.withheld == "evaluation"] or found
    if not shown:
        return None
    files = {file for each in shown for file in each.files}
    number = sum(counts_as_changed(metric) and metric.file in files for metric in report.metrics)
    changed = {each.path: each for one in shown for each in one.inputs if each.state == "changed"}
    if not changed:
        return WithheldVerdict(
            number, "explained by run-to-run variation", "nothing that they depend on changed in dvc.lock"
        )
    evidence = next(iter(changed.values()))
    why = f"the evaluation data changed ({name(evidence.path)}: {evidence.what}){and_more(len(changed) - 1)}"
    return WithheldVerdict(number, "not comparable", why)


def reasons(report: Report) -> tuple[str, ...]:
    """A sentence or two for each reason why metrics are not judged, or judged in doubt; the former come first.

    A reason that the headline gives in full is left out.
    """
    groups = sorted(_grouped(report.comparability), key=lambda each: (each.withheld is None, each.withheld or ""))
    if len(groups) == 1 and _fits_the_headline(groups[0], report):
        return ()
    told = [_reason(each) for each in groups]
    more = f"report.json lists the metrics of {count(len(told) - _MOST, 'more stage')} with the same reasons."
    return (*told[:_MOST], *([more] if told[_MOST:] else []))


def _fits_the_headline(found: Comparability, report: Report) -> bool:
    """Whether the headline tells all of it: it concerns every changed metric and has one cause at the most."""
    others = any(counts_as_changed(metric) and metric.file not in found.files for metric in report.metrics)
    return found.withheld is not None and len(found.inputs) <= 1 and not found.trains and not others


def _grouped(found: Sequence[Comparability]) -> list[Comparability]:
    """Stages with the same inputs as one, such as the items of a ``foreach`` stage, with the files of all."""
    groups: dict[tuple[object, ...], list[Comparability]] = {}
    for each in found:
        groups.setdefault((each.withheld, each.inputs, each.stage if each.trains else ""), []).append(each)
    return [
        msgspec.structs.replace(members[0], files=tuple(file for each in members for file in each.files))
        for members in groups.values()
    ]


def _reason(found: Comparability) -> str:
    metrics = f"The metrics of {first([name(file) for file in found.files], 3)}"
    if found.withheld == "rerun":
        return (
            f"{metrics} changed although dvc.lock records no changed dependency, parameter or command for them. That is"
            " run-to-run variation, so none is called better or worse."
        )
    inputs = "; ".join(_inputs(found.inputs))
    if found.withheld:
        both = f" {name(found.stage)} trains and evaluates in one stage, so its data is evaluation data." * found.trains
        return f"{metrics} are computed on other data: {inputs}.{both} They are shown without better or worse."
    if any(each.state == "unknown" for each in found.inputs):
        return (
            f"{metrics} are judged, but may be computed on other data: {inputs}. To settle it, name what they are"
            " computed on under `evaluation` in the settings, or the columns of ids and labels under `predictions` or"
            " `data`."
        )
    return f"{metrics} are comparable although data changed: {inputs}."


def _inputs(inputs: Sequence[EvaluationInput]) -> Iterator[str]:
    ordered = sorted(inputs, key=lambda each: ("changed", "unknown", "same").index(each.state))
    yield from (f"{name(each.path)} ({each.what})" for each in ordered[:_MOST])
    if len(ordered) > _MOST:
        yield f"{len(ordered) - _MOST} more"
