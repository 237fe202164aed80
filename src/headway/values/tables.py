"""Plot data on its way from ``gather`` to ``draw``: tables with only the needed columns, and pictures as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from headway.values.snapshot import PlotDefinition


@dataclass(frozen=True)
class PlotSource:
    """One side of a plot, opened.

    Attributes:
        definition: the plot with its columns resolved: ``y`` is empty only where a custom template takes every column.
        frames: the needed columns by file. CSV and TSV columns are strings as in the file; JSON and YAML columns keep
            the type that all their values share, else they are strings.
    """

    definition: PlotDefinition
    frames: Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class Originals:
    """The repository's own pictures, as the files hold them; ``None`` where a side has none."""

    base: bytes | None
    head: bytes | None
