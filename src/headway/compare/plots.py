"""Pairs the plots of both sides by what declares them, so same-named plots of two dvc.yaml files are never mixed.

:func:`definition_changes` says whether two definitions of a plot draw different numbers.
"""

from __future__ import annotations

import posixpath
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from headway.values.comparison import PlotPair

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from headway.values.snapshot import Axis, PlotDefinition

Group = dict[str, "PlotDefinition"]
"""The plots of one name by the dvc.yaml that declares them."""
_LINES = frozenset({"linear", "simple", "smooth"})
"""The templates that Headway draws the same way: as lines that are not smoothed."""
_NAMED = 6
"""Columns that a footnote names."""


def pair_plots(base: tuple[PlotDefinition, ...], head: tuple[PlotDefinition, ...]) -> tuple[PlotPair, ...]:
    """One pair per plot, in head's order; plots that only base has come last.

    DVC puts the dvc.yaml before a plot's name only if the name is used twice in a revision, so the same plot may be
    ``loss`` in base and ``models/a/dvc.yaml::loss`` in head. Such a pair has the longer name.
    """
    olds, news = _by_name(base), _by_name(head)
    pairs = [pair for name in {**news, **olds} for pair in _pairs(name, olds.get(name, {}), news.get(name, {}))]
    return _with_distinct_titles(sorted(pairs, key=lambda pair: pair.head is None))


def _by_name(plots: Iterable[PlotDefinition]) -> dict[str, Group]:
    groups: dict[str, Group] = defaultdict(dict)
    for plot in plots:
        groups[plot.id.removeprefix(f"{plot.source}::")][plot.source] = plot
    return groups


def _pairs(name: str, old: Group, new: Group) -> Iterator[PlotPair]:
    sides = {source: (old.get(source), new.get(source)) for source in {**new, **old}}
    gone, come = [source for source in old if source not in new], [source for source in new if source not in old]
    if len(gone) == len(come) == 1 and name in old[gone[0]].files and name in new[come[0]].files:
        sides[come[0]] = (sides.pop(gone[0])[0], new[come[0]])  # the same file, declared elsewhere
    for source, (base, head) in sides.items():
        yield PlotPair(id=f"{source}::{name}" if source and len(sides) > 1 else name, base=base, head=head)


def _with_distinct_titles(pairs: list[PlotPair]) -> tuple[PlotPair, ...]:
    """Titles that several plots use, with the folder added: ``Loss (models/a)``."""
    titled: dict[str, list[PlotPair]] = defaultdict(list)
    for pair in pairs:
        if title := _shown(pair).title:
            titled[title].append(pair)
    renamed = {id_: words for title, group in titled.items() for id_, words in _tell_apart(title, group).items()}
    return tuple(_titled(pair, renamed[pair.id]) if pair.id in renamed else pair for pair in pairs)


def _tell_apart(title: str, group: list[PlotPair]) -> Mapping[str, str]:
    if len(group) == 1:
        return {}
    plots = {pair.id: _shown(pair) for pair in group}
    folders = {id_: posixpath.dirname(plot.source or plot.files[0]) or "." for id_, plot in plots.items()}
    words = folders if len(set(folders.values())) == len(group) else {pair.id: pair.id for pair in group}
    return {id_: f"{title} ({word})" for id_, word in words.items()}


def _shown(pair: PlotPair) -> PlotDefinition:
    shown = pair.head or pair.base
    assert shown is not None  # noqa: S101 - tells the type checker that a pair has a side
    return shown


def _titled(pair: PlotPair, title: str) -> PlotPair:
    return PlotPair(id=pair.id, base=_named(pair.base, title), head=_named(pair.head, title))


def _named(plot: PlotDefinition | None, title: str) -> PlotDefinition | None:
    return plot and msgspec.structs.replace(plot, title=title)


def drawn_apart(pair: PlotPair) -> tuple[PlotPair, PlotPair]:
    """Head's plot and base's as two separate pairs whose titles name the side, because they cannot be compared."""
    sides = ((pair.base, "base"), (pair.head, "head"))
    base, head = (_named(side, f"{(side and side.title) or pair.id} ({name})") for side, name in sides)
    apart = ((pair.id, None, head), (f"base::{pair.id}", base, None))
    new, old = (PlotPair(id=id_, base=one, head=other, thresholds=pair.thresholds) for id_, one, other in apart)
    return new, old


def definition_changes(base: PlotDefinition, head: PlotDefinition) -> tuple[str, ...]:
    """How two definitions of one plot draw different numbers, such as ``y was 'loss', is 'acc'``.

    Titles, labels, the order of curves, and a template of the same kind change no number.
    """
    compared = [("the form", base.form, head.form), ("the template", _kind(base), _kind(head))]
    if _curves(base) != _curves(head):
        several = len({axis.file for plot in (base, head) for axis in (*plot.x, *plot.y)}) > 1
        words = partial(axes_in_words, with_file=several)
        rows, last = "the row number", "the last column"
        compared.append(("x", words(base.x) if base.x else rows, words(head.x) if head.x else rows))
        compared.append(("y", words(base.y) if base.y else last, words(head.y) if head.y else last))
    compared.append(("header", str(base.header).lower(), str(head.header).lower()))
    changes = tuple(f"{name} was {old}, is {new}" for name, old, new in compared if old != new)
    edited = base.custom != head.custom and _kind(base) == _kind(head)
    return (*changes, f"the template {head.template!r} has other content") if edited else changes


def axes_in_words(axes: Iterable[Axis], *, with_file: bool) -> str:
    """The names of columns, with their files: ``'loss' of train.csv and 'loss' of val.csv``."""
    names = list(dict.fromkeys(f"{axis.field!r} of {axis.file}" if with_file else repr(axis.field) for axis in axes))
    *first, last = names if len(names) <= _NAMED else [*names[:_NAMED], f"{len(names) - _NAMED} more"]
    return f"{', '.join(first)} and {last}" if first else last


def _kind(plot: PlotDefinition) -> str:
    """The kind of chart; templates that differ only in order, normalization or jitter are one kind."""
    if plot.custom is not None:
        return repr(plot.template)
    return "linear" if plot.template in _LINES else plot.template.partition("_")[0]


def _curves(plot: PlotDefinition) -> frozenset[tuple[Axis | None, Axis | None]]:
    """Each y with its x; ``None`` is the row number, or a last column that is not known yet."""
    ys = plot.y or (None,)
    xs = plot.x if len(plot.x) > 1 else (plot.x or (None,)) * len(ys)
    return frozenset(zip(xs, ys, strict=True))
