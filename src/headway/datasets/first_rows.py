"""The first rows of a table, however long it is."""

from __future__ import annotations

import io
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from headway.datasets.tables.source import check_first_bytes
from headway.gather.read.parsing import UnreadableError
from headway.text import error_line

if TYPE_CHECKING:
    from headway.values.tables import DataFile

FIRST_ROWS = 1000
_MOST_BYTES = 4 * 1024 * 1024
"""Of a text file's beginning that are read."""
_SEPARATORS = {".csv": ",", ".tsv": "\t"}


def read_first_rows(file: DataFile) -> dict[str, list[Any]]:
    """The values of the first rows by column.

    Raises:
        UnreadableError: the file is not on this machine, or is not what its name says.
    """
    if file.source is None:
        raise UnreadableError("is not on this machine")
    try:
        return _read(file.source, PurePosixPath(file.path).suffix.lower()).to_dict(as_series=False)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError, RecursionError) as error:
        raise UnreadableError(f"cannot be read: {error_line(error)[:200]}") from error


def _read(source: Path | bytes, suffix: str) -> pl.DataFrame:
    check_first_bytes(source, suffix)
    if suffix == ".parquet":
        return pl.scan_parquet(source).head(FIRST_ROWS).collect()
    data = _beginning(source)
    if suffix in _SEPARATORS:
        separator = _SEPARATORS[suffix]
        return pl.read_csv(
            data, separator=separator, n_rows=FIRST_ROWS, infer_schema_length=None, truncate_ragged_lines=True
        )
    lines = (line for line in data.splitlines() if line.strip())
    records = [msgspec.json.decode(line, type=dict[str, Any]) for line in islice(lines, FIRST_ROWS)]
    return pl.DataFrame(records, infer_schema_length=None, strict=False)


def _beginning(source: Path | bytes) -> bytes:
    """The whole lines at the beginning of a file."""
    with source.open("rb") if isinstance(source, Path) else io.BytesIO(source) as stream:
        beginning, rest = stream.read(_MOST_BYTES), stream.read(1)
    return beginning[: beginning.rfind(b"\n") + 1] if rest else beginning
