"""The contact sheet, in the child process: many small images on one page, in groups."""

from __future__ import annotations

import base64
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from headway.draw import sheet_grid, svg
from headway.draw.decoding import RefusedError, open_image, upright_on_white
from headway.draw.jobs import THUMBNAIL_SIDE
from headway.draw.raster import encode, rasterise
from headway.draw.sheet_grid import CELL, GAP, MARGIN, Block
from headway.draw.theme import IMAGE_WIDTH, THEMES, TITLE_SIZE, Theme

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headway.draw.jobs import SheetGroup, SheetJob, Thumbnail

_PIXELATED = 2
"""Enlarged by this factor, an image keeps its own pixels visible; below, it is smoothed."""


class _Cell(NamedTuple):
    """An image, the words below it, and the colours of the words and the frame."""

    image: bytes
    name: str
    color: str
    frame: str


def compose(job: SheetJob) -> bytes:
    """Draw a contact sheet.

    Raises:
        RefusedError: a thumbnail cannot be read.
    """
    theme = THEMES[job.theme]
    blocks = sheet_grid.arrange([group.thumbnails for group in job.groups])
    height = sheet_grid.height(blocks)
    remark = svg.fitted(job.remark, IMAGE_WIDTH - 2 * MARGIN)
    foot = svg.text(MARGIN, height - MARGIN - 3, svg.span(remark, theme.muted))
    named = zip(job.groups, blocks, strict=True)
    marks = chain.from_iterable((*_heading(group, block, theme), *_images(block, theme)) for group, block in named)
    return encode(rasterise(svg.page(height, theme.background, *marks, foot)), error=0)


def encode_again(thumbnail: bytes) -> bytes:
    """Decode a foreign thumbnail, and encode nothing but its pixels.

    Raises:
        RefusedError: it is not a PNG, or larger than a cell.
    """
    image = open_image(thumbnail, ("PNG",))
    if max(image.size) > THUMBNAIL_SIDE:
        raise RefusedError(f"the image has {image.width} x {image.height} pixels, more than a cell of a contact sheet")
    return encode(upright_on_white(image), error=0)


def _heading(group: SheetGroup, block: Block[Thumbnail], theme: Theme) -> Iterator[str]:
    """The line and the words above a group."""
    yield svg.rect(block.left, block.top, block.width, 1, theme.axis)
    title = svg.fitted(group.title, block.width, TITLE_SIZE, bold=True)
    yield svg.text(block.left, block.top + 15, svg.span(title, theme.text, bold=True), size=TITLE_SIZE)
    yield svg.text(block.left, block.top + 29, svg.span(svg.fitted(group.remark, block.width), theme.muted))


def _images(block: Block[Thumbnail], theme: Theme) -> Iterator[str]:
    """The images of a group, in rows."""
    for number, row in enumerate(block.rows):
        cells = (cell for thumbnail in row for cell in _cells(thumbnail, theme))
        for column, cell in enumerate(cells):
            yield from _cell_marks(cell, block.left + column * (CELL + GAP), block.row_top(number), theme)


def _cells(thumbnail: Thumbnail, theme: Theme) -> Iterator[_Cell]:
    if thumbnail.before:
        yield _Cell(thumbnail.before, "before", theme.base_text, theme.base)
    words, frame = (theme.head, theme.head) if thumbnail.changed else (theme.muted, theme.axis)
    yield _Cell(thumbnail.image, thumbnail.name, words, frame)


def _cell_marks(cell: _Cell, left: int, top: int, theme: Theme) -> Iterator[str]:
    """A cell's frame, its ground, its image and the words below."""
    frames = ((1, cell.frame),) if cell.frame == theme.axis else ((3, cell.frame), (1, theme.background))
    for around, color in (*frames, (0, theme.cell)):
        yield svg.rect(left - around, top - around, CELL + 2 * around, CELL + 2 * around, color)
    rendering = "optimizeSpeed" if max(open_image(cell.image).size) * _PIXELATED <= CELL else "optimizeQuality"
    place = f'x="{left}" y="{top}" width="{CELL}" height="{CELL}" image-rendering="{rendering}"'
    yield f'<image {place} href="data:image/png;base64,{base64.b64encode(cell.image).decode()}"/>'
    yield svg.text(left, top + CELL + 14, svg.span(svg.fitted(cell.name, CELL), cell.color))
