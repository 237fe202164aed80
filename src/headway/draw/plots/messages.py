"""The messages between the renderer and its child process for tables: plots one way, charts the other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from headway.values.chart import Chart
from headway.values.comparison import PlotPair
from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping


class StoredFile(msgspec.Struct, frozen=True, tag="stored"):
    """A file that is too large for a message, and where its content was stored."""

    path: str


class UnreadFile(msgspec.Struct, frozen=True, tag="unread"):
    """A file that cannot be read, and why."""

    problem: Problem


Content = bytes | StoredFile | UnreadFile | None
"""What one side has under a path; ``None`` if it has nothing there."""


class PlotJob(msgspec.Struct, frozen=True, kw_only=True):
    """Read a table plot on both sides, and reduce it to charts.

    ``base`` and ``head`` have the files that each side may read, by path.
    """

    pair: PlotPair
    base: dict[str, Content]
    head: dict[str, Content]


class PlotOrder(msgspec.Struct, frozen=True):
    """A plot for the child, and the seconds it may take."""

    job: PlotJob
    limit: float


class FoundImage(msgspec.Struct, frozen=True, kw_only=True):
    """An image that the files of a plot hold: its chart's id and title, and its content on each side."""

    id: str
    title: str
    base: bytes | None
    head: bytes | None


class Reduced(msgspec.Struct, frozen=True, kw_only=True):
    """The charts and images of a plot and what was left out, or one sentence that says why there are none."""

    charts: tuple[Chart, ...] = ()
    images: tuple[FoundImage, ...] = ()
    problems: tuple[Problem, ...] = ()
    reason: str = ""


def load(contents: Mapping[str, Content], path: str) -> bytes | Problem | None:
    """The content of a file, from wherever it is."""
    content = contents.get(path)
    if isinstance(content, StoredFile):
        return Path(content.path).read_bytes()
    return content.problem if isinstance(content, UnreadFile) else content
