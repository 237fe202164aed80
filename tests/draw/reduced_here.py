"""Renderers for tests that need no child process: they read and reduce plots in the test's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.draw.plots.messages import PlotJob, Reduced, UnreadFile
from headway.draw.plots.reducer import reduce_plot
from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from headway.draw.plots.messages import Content
    from headway.values.comparison import PlotPair

    Files = Mapping[str, bytes | Problem | None]


class ReducesHere:
    """Reduces a plot as soon as it is ordered; for classes that stand in for the renderer."""

    def reduce(self, pair: PlotPair, base: Files, head: Files, deliver: Callable[[Reduced], None]) -> None:
        """See :meth:`headway.draw.renderer.Renderer.reduce`."""
        deliver(reduce_plot(PlotJob(pair=pair, base=_contents(base), head=_contents(head))))


class NoRenderer(ReducesHere):
    """Takes every job, reduces plots at once, and draws nothing."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def submit(self, name: str, _job: object, *, dark_key: str | None = None) -> None:
        """See :meth:`headway.draw.renderer.Renderer.submit`."""
        self.names += [name, *([dark_key] if dark_key else [])]

    def results(self) -> dict[str, bytes | str]:
        """See :meth:`headway.draw.renderer.Renderer.results`."""
        return dict.fromkeys(self.names, b"png")


def _contents(files: Files) -> dict[str, Content]:
    return {path: UnreadFile(found) if isinstance(found, Problem) else found for path, found in files.items()}
