"""Plots of both sides, paired by their ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.values.comparison import PlotPair

if TYPE_CHECKING:
    from headway.values.snapshot import PlotDefinition


def pair_plots(base: tuple[PlotDefinition, ...], head: tuple[PlotDefinition, ...]) -> tuple[PlotPair, ...]:
    """One pair for each plot id, in head's order; plots that only base has come last."""
    olds = {plot.id: plot for plot in base}
    news = {plot.id: plot for plot in head}
    return tuple(PlotPair(id=id_, base=olds.get(id_), head=news.get(id_)) for id_ in {**news, **olds})
