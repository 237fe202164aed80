"""What changed the model, in one line: parameters with their values, then code, data and the pipeline itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from headway.report.blocks import Link, Name, joined, line
from headway.report.formatting import NOTHING, count, literal_values
from headway.report.sections.params import changed_params, param_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from headway.report.blocks import Inline
    from headway.report.links import Links
    from headway.values.comparison import Cause
    from headway.values.report import Report

_NOUNS = {"code": "file", "data": "data input", "stage": "stage", "command": "command"}
_OF_A_STAGE = {"stage", "command"}
"""Causes that each stage has by itself; the others are the same cause in every stage that has them."""


class _Cause(NamedTuple):
    cause: Cause
    stage: str


def cause_summary(report: Report, links: Links) -> Inline:
    """The first cause of each kind and the number of the others; empty if nothing that stages depend on changed."""
    kinds: dict[str, list[_Cause]] = {kind: [] for kind in ("parameter", *_NOUNS)}
    for each in _distinct(report):
        kinds.setdefault(each.cause.kind, []).append(each)
    params = _params(report, [each.cause for each in kinds["parameter"]])
    return joined("; ", filter(None, (params, *(_part(kinds[kind], report, links) for kind in _NOUNS))))


def _distinct(report: Report) -> Iterable[_Cause]:
    """Each cause once, however many stages share it."""
    found: dict[tuple[str, str, str], _Cause] = {}
    for stage in report.stages:
        for cause in stage.causes:
            own = stage.name if cause.kind in _OF_A_STAGE else ""
            found.setdefault((cause.kind, cause.what, own), _Cause(cause, stage.name))
    return found.values()


def _params(report: Report, causes: Sequence[Cause]) -> Inline:
    """The first parameter that has two values, if there is one; without stages, of all that changed."""
    if causes:
        values = {cause.what: literal_values(cause) for cause in causes}
    else:
        found = [param for param in changed_params(report) if param.status != "unavailable"]
        values = {f"{param.file}:{param.key}": param_values(param) for param in found} if not report.stages else {}
    if not values:
        return ()
    changed = {cause.what for cause in causes if cause.change == "changed"}
    what = next((each for each in values if each in changed), next(iter(values)))
    base, head = values[what]
    shown = (
        (base, " → ", head) if NOTHING not in (base, head) else (head, " added") if base == NOTHING else ("removed",)
    )
    rest = f" and {count(len(values) - 1, 'more parameter')}" if len(values) > 1 else ""
    return line(Name(what.partition(":")[2] or what), " ", *shown, rest)


def _part(causes: Sequence[_Cause], report: Report, links: Links) -> Inline:
    if not causes:
        return ()
    noun = _NOUNS[causes[0].cause.kind]
    rest = f" and {count(len(causes) - 1, f'more {noun}')}" if len(causes) > 1 else ""
    return line(_named(*causes[0], report, links), rest)


def _named(cause: Cause, stage: str, report: Report, links: Links) -> Inline:
    tail = f" {cause.change}" if cause.change in {"added", "removed"} else ""
    match cause.kind:
        case "code":
            return line("code ", Link(cause.what, links.change(report, cause.what)), tail)
        case "data":
            return line("data ", Name(cause.what), tail)
        case "stage":
            return line("stage ", Name(stage), f" {cause.what}")
    return line("command of ", Name(stage))
