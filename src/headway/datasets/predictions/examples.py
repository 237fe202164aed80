"""What the settings let a report show of single examples: their texts and their images."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from fnmatch import fnmatchcase
from math import isqrt
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import polars as pl
from PIL import Image

from headway.datasets.images.image_files import ImageFile
from headway.datasets.images.reading import thumbnail
from headway.datasets.predictions.prediction_files import find_prediction_files
from headway.datasets.predictions.prediction_table import column_problem, open_predictions
from headway.draw.decoding import MOST_BYTES, RefusedError
from headway.draw.flip_sheet import shown_images, with_only
from headway.draw.jobs import THUMBNAIL_SIDE
from headway.gather.read.parsing import UnreadableError
from headway.settings import PredictionsRule
from headway.text import first_difference, first_names, shortened
from headway.values.flips import ExampleText
from headway.values.problem import Problem
from headway.values.report import IMAGE_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from headway.gather import RevisionReader
    from headway.settings import ExamplesRule
    from headway.values.flips import Flip, Flips

    Cells = Mapping[str, Mapping[str, Any]]
    """The cells of examples by their ids, then by column."""

MOST_CHARACTERS = 500
"""Of a text that is shown."""
_SHARED = 100
"""Of them, those that both sides have before the first difference, if that is far behind the beginning."""
_LEVELS = 255


@dataclass(frozen=True)
class Examples:
    """Reads the examples of a table of predictions on both sides.

    Attributes:
        rule: the table; its ``examples`` say what to show.
        examples: these.
        base, head: the revisions.
    """

    rule: PredictionsRule
    examples: ExamplesRule
    base: RevisionReader
    head: RevisionReader

    def with_texts(self, flips: Flips) -> Flips:
        """The flips with the texts of their examples; raises ``UnreadableError`` where these cannot be read."""
        if not self.examples.text:
            return flips
        ids = [flip.id for flip in (*flips.fixed, *flips.broken)]
        head = self._cells(self.head, ids, self.examples.text)
        base = head if self.examples.table else self._cells(self.base, ids, self.examples.text)

        def complete(found: Sequence[Flip]) -> tuple[Flip, ...]:
            return tuple(msgspec.structs.replace(flip, texts=self._texts(flip.id, base, head)) for flip in found)

        return msgspec.structs.replace(flips, fixed=complete(flips.fixed), broken=complete(flips.broken))

    def _texts(self, id_: str, base: Cells, head: Cells) -> tuple[ExampleText, ...]:
        sides = [side.get(id_, {}) for side in (base, head)]
        return tuple(_sides(column, *(side.get(column) for side in sides)) for column in self.examples.text)

    def with_images(self, flips: Flips) -> tuple[Flips, dict[str, bytes]]:
        """The flips that name the images of one contact sheet, and these images by path.

        Each is a PNG that fits into a cell. Raises ``UnreadableError`` where they cannot be read.
        """
        if not (self.examples.image or self.examples.pixels):
            return flips, {}
        images = self._images([flip.id for flip in (*flips.broken, *flips.fixed)])
        paths = {id_: _path(image) for id_, image in images.items()}

        def named(listed: Sequence[Flip]) -> tuple[Flip, ...]:
            return tuple(msgspec.structs.replace(flip, image=paths.get(flip.id)) for flip in listed)

        flips = msgspec.structs.replace(flips, fixed=named(flips.fixed), broken=named(flips.broken))
        shown = set(shown_images(flips))
        return with_only(flips, shown), {paths[id_]: image for id_, image in images.items() if paths[id_] in shown}

    def _images(self, ids: Sequence[str]) -> dict[str, bytes]:
        """A small PNG of each example whose image can be read."""
        if self.examples.pixels:
            return _drawn(self._pixels(ids))
        cells = self._cells(self.head, ids, [self.examples.image])
        found = {id_: self._read(_text(row.get(self.examples.image))) for id_, row in cells.items()}
        return {id_: image for id_, image in found.items() if image is not None}

    def _read(self, path: str) -> bytes | None:
        content = self.head.read(path, MOST_BYTES) if path else None
        if content is None or isinstance(content, Problem):
            return None
        try:
            return thumbnail(ImageFile(path, "", lambda: io.BytesIO(content)), THUMBNAIL_SIDE)
        except RefusedError:
            return None

    def _pixels(self, ids: Sequence[str]) -> dict[str, np.ndarray[Any, Any]]:
        """The gray levels of each example as a square, from its columns in their order."""
        table = self._open(self.head)
        columns = [name for name in table.table.types if fnmatchcase(name, self.examples.pixels)]
        if others := [name for name in columns if not table.table.is_number(name)]:
            raise UnreadableError(f"has no numbers in {first_names(others)}, which `{self.examples.pixels}` matches")
        side = isqrt(len(columns))
        if not columns or side**2 != len(columns):
            what = f"{len(columns):,} columns that match `{self.examples.pixels}`"
            raise UnreadableError(f"has {what}, which is not the number of pixels of a square")
        rows = self._cells(self.head, ids, columns)
        levels = {
            id_: np.array([np.nan if row[name] is None else float(row[name]) for name in columns])
            for id_, row in rows.items()
        }
        return {id_: each.reshape(side, side) for id_, each in levels.items() if np.isfinite(each).all()}

    def _open(self, view: RevisionReader) -> Any:  # noqa: ANN401 - a table of predictions, whatever else it holds
        path = self.examples.table or self.rule.path
        return open_predictions(
            PredictionsRule(path=path, id=self.rule.id), find_prediction_files(view, path), view.side
        )

    def _cells(self, view: RevisionReader, ids: Sequence[str], columns: Sequence[str]) -> Cells:
        table = self._open(view)
        for problem in filter(None, (column_problem(name, table.table) for name in columns)):
            raise UnreadableError(problem)
        id_ = pl.col(self.rule.id).cast(pl.String)
        frame = table.table.frame.filter(id_.is_in(list(ids))).select(id_.alias("id"), *_apart(columns))
        return {row[0]: dict(zip(columns, row[1:], strict=True)) for row in frame.collect().rows()}


def _apart(columns: Sequence[str]) -> Iterator[pl.Expr]:
    """The columns under names that differ from that of the id."""
    return (pl.col(name).alias(f"column {place}") for place, name in enumerate(columns))


def _sides(column: str, base: object, head: object) -> ExampleText:
    """The texts of both sides, those that differ only far behind their beginning around the first difference."""
    old, new = _text(base), _text(head)
    place = first_difference(old, new)
    start = place - _SHARED if old != new and place > MOST_CHARACTERS - _SHARED else 0
    return ExampleText(column=column, base=_excerpt(old, start), head=_excerpt(new, start))


def _excerpt(text: str, start: int) -> str:
    return shortened(f"…{text[start:]}" if start else text, MOST_CHARACTERS)


def _text(cell: object) -> str:
    return "" if cell is None else str(cell)


def _drawn(levels: Mapping[str, np.ndarray[Any, Any]]) -> dict[str, bytes]:
    """Squares of gray levels as PNGs, from black for the lowest one of all to white for the highest."""
    if not levels:
        return {}
    low, high = min(0.0, *(each.min() for each in levels.values())), max(each.max() for each in levels.values())
    scale = _LEVELS / (high - low) if high > low else 0.0
    return {id_: _png(((each - low) * scale).round().astype(np.uint8)) for id_, each in levels.items()}


def _png(levels: np.ndarray[Any, np.dtype[np.uint8]]) -> bytes:
    stream = io.BytesIO()
    image = Image.fromarray(levels)
    image.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    image.save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def _path(image: bytes) -> str:
    """Name an image by its content alone, so that no id becomes a file's name."""
    return f"{IMAGE_FOLDER}/example-{hashlib.sha256(image).hexdigest()[:16]}.png"
