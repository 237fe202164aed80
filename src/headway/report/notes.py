"""Problems as a reader wants them: what is wrong with many files for one reason is said once."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, NamedTuple

from headway.report.formatting import first
from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from headway.values.revision import Side

_FEWEST = 3
"""Problems that say the same from which on they are said together."""


class _Reason(NamedTuple):
    """What makes problems the same: all but the path, which stands in the place and ends the remedy."""

    what: str
    side: Side
    command: str


def grouped(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The problems in their order, those of many files of one side that differ in nothing but the path as one."""
    groups: dict[Problem | _Reason, list[Problem]] = {}
    for problem in problems:
        groups.setdefault(_reason(problem) or problem, []).append(problem)
    return tuple(one for reason, members in groups.items() for one in _as_one(reason, members))


def _reason(problem: Problem) -> _Reason | None:
    if problem.side is None or not problem.remedy.endswith(f" {problem.path}"):
        return None
    return _Reason(problem.what, problem.side, problem.remedy.removesuffix(f" {problem.path}"))


def _as_one(reason: Problem | _Reason, members: Sequence[Problem]) -> Sequence[Problem]:
    if isinstance(reason, Problem) or len(members) < _FEWEST:
        return members
    paths = list(dict.fromkeys(member.path for member in members))
    remedy = f"{reason.command} {shlex.join(paths)}"
    return [Problem(where=f"{first(paths)} ({reason.side})", what=reason.what, remedy=remedy)]
