"""Small PNG files: vl-convert's are four times larger than need be.

A chart has a few hundred colours, most of them from the soft edges of letters. The 256 most frequent make a palette,
which halves the file again and changes no pixel visibly; where it would, as in a photograph, the colours stay.
"""

from __future__ import annotations

import io
from typing import cast

from PIL import Image, ImageChops

_PALETTE = 256
_CHART_COLORS = 16_384  # a picture with more colours is no chart
_CELL_ERROR = 3  # the farthest that two colours of one cell are apart, of 255
_EDGE_ERROR = 32  # what the soft edge of a letter may be off by and no reader sees it

RGB = tuple[int, int, int]


def encode(image: Image.Image, *, error: int = _EDGE_ERROR) -> bytes:
    """Write an opaque picture as PNG, the same bytes for the same pixels; no channel is off by more than ``error``."""
    stream = io.BytesIO()
    opaque = image.convert("RGB")
    (_with_palette(opaque, error) or opaque).save(stream, "PNG", compress_level=6)
    return stream.getvalue()


def _with_palette(image: Image.Image, error: int) -> Image.Image | None:
    """Reduce to a palette; ``None`` where that is impossible within the error.

    Pillow looks a colour up by the corner of its cell of 4 x 4 x 4 levels. So there is one colour a cell, the most
    frequent, and it stands at the corner while pixels are looked up: the page's colour stays exact, and a colour whose
    cell is in the palette is off by three levels at most.
    """
    counted = image.getcolors(_CHART_COLORS)
    if counted is None:
        return None
    cells: dict[RGB, RGB] = {}
    for _, color in sorted(counted, reverse=True):
        red, green, blue = cast("RGB", color)
        cells.setdefault((red & ~3, green & ~3, blue & ~3), (red, green, blue))
    frequent = dict(list(cells.items())[:_PALETTE])
    lookup = Image.new("P", (1, 1))
    lookup.putpalette([channel for corner in frequent for channel in corner])
    reduced = image.quantize(palette=lookup, dither=Image.Dither.NONE)
    reduced.putpalette([channel for color in frequent.values() for channel in color])
    good = len(cells) <= _PALETTE and error >= _CELL_ERROR
    return reduced if good or _worst(image, reduced) <= error else None


def _worst(image: Image.Image, reduced: Image.Image) -> int:
    errors = ImageChops.difference(image, reduced.convert("RGB")).histogram()
    return max(value % 256 for value, count in enumerate(errors) if count)
