"""CSV tables: of digits, which :mod:`digits.predict` and the service read, and of predictions, which both write.

Not :mod:`digits.schema`: it needs the labels, holds the whole table as text, and loads pandera. A test checks that
both take the same cells.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from digits.dataset import LEVELS, PIXELS
from digits.inference.samples import PIXEL_RULE, SHOWN_ROWS, MalformedError, Sample, SampleBuilder, shown
from digits.predictions import DECIMALS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from digits.inference.classifier import Prediction

_OPTIONAL = ("id", "label")
_VALUES = {str(value): value for value in range(LEVELS + 1)}
"""The value of each spelling of a pixel."""


class _Header(NamedTuple):
    """Where the columns are."""

    width: int
    id: int | None
    pixels: list[int]


def read_table(lines: Iterable[str], most_rows: int | None = None) -> Sample:
    """Read a table with the 64 pixels, and perhaps ``id``; ``label`` is ignored.

    Args:
        lines: the lines of the table, with their ends.
        most_rows: how many rows it may have.

    Raises:
        InputError: it is not such a table.
    """
    builder = SampleBuilder(most_rows)
    try:
        reader = csv.reader(lines, strict=True)
        header = _read_header(next(reader, []))
        for cells in reader:
            _add_row(builder, header, cells)
    except (csv.Error, UnicodeDecodeError) as error:
        raise MalformedError(f"not a CSV table in UTF-8: {error}") from error
    return builder.sample()


def _read_header(names: list[str]) -> _Header:
    known = {*PIXELS, *_OPTIONAL}
    counts = Counter(names)  # a body of commas has a million of them
    wrong = [
        *(f"missing column {name}" for name in PIXELS if name not in counts),
        *(f"unknown column {shown(name)}" for name in counts if name not in known),
        *(f"column {name} twice" for name in sorted(known) if counts[name] > 1),
    ]
    if wrong:
        more = [f"and {len(wrong) - SHOWN_ROWS} more"] if len(wrong) > SHOWN_ROWS else []
        raise MalformedError("; ".join([*wrong[:SHOWN_ROWS], *more]))
    return _Header(len(names), names.index("id") if "id" in names else None, [names.index(name) for name in PIXELS])


def _add_row(builder: SampleBuilder, header: _Header, cells: list[str]) -> None:
    if len(cells) != header.width:
        given_id = cells[header.id] if header.id is not None and header.id < len(cells) else None
        builder.add(given_id, b"", [("", f"{len(cells)} cells, but the header has {header.width}")])
        return
    given_id = None if header.id is None else cells[header.id]
    texts = [cells[place] for place in header.pixels]
    try:
        builder.add(given_id, bytes([_VALUES[text] for text in texts]), [])
    except KeyError:
        builder.add(given_id, b"", [(name, _why(text)) for name, text in zip(PIXELS, texts, strict=True) if _why(text)])


def _why(text: str) -> str:
    """What is wrong with a pixel; empty if nothing is."""
    if text in _VALUES:
        return ""
    return f"{shown(text)} is not {PIXEL_RULE}" if text else "empty"


def write_table(prediction: Prediction) -> str:
    """The table ``id``, ``digit``, ``probability``, and ``p_<class>`` for each class."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["id", "digit", "probability", *(f"p_{name}" for name in prediction.classes)])
    rows = zip(prediction.ids, prediction.digits, prediction.probabilities.tolist(), strict=True)
    for name, digit, probabilities in rows:
        writer.writerow([name, digit, *(f"{value:.{DECIMALS}f}" for value in (max(probabilities), *probabilities))])
    return out.getvalue()
