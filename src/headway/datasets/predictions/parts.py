"""A part of the rows of a table of predictions, so that several processes can share a table that is too large for one.

Rows fall into 64 buckets by the CRC of their id, which is the same with every version of every library, and a part has
every N-th bucket. So the rows of an id are in the same part on both sides.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np
import polars as pl

from headway.datasets.predictions.prediction_table import has_own_groups
from headway.gather.read.parsing import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from numpy.typing import NDArray

    from headway.datasets.predictions.prediction_table import PredictionTable

BUCKETS = 64
"""The most parts."""
_ROW = "__headway_row"
"""The column with the position of each row in the whole table."""


@dataclass(frozen=True)
class Part:
    """Some of the buckets.

    Attributes:
        place: which part, from 1.
        count: the number of parts.
        folder: a folder for the rows of this part, which are then read column by column, as those of a table are.
        columns: the columns that metrics read beside those that the table's rule names.
    """

    place: int
    count: int
    folder: Path
    columns: Collection[str] = ()

    def of(self, table: PredictionTable, ids: pl.Expr) -> PredictionTable:
        """The rows of this part in their order; raises ``UnreadableError`` where the file is damaged.

        The table is filtered batch by batch. What is known about all of its rows, such as its classes, stays known.
        """
        self._know_slices(table)
        is_chosen = (
            table.as_text(ids).cast(pl.Binary).map_batches(self._holds, return_dtype=pl.Boolean, is_elementwise=True)
        )
        rows = table.table.frame.with_row_index(_ROW).filter(is_chosen)
        needed = rows.select(_ROW, *(name for name in table.table.types if name in self._needed(table)))
        path = self.folder / f"{len(list(self.folder.iterdir()))}.parquet"
        table.run(needed.sink_parquet(path, compression="lz4", lazy=True))
        chosen = replace(table, table=replace(table.table, frame=pl.scan_parquet(path)))
        return replace(chosen, table=replace(chosen.table, rows=int(chosen.select(pl.len()).item())))

    @staticmethod
    def _know_slices(table: PredictionTable) -> None:
        """Find the values of the whole table, which remembers them for its parts: too many are too many in each."""
        for column in table.rule.slices if has_own_groups(table.rule, table.side) else ():
            with suppress(UnreadableError):  # which is raised again where slices are read
                table.texts(column)

    def _holds(self, ids: pl.Series) -> pl.Series:
        buckets = np.fromiter(map(crc32, ids), np.uint32, len(ids)) % BUCKETS
        return pl.Series(buckets % self.count == self.place - 1)

    def _needed(self, table: PredictionTable) -> set[str]:
        rule = table.rule
        answers = {rule.id, rule.actual, rule.predicted, rule.score, rule.group, *rule.slices}
        several = (table.probabilities, table.actual_labels, table.predicted_labels)
        return answers.union(self.columns, *(columns.values() for columns in several))


def row_numbers(table: PredictionTable, places: NDArray[np.integer[Any]]) -> tuple[int, ...]:
    """The positions in the whole table of some rows of a part; none if the table is not a part of one."""
    if _ROW not in table.table.frame.collect_schema():
        return ()
    return tuple(table.select(pl.col(_ROW).gather(pl.Series(places, dtype=pl.Int64))).to_series().to_list())
