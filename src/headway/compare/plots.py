"""Plots of both sides, paired by what declares them, so that same-named plots of two dvc.yaml are never mixed."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from headway.values.comparison import PlotPair

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from headway.values.snapshot import PlotDefinition

Group = dict[str, "PlotDefinition"]
"""The plots of one name by the dvc.yaml that declares them."""


def pair_plots(base: tuple[PlotDefinition, ...], head: tuple[PlotDefinition, ...]) -> tuple[PlotPair, ...]:
    """One pair for each plot, in head's order; plots that only base has come last.

    DVC puts the dvc.yaml before a plot's name only where the name is used twice in a revision, so the same plot may be
    ``loss`` in base and ``models/a/dvc.yaml::loss`` in head, once a second ``loss`` exists. Here it is the same plot,
    and has the longer name as soon as either side needs it.
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
    """Where a title is used twice, the folder follows it: ``Loss (models/a)``."""
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
    sides = [side and msgspec.structs.replace(side, title=title) for side in (pair.base, pair.head)]
    return PlotPair(id=pair.id, base=sides[0], head=sides[1])
