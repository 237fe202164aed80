"""The contact sheet, in the child process: many small pictures on one page, in groups.

Lengths are points, two pixels each on a wide page. The page, its lines and its words are an SVG, so that letters look
as in charts and those of other scripts are found; the pictures are pasted on it.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image, ImageFont

from headway.draw.decoding import open_image, upright_on_white
from headway.draw.raster import encode, rasterise
from headway.draw.theme import FONT, THEMES, Theme

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from headway.draw.jobs import SheetGroup, SheetJob, Thumbnail

# Even numbers only, so that one and a half pixels a point are whole ones.
_CELL, _GAP, _MARGIN = 100, 10, 16
_COLUMNS, _FEWEST_COLUMNS = 8, 2
_WIDEST = (8, 4, 2)
"""How many cells a group may be wide: whichever makes the shortest page."""
_HEADING, _NAME, _BLOCK_GAP, _FOOT = 46, 18, 14, 24
_TITLE_SIZE, _TEXT_SIZE, _NAME_SIZE = 13, 11, 9.5
_PIXELATED = 3
"""So often enlarged, a picture keeps its own pixels visible; below it is smoothed."""


class _Block(NamedTuple):
    """A group on the page: its pictures in rows, its top left corner, and its width in cells."""

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
    """A picture on the page: its top left corner, the words below it, and the colours of both."""

    image: bytes
    left: int
    top: int
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
    cells = [cell for block in blocks for cell in _cells(block, theme)]
    marks = [*_page_marks(job, blocks, width, height, theme), *(mark for cell in cells for mark in _marks(cell, theme))]
    size = f'width="{width}" height="{height}"'
    page = rasterise(f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(marks)}</svg>').convert("RGB")
    for cell in cells:
        _paste(page, cell, page.width / width)
    return encode(page, error=0)


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
    """Break a group's pictures into rows; before and after stay beside each other."""
    rows: list[list[Thumbnail]] = [[]]
    for thumbnail in group.thumbnails:
        if _cell_count([*rows[-1], thumbnail]) > columns:
            rows.append([])
        rows[-1].append(thumbnail)
    return rows


def _cells(block: _Block, theme: Theme) -> Iterator[_Cell]:
    for number, row in enumerate(block.rows):
        left, top = block.left, block.top + _HEADING + number * (_CELL + _NAME + _GAP)
        for thumbnail in row:
            if thumbnail.before:
                yield _Cell(thumbnail.before, left, top, "before", theme.base_text, theme.base)
                left += _CELL + _GAP
            words, frame = (theme.head, theme.head) if thumbnail.changed else (theme.muted, theme.axis)
            yield _Cell(thumbnail.image, left, top, thumbnail.name, words, frame)
            left += _CELL + _GAP


def _page_marks(job: SheetJob, blocks: Iterable[_Block], width: int, height: int, theme: Theme) -> Iterator[str]:
    """The page itself, the line and the words above each group, and the words at the foot."""
    yield f'<rect width="{width}" height="{height}" fill="{theme.background}"/>'
    for block in blocks:
        yield f'<rect x="{block.left}" y="{block.top}" width="{block.width}" height="1" fill="{theme.axis}"/>'
        title = _fitted(block.group.title, block.width, _TITLE_SIZE, bold=True)
        yield _text(block.left, block.top + 19, title, _TITLE_SIZE, theme.text, "bold")
        remark = _fitted(block.group.remark, block.width, _TEXT_SIZE)
        yield _text(block.left, block.top + 35, remark, _TEXT_SIZE, theme.muted)
    if job.remark:
        remark = _fitted(job.remark, width - 2 * _MARGIN, _TEXT_SIZE)
        yield _text(_MARGIN, height - _MARGIN, remark, _TEXT_SIZE, theme.muted)


def _marks(cell: _Cell, theme: Theme) -> Iterator[str]:
    """A cell's frame, which leaves the picture free, its ground, and the words below."""
    yield _rect(cell, 3 if cell.frame != theme.axis else 1, cell.frame)
    yield _rect(cell, 1 if cell.frame != theme.axis else 0, theme.background)
    yield _rect(cell, 0, theme.cell)
    yield _text(cell.left, cell.top + _CELL + 13, _fitted(cell.name, _CELL, _NAME_SIZE), _NAME_SIZE, cell.color)


def _rect(cell: _Cell, around: int, color: str) -> str:
    side = _CELL + 2 * around
    return f'<rect x="{cell.left - around}" y="{cell.top - around}" width="{side}" height="{side}" fill="{color}"/>'


def _text(left: int, baseline: int, text: str, size: float, color: str, weight: str = "normal") -> str:  # noqa: PLR0913, PLR0917  one word of SVG each
    return (
        f'<text x="{left}" y="{baseline}" font-family="{FONT}" font-size="{size}" font-weight="{weight}" '
        f'fill="{color}">{escape(text)}</text>'
    )


def _paste(page: Image.Image, cell: _Cell, scale: float) -> None:
    image = _fitting(upright_on_white(open_image(cell.image)), round(_CELL * scale))
    left, top = (
        round(start * scale) + (round(_CELL * scale) - length) // 2
        for start, length in zip((cell.left, cell.top), image.size, strict=True)
    )
    page.paste(image, (left, top))


def _fitting(image: Image.Image, side: int) -> Image.Image:
    """Fill a square with a picture as far as its shape allows."""
    zoom = side / max(image.size)
    if zoom >= _PIXELATED:
        return image.resize((image.width * int(zoom), image.height * int(zoom)), Image.Resampling.NEAREST)
    size = max(1, round(image.width * zoom)), max(1, round(image.height * zoom))
    return image.resize(size, Image.Resampling.LANCZOS)


def _fitted(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """Shorten a text in its middle, where names differ least, until it is no wider than the room."""
    printable = "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
    if _width(printable, size, bold=bold) <= room:
        return printable
    for kept in range(min(len(printable), 400) - 1, 0, -1):
        shorter = f"{printable[: kept // 2]}…{printable[len(printable) - (kept + 1) // 2 :]}"
        if _width(shorter, size, bold=bold) <= room:
            return shorter
    return "…"


def _width(text: str, size: float, *, bold: bool) -> float:
    return sum(_letter_width(letter) for letter in text) * size * (1.12 if bold else 1.02)


@cache
def _letter_width(letter: str) -> float:
    """A letter's width as a share of the font's size. Pillow's own font runs as wide as the page's, nearly."""
    if unicodedata.east_asian_width(letter) in "WF":
        return 1.0
    return _measuring_font().getlength(letter) / 100


@cache
def _measuring_font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(100)
