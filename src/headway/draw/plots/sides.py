"""Reads both sides of a table plot by one definition: head's, as ``dvc plots diff`` takes the workspace's for all.

Where base cannot be read by it, or a column is another one in base's file, the sides are not comparable: base's numbers
would get head's label.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from headway.compare.plots import axes_in_words, definition_changes
from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from headway.values.comparison import PlotPair
    from headway.values.snapshot import PlotDefinition
    from headway.values.tables import PlotSource

    Opened = tuple[PlotSource | None, tuple[Problem, ...]]
    Opener = Callable[[PlotDefinition], Opened]
    """Reads what a definition draws on one side, and says what is wrong with it."""

_APART = "so each side is drawn by itself and the two are not compared"
_NAME_Y = "name y in dvc.yaml: without it the last column is drawn, which is another one once a column is added"


class Sides(NamedTuple):
    """A plot on both sides; ``None`` where a side has none, or cannot be read."""

    base: PlotSource | None
    head: PlotSource | None
    problems: tuple[Problem, ...]


def read_sides(pair: PlotPair, base: Opener, head: Opener) -> Sides | Problem:
    """Read a table plot on both sides, or say why they are not comparable."""
    old, old_problems = base(pair.base) if pair.base else (None, ())
    new, new_problems = head(pair.head) if pair.head else (None, ())
    if pair.base and pair.head and new:
        declared, wanted = _with_y(pair.base, old), _with_y(pair.head, new)
        if changes := definition_changes(declared, wanted):
            cause = "definition" if definition_changes(pair.base, pair.head) else "last column"
            remedy = "" if pair.head.y or declared.y == wanted.y else _NAME_Y
            changed = Problem(path=pair.id, what=f"the {cause} changed ({'; '.join(changes)})", remedy=remedy)
            # Whether base's file begins with column names depends on base alone.
            wanted = msgspec.structs.replace(wanted, header=pair.base.header)
            adopted = _adopt((old, old_problems), wanted, changed, base)
            if isinstance(adopted, Problem):
                return adopted
            old, old_problems = adopted
        if old and (elsewhere := _elsewhere(old, new)):
            return Problem(path=pair.id, what=f"{elsewhere}, {_APART}")
    return Sides(old, new, (*old_problems, *new_problems))


def change_of_form(pair: PlotPair) -> Problem | None:
    """What there is to say if a plot was an image and is a table, or the other way round."""
    if pair.base is None or pair.head is None or pair.base.form == pair.head.form:
        return None
    what = f"the plot was of the form {pair.base.form} and is of the form {pair.head.form}, {_APART}"
    return Problem(path=pair.id, what=what)


def _with_y(declared: PlotDefinition, opened: PlotSource | None) -> PlotDefinition:
    """The declared definition, with the last column where it names no y."""
    return msgspec.structs.replace(declared, y=declared.y or (opened.definition.y if opened else ()))


def _adopt(own: Opened, wanted: PlotDefinition, changed: Problem, base: Opener) -> Opened | Problem:
    """Read base by head's definition instead of its own, and add the consequence to the footnote on what changed."""
    source, lost = base(wanted)
    if source is None:
        reasons = "; ".join(dict.fromkeys(problem.what for problem in lost))
        what = f"{changed.what} and base cannot be drawn as head defines it ({reasons}), {_APART}"
        return msgspec.structs.replace(changed, what=what) if own[0] else own
    # Read again without the columns that only head has, whose absence from base is not a problem.
    source, problems = base(source.definition)
    shared = [problem for problem in lost if problem in own[1] and problem not in problems]
    what = f"{changed.what}, so both sides are drawn as head defines the plot{_lacking(wanted, source)}"
    return source, (*problems, *shared, msgspec.structs.replace(changed, what=what))


def _lacking(wanted: PlotDefinition, source: PlotSource | None) -> str:
    found = (*source.definition.x, *source.definition.y) if source else ()
    axes = [axis for axis in (*wanted.x, *wanted.y) if axis not in found]
    return f"; base has no {axes_in_words(axes, with_file=len(wanted.files) > 1)}" if axes else ""


def _elsewhere(old: PlotSource, new: PlotSource) -> str:
    """Say which column is another one in base's file than in head's, if either file has several of one name."""
    shared = [(axis, old.places[axis], places) for axis, places in new.places.items() if axis in old.places]
    return "; ".join(
        f"{axis.field!r} is read from {before[-1]} of {axis.file} in base and from {now[-1]} in head"
        for axis, before, now in shared
        if len(before) > 1 or len(now) > 1
        if before[-1] != now[-1]
    )
