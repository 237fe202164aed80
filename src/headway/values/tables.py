"""Opened data on its way between stations: plots' columns, images as they are, files that are read where they lie."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import polars as pl

    from headway.values.snapshot import Axis, PlotDefinition


@dataclass(frozen=True)
class PlotSource:
    """One side of a plot, opened.

    Attributes:
        definition: the plot with its columns resolved: ``y`` is empty only where a custom template takes every column.
        frames: the needed columns by file. CSV and TSV columns are strings as in the file; JSON and YAML columns keep
            the type that all their values share, else they are strings.
        places: where in its file each drawn column lies, such as ``"the list 'val'"`` or ``"column 3"``. A file that
            holds several columns of one name has several places, of which the last is read.
    """

    definition: PlotDefinition
    frames: Mapping[str, pl.DataFrame]
    places: Mapping[Axis, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Originals:
    """The repository's own images, as the files hold them; ``None`` if a side has none."""

    base: bytes | None
    head: bytes | None


@dataclass(frozen=True)
class DataFile:
    """One side of a data file: what is known of it, and where its bytes can be read without a copy.

    Attributes:
        path: relative to the project's root.
        hash: the content hash with its algorithm.
        size: bytes; ``None`` if not known.
        source: the object in DVC's cache, the file in the workspace, or the bytes of a file in git; ``None`` if the
            content is not on this machine.
        remedy: the command that brings it here; empty if it is here or nothing can.
    """

    path: str
    hash: str
    size: int | None
    source: Path | bytes | None
    remedy: str = ""
