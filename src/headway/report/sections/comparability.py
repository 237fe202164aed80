"""Why metrics are called neither better nor worse: a sentence per reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from headway.judge.movement import counts_as_changed
from headway.report.formatting import count, name
from headway.text import first_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headway.values.comparability import Comparability, EvaluationInput
    from headway.values.report import Report

_MOST = 5
"""Reasons, and inputs in one of them."""


def reasons(report: Report) -> tuple[str, ...]:
    """Why metrics are not, or may not be, comparable, as sentences."""
    groups = sorted(_grouped(report.comparability), key=lambda each: (each.withheld is None, each.withheld or ""))
    if len(groups) == 1 and not groups[0].paired and _concerns_all(groups[0], report):
        return (_brief_reason(groups[0]),)
    sentences = [_reason(each) for each in groups]
    more = f"See report.json for {count(len(sentences) - _MOST, 'more reason')}."
    return (*sentences[:_MOST], *([more] if sentences[_MOST:] else []))


def _brief_reason(found: Comparability) -> str:
    """The reason if it concerns every changed metric."""
    if found.withheld == "rerun":
        return "Run-to-run variation: dvc.lock records no change in what the metrics depend on."
    evidence = "; ".join(f"{name(each.path)}: {each.what}" for each in found.inputs)
    return f"Not comparable: the evaluation data changed{f' ({evidence})' if evidence else ''}."


def _concerns_all(found: Comparability, report: Report) -> bool:
    """Whether a reason concerns every changed metric and has at most one cause."""
    others = any(counts_as_changed(metric) and metric.file not in found.files for metric in report.metrics)
    return found.withheld is not None and len(found.inputs) <= 1 and not found.trains and not others


def _grouped(found: Sequence[Comparability]) -> list[Comparability]:
    """Stages with the same inputs as one entry with the files of all, such as the items of a ``foreach`` stage."""
    groups: dict[tuple[object, ...], list[Comparability]] = {}
    for each in found:
        own = each.stage if each.trains else ""
        groups.setdefault((each.withheld, each.inputs, each.paired, own), []).append(each)
    return [
        msgspec.structs.replace(members[0], files=tuple(file for each in members for file in each.files))
        for members in groups.values()
    ]


def _reason(found: Comparability) -> str:
    metrics = f"The metrics in {first_names([name(file) for file in found.files], 3)}"
    if found.withheld == "rerun":
        return (
            f"{metrics} changed, but dvc.lock records no changed dependency, parameter or command. This is run-to-run"
            " variation, so Headway calls none of them better or worse."
        )
    inputs = "; ".join(_inputs(found.inputs))
    if found.withheld:
        both = f" {name(found.stage)} trains and evaluates, so all its data counts as evaluation data." * found.trains
        judged = "Those with predictions are judged on the rows of both sides; " if found.paired else ""
        none = "none of the others" if found.paired else "none of them"
        words = f"{judged}Headway calls {none} better or worse."
        return f"{metrics} are computed on different data: {inputs}.{both} {words}"
    if found.paired:
        return f"{metrics} are judged on the rows of both sides, as the others differ: {inputs}."
    if any(each.state == "unknown" for each in found.inputs):
        return (
            f"{metrics} may be computed on different data: {inputs}. Headway compares them nevertheless. To make sure,"
            " list their data under `evaluation` in the settings, or name the columns of ids and labels under"
            " `predictions` or `data`."
        )
    return f"{metrics} are comparable, although data changed: {inputs}."


def _inputs(inputs: Sequence[EvaluationInput]) -> Iterator[str]:
    ordered = sorted(inputs, key=lambda each: ("changed", "unknown", "same").index(each.state))
    yield from (f"{name(each.path)} ({each.what})" for each in ordered[:_MOST])
    if len(ordered) > _MOST:
        yield f"{len(ordered) - _MOST} more"
