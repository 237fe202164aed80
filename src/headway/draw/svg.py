"""The marks of the pages that are composed here, so that their letters look as in charts. Lengths are points."""

from __future__ import annotations

import unicodedata
from functools import cache
from html import escape

from PIL import ImageFont

from headway.draw.theme import FONT, IMAGE_WIDTH, TEXT_SIZE

_MOST_LETTERS = 200  # that fit a page


def page(height: int, color: str, *marks: str) -> str:
    """An SVG as wide as every image, with marks on a background."""
    size = f'width="{IMAGE_WIDTH}" height="{height}"'
    ground = rect(0, 0, IMAGE_WIDTH, height, color)
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{ground}{"".join(marks)}</svg>'


def rect(left: int, top: int, width: int, height: int, color: str) -> str:
    """A filled rectangle."""
    return f'<rect x="{left}" y="{top}" width="{width}" height="{height}" fill="{color}"/>'


def text(left: int, baseline: int, *spans: str, size: int = TEXT_SIZE) -> str:
    """One line of spans."""
    place = f'x="{left}" y="{baseline}" font-family="{FONT}" font-size="{size}"'
    return f"<text {place}>{''.join(spans)}</text>"


def span(words: str, color: str, *, bold: bool = False) -> str:
    """Words in one colour."""
    weight = ' font-weight="bold"' if bold else ""
    return f'<tspan fill="{color}"{weight}>{escape(words)}</tspan>'


_font = cache(ImageFont.load_default)
"""Pillow's own font, for measuring: it is nearly as wide as the page's."""


def fitted(words: str, room: float, size: float = TEXT_SIZE, *, bold: bool = False) -> str:
    """Shorten a text in its middle, where names differ least, until it fits the room."""
    printable = "".join(letter if letter.isprintable() else "\ufffd" for letter in words)
    measured = "".join("W" if unicodedata.east_asian_width(letter) in "WF" else letter for letter in printable)
    font = _font(size * (1.12 if bold else 1.02))
    if font.getlength(measured[:_MOST_LETTERS]) <= room and len(printable) <= _MOST_LETTERS:
        return printable
    for kept in range(min(len(printable), _MOST_LETTERS) - 1, 0, -1):
        start, end = kept // 2, len(printable) - (kept + 1) // 2
        if font.getlength(f"{measured[:start]}…{measured[end:]}") <= room:
            return f"{printable[:start]}…{printable[end:]}"
    return "…"
