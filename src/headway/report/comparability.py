"""What a report says where metrics cannot be called better or worse: a clause for its first line, and the reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from headway.report.formatting import and_more, count, first, name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headway.values.comparability import Comparability, EvaluationInput
    from headway.values.comparison import Metric
    from headway.values.report import Report

_MOST = 5
"""Notes, and inputs in one of them."""


class Standing(NamedTuple):
    """Why changed metrics are not judged, for the first line.

    Attributes:
        verdict, why: they read ``verdict: why``.
        number: how many changed metrics it holds for; 0 for all.
        whole: the one of :func:`reasons` that says no more; empty where each does.
    """

    verdict: str
    why: str
    number: int
    whole: str = ""


def standing(report: Report) -> Standing | None:
    """What the first line says of the metrics; ``None`` where all are judged."""
    found = [one for one in _told_together(report.comparability) if one.withheld]
    if not found:
        return None
    shown = [one for one in found if one.withheld == "evaluation"] or found
    held = {file for one in shown for file in one.files}
    number = sum(is_moved(metric) and metric.file in held for metric in report.metrics)
    whole = len(found) == 1 and len(found[0].inputs) < 2 and not found[0].trains  # noqa: PLR2004 - or a reason says more
    of_them = 0 if number == sum(map(is_moved, report.metrics)) else number
    return Standing(*_clause(shown), of_them, _reason(found[0]) if whole and not of_them else "")


def is_moved(metric: Metric) -> bool:
    """Whether a metric counts as changed; what depends on the machine, or could not be read, was not compared."""
    return metric.status not in {"unchanged", "unavailable"} and metric.withheld != "machine"


def _clause(shown: Sequence[Comparability]) -> tuple[str, str]:
    inputs = {each.path: each for one in shown for each in one.inputs if each.state == "changed"}
    if not inputs:
        return "spread of a rerun", "nothing that they depend on changed in dvc.lock"
    first_ = next(iter(inputs.values()))
    return (
        "not comparable",
        f"the evaluation data changed ({name(first_.path)}: {first_.what}){and_more(len(inputs) - 1)}",
    )


def reasons(report: Report) -> tuple[str, ...]:
    """A sentence or two for each stage whose metrics are not judged, or judged in doubt; the former first."""
    found = _told_together(report.comparability)
    told = [_reason(one) for one in sorted(found, key=lambda one: (one.withheld is None, one.withheld or ""))]
    more = f"report.json tells the same of the metrics of {count(len(told) - _MOST, 'more stage')}."
    return (*told[:_MOST], *([more] if told[_MOST:] else []))


def _told_together(found: Sequence[Comparability]) -> list[Comparability]:
    """Stages with the same inputs as one, with the files of all, such as the items of one stage."""
    groups: dict[tuple[object, ...], list[Comparability]] = {}
    for one in found:
        groups.setdefault((one.withheld, one.inputs, one.stage if one.trains else ""), []).append(one)
    return [
        msgspec.structs.replace(members[0], files=tuple(file for one in members for file in one.files))
        for members in groups.values()
    ]


def _reason(one: Comparability) -> str:
    metrics = f"The metrics of {first([name(file) for file in one.files], 3)}"
    if one.withheld == "rerun":
        return (
            f"{metrics} changed, though no dependency, parameter or command did that dvc.lock records for them. That is"
            " the spread of a rerun, so none is called better or worse."
        )
    inputs = "; ".join(_inputs(one.inputs))
    if one.withheld:
        both = f" {name(one.stage)} trains and evaluates in one stage, so its data is the evaluation data." * one.trains
        return f"{metrics} are computed on other data: {inputs}.{both} They are shown without better or worse."
    if any(each.state == "unknown" for each in one.inputs):
        return (
            f"{metrics} are judged, but may be computed on other data: {inputs}. `evaluation` in the settings says what"
            " they are computed on; `predictions` or `data` says which columns hold ids and labels."
        )
    return f"{metrics} can be compared, though data changed: {inputs}."


def _inputs(inputs: Sequence[EvaluationInput]) -> Iterator[str]:
    ordered = sorted(inputs, key=lambda each: ("changed", "unknown", "same").index(each.state))
    yield from (f"{name(each.path)} ({each.what})" for each in ordered[:_MOST])
    if len(ordered) > _MOST:
        yield f"{len(ordered) - _MOST} more"
