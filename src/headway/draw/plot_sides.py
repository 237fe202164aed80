"""Both sides of a table plot, read by one definition: head's, as ``dvc plots diff`` takes the workspace's for all.

Where base cannot be read by it, or a column lies elsewhere in base's file, the sides are not comparable: base's numbers
would stand under head's label.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from headway.compare.plots import axes_in_words, definition_changes
from headway.values.problem import Problem

if TYPE_CHECKING:
    from headway.gather import View
    from headway.values.comparison import PlotPair
    from headway.values.snapshot import PlotDefinition
    from headway.values.tables import PlotSource

    Opened = tuple[PlotSource | None, tuple[Problem, ...]]

_APART = "so each side is drawn by itself and the two are not compared"
_NAME_Y = "name y in dvc.yaml: without it the last column is drawn, which is another one once a column is added"


class Sides(NamedTuple):
    """A plot as both sides hold it; a side that has none, or cannot be read, is ``None``."""

    base: PlotSource | None
    head: PlotSource | None
    problems: tuple[Problem, ...]


def read_sides(pair: PlotPair, base: View, head: View) -> Sides | Problem:
    """Read a table plot on both sides, or say why they are not comparable.

    A side that is alone, or that alone can be read, is read as it declares the plot itself.
    """
    if pair.base and pair.head and pair.base.form != pair.head.form:
        return _apart(pair, f"the plot was of the form {pair.base.form} and is of the form {pair.head.form}")
    old, old_problems = base.tables(pair.base) if pair.base else (None, ())
    new, new_problems = head.tables(pair.head) if pair.head else (None, ())
    if pair.base and pair.head and new:
        declared, wanted = _with_y(pair.base, old), _with_y(pair.head, new)
        if changes := definition_changes(declared, wanted):
            # Whether base's file begins with column names is its own affair.
            wanted = msgspec.structs.replace(wanted, header=declared.header)
            cause = "definition" if definition_changes(pair.base, pair.head) else "last column"
            changed = f"the {cause} changed ({'; '.join(changes)})"
            adopted = _adopt(pair, (old, old_problems), wanted, changed, base)
            if isinstance(adopted, Problem):
                return adopted
            old, old_problems = adopted
        if old and (elsewhere := _elsewhere(old, new)):
            return _apart(pair, elsewhere)
    return Sides(old, new, (*old_problems, *new_problems))


def _with_y(declared: PlotDefinition, opened: PlotSource | None) -> PlotDefinition:
    """The definition as it is declared, with the last column in place of no y."""
    return msgspec.structs.replace(declared, y=declared.y or (opened.definition.y if opened else ()))


def _adopt(pair: PlotPair, own: Opened, wanted: PlotDefinition, changed: str, base: View) -> Opened | Problem:
    """Read base by head's definition in place of its own."""
    source, lost = base.tables(wanted)
    if source is None:
        reasons = "; ".join(dict.fromkeys(problem.what for problem in lost))
        return _apart(pair, f"{changed} and base cannot be drawn as head defines it ({reasons})") if own[0] else own
    # Read again without the columns that head alone has: that base lacks them is no fault.
    source, problems = base.tables(source.definition)
    shared = [problem for problem in lost if problem in own[1] and problem not in problems]
    what = f"{changed}, so both sides are drawn as head defines the plot{_lacking(wanted, source)}"
    return source, (*problems, *shared, Problem(where=pair.id, what=what, remedy=_remedy(pair)))


def _lacking(wanted: PlotDefinition, source: PlotSource | None) -> str:
    found = (*source.definition.x, *source.definition.y) if source else ()
    axes = [axis for axis in (*wanted.x, *wanted.y) if axis not in found]
    return f"; base has no {axes_in_words(axes, with_file=len(wanted.files) > 1)}" if axes else ""


def _elsewhere(old: PlotSource, new: PlotSource) -> str:
    """Say which column is another one in base's file than in head's, where either file holds several of one name."""
    shared = [(axis, old.places[axis], places) for axis, places in new.places.items() if axis in old.places]
    return "; ".join(
        f"{axis.field!r} is read from {before[-1]} of {axis.file} in base and from {now[-1]} in head"
        for axis, before, now in shared
        if len(before) > 1 or len(now) > 1
        if before[-1] != now[-1]
    )


def _apart(pair: PlotPair, why: str) -> Problem:
    return Problem(where=pair.id, what=f"{why}, {_APART}", remedy=_remedy(pair))


def _remedy(pair: PlotPair) -> str:
    return _NAME_Y if pair.head and pair.head.form == "table" and not pair.head.y else ""
