"""Opened data that passes between subpackages: columns of plots, image files, and locations of data files."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from headway.values.chart import USUAL_THRESHOLD

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import polars as pl

    from headway.values.snapshot import Axis, PlotDefinition


_BIN_SIZES = "count counts n support size samples n_samples total bin_count bin_counts bin_size bin_total"
COMPANIONS = {
    **dict.fromkeys(_BIN_SIZES.split(" "), "size"),
    **dict.fromkeys(("threshold", "thresholds"), "threshold"),
    **dict.fromkeys(("id", "idx", "index", "sample", "sample_id", "row_id", "uid", "uuid"), "id"),
}
"""What columns that a plot does not declare tell about its points, by their names in lower case: the rows in a bin of a
calibration curve (``size``), and the threshold of a point of a ROC or precision-recall curve."""


@dataclass(frozen=True)
class PlotSource:
    """One side of a plot, opened.

    Attributes:
        definition: the plot with its columns resolved: ``y`` is empty only if a custom template takes all columns.
        frames: the needed columns by file, with the file's ``COMPANIONS``. CSV and TSV columns are strings; JSON and
            YAML columns have the type that all their values share, or are strings.
        places: where each drawn column is in its file, such as ``"the list 'val'"`` or ``"column 3"``. If a file
            contains several columns of one name, Headway reads the last.
        threshold: the decision threshold of the side, whose point on a curve is marked.
    """

    definition: PlotDefinition
    frames: Mapping[str, pl.DataFrame]
    places: Mapping[Axis, tuple[str, ...]] = field(default_factory=dict)
    threshold: float = USUAL_THRESHOLD


IMAGE_LIMIT = 20 * 1024 * 1024
"""Bytes of an image that are read at most."""


@dataclass(frozen=True)
class Originals:
    """The contents of an image file on both sides; ``None`` if the side has none."""

    base: bytes | None
    head: bytes | None


@dataclass(frozen=True)
class DataFile:
    """One side of a data file, and where its content can be read without a copy.

    Attributes:
        path: the path, relative to the project's root.
        hash: the content hash with its algorithm.
        size: the size in bytes; ``None`` if it is unknown.
        source: the object in DVC's cache, the file in the workspace, or the bytes of a file in git; ``None`` if the
            content is not on this machine.
        remedy: the command that downloads missing content; otherwise empty.
    """

    path: str
    hash: str
    size: int | None
    source: Path | bytes | None
    remedy: str = ""
