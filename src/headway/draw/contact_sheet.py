"""The contact sheet, in the child process: many small images on one page, in groups.

The page is an SVG, so that letters look as in charts and those of other scripts are found. Lengths are its points.
"""

from __future__ import annotations

import base64
import unicodedata
from functools import cache
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from PIL import ImageFont

from headway.draw.decoding import open_image
from headway.draw.raster import encode, rasterise
from headway.draw.theme import FONT, THEMES, Theme

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from headway.draw.jobs import SheetGroup, SheetJob, Thumbnail

# Even numbers only, so that they are whole pixels at one and a half pixels a point.
_CELL, _GAP, _MARGIN = 100, 10, 16
_COLUMNS, _FEWEST_COLUMNS = 8, 2
_WIDEST = (8, 4, 2)
"""How many cells a group may be wide: whichever makes the shortest page."""
_HEADING, _NAME, _BLOCK_GAP, _FOOT = 46, 18, 14, 24
_TITLE_SIZE, _TEXT_SIZE, _NAME_SIZE = 13, 11, 9.5
_MOST_LETTERS = 200  # that fit a page
_PIXELATED = 2
"""Enlarged by this factor, an image keeps its own pixels visible; below, it is smoothed."""


class _Block(NamedTuple):
    """A group on the page: its images in rows, its top left corner, and its width in cells."""

    group: SheetGroup
    rows: list[list[Thumbnail]]
    left: int
    top: int
    columns: int

    @property
    def width(self) -> int:
        return self.columns * (_CELL + _GAP) - _GAP

    @property
    def bottom(self) -> int:
        return self.top + _HEADING + len(self.rows) * (_CELL + _NAME + _GAP) - _GAP


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
    blocks = min((_flow(job.groups, widest) for widest in _WIDEST), key=_bottom)
    width = max(block.left + block.width for block in blocks) + _MARGIN
    height = _bottom(blocks) + _MARGIN + (_FOOT if job.remark else 0)
    marks = list(_page_marks(job, blocks, width, height, theme))
    marks += [mark for block in blocks for mark in _block_marks(block, theme)]
    size = f'width="{width}" height="{height}"'
    return encode(rasterise(f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(marks)}</svg>'), error=0)


def _flow(groups: Iterable[SheetGroup], widest: int) -> list[_Block]:
    """Put groups beside each other while they fit, then below; none is wider than so many cells."""
    blocks: list[_Block] = []
    used, top = 0, _MARGIN
    for group in groups:
        columns = min(widest, max(_FEWEST_COLUMNS, _cell_count(group.thumbnails)))
        if used + columns > _COLUMNS:
            used, top = 0, _bottom(blocks) + _BLOCK_GAP
        blocks.append(_Block(group, _rows(group, columns), _MARGIN + used * (_CELL + _GAP), top, columns))
        used += columns
    return blocks


def _bottom(blocks: Iterable[_Block]) -> int:
    return max(block.bottom for block in blocks)


def _cell_count(thumbnails: Iterable[Thumbnail]) -> int:
    return sum(2 if thumbnail.before else 1 for thumbnail in thumbnails)


def _rows(group: SheetGroup, columns: int) -> list[list[Thumbnail]]:
    """Break a group's images into rows; before and after stay beside each other."""
    rows: list[list[Thumbnail]] = [[]]
    for thumbnail in group.thumbnails:
        if _cell_count([*rows[-1], thumbnail]) > columns:
            rows.append([])
        rows[-1].append(thumbnail)
    return rows


def _cells(thumbnail: Thumbnail, theme: Theme) -> Iterator[_Cell]:
    if thumbnail.before:
        yield _Cell(thumbnail.before, "before", theme.base_text, theme.base)
    words, frame = (theme.head, theme.head) if thumbnail.changed else (theme.muted, theme.axis)
    yield _Cell(thumbnail.image, thumbnail.name, words, frame)


def _page_marks(job: SheetJob, blocks: Iterable[_Block], width: int, height: int, theme: Theme) -> Iterator[str]:
    """The page, the line and the words above each group, and the words at the foot."""
    yield _rect(0, 0, width, height, theme.background)
    for block in blocks:
        yield _rect(block.left, block.top, block.width, 1, theme.axis)
        title = _fitted(block.group.title, block.width, _TITLE_SIZE, bold=True)
        yield _text(block.left, block.top + 19, title, _TITLE_SIZE, theme.text, "bold")
        remark = _fitted(block.group.remark, block.width, _TEXT_SIZE)
        yield _text(block.left, block.top + 35, remark, _TEXT_SIZE, theme.muted)
    if job.remark:
        remark = _fitted(job.remark, width - 2 * _MARGIN, _TEXT_SIZE)
        yield _text(_MARGIN, height - _MARGIN, remark, _TEXT_SIZE, theme.muted)


def _block_marks(block: _Block, theme: Theme) -> Iterator[str]:
    """The images of a group, in rows from its top left corner."""
    for number, row in enumerate(block.rows):
        top = block.top + _HEADING + number * (_CELL + _NAME + _GAP)
        cells = (cell for thumbnail in row for cell in _cells(thumbnail, theme))
        for column, cell in enumerate(cells):
            yield from _cell_marks(cell, block.left + column * (_CELL + _GAP), top, theme)


def _cell_marks(cell: _Cell, left: int, top: int, theme: Theme) -> Iterator[str]:
    """A cell's frame, its ground, its image and the words below."""
    frames = ((1, cell.frame),) if cell.frame == theme.axis else ((3, cell.frame), (1, theme.background))
    for around, color in (*frames, (0, theme.cell)):
        yield _rect(left - around, top - around, _CELL + 2 * around, _CELL + 2 * around, color)
    rendering = "optimizeSpeed" if max(open_image(cell.image).size) * _PIXELATED <= _CELL else "optimizeQuality"
    place = f'x="{left}" y="{top}" width="{_CELL}" height="{_CELL}" image-rendering="{rendering}"'
    yield f'<image {place} href="data:image/png;base64,{base64.b64encode(cell.image).decode()}"/>'
    yield _text(left, top + _CELL + 13, _fitted(cell.name, _CELL, _NAME_SIZE), _NAME_SIZE, cell.color)


def _rect(left: int, top: int, width: int, height: int, color: str) -> str:
    return f'<rect x="{left}" y="{top}" width="{width}" height="{height}" fill="{color}"/>'


def _text(left: int, baseline: int, text: str, size: float, color: str, weight: str = "normal") -> str:  # noqa: PLR0913, PLR0917  one word of SVG each
    return (
        f'<text x="{left}" y="{baseline}" font-family="{FONT}" font-size="{size}" font-weight="{weight}" '
        f'fill="{color}">{escape(text)}</text>'
    )


_font = cache(ImageFont.load_default)
"""Pillow's own font, for measuring: it is nearly as wide as the page's."""


def _fitted(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """Shorten a text in its middle, where names differ least, until it fits the room."""
    printable = "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
    measured = "".join("W" if unicodedata.east_asian_width(letter) in "WF" else letter for letter in printable)
    font = _font(size * (1.12 if bold else 1.02))
    if font.getlength(measured[:_MOST_LETTERS]) <= room and len(printable) <= _MOST_LETTERS:
        return printable
    for kept in range(min(len(printable), _MOST_LETTERS) - 1, 0, -1):
        start, end = kept // 2, len(printable) - (kept + 1) // 2
        if font.getlength(f"{measured[:start]}…{measured[end:]}") <= room:
            return f"{printable[:start]}…{printable[end:]}"
    return "…"
