"""From an SVG, which may be foreign and hostile, to pixels, and from pixels to a small PNG file.

vl-convert's rasteriser fetches the images that an SVG names, from the network and from the disk, so an SVG that names
any is refused first. Its own PNG files are four times larger than necessary: a chart has a few hundred colours, most of
them from the soft edges of letters. A palette of the 256 most frequent halves the file again and changes no pixel
visibly; where it would, as in a photograph, the colours stay.
"""

from __future__ import annotations

import io
import re
from typing import cast
from xml.etree import ElementTree as ET

import vl_convert
from PIL import Image, ImageChops

from headway.draw.decoding import MOST_PIXELS, RefusedError
from headway.draw.theme import SCALE
from headway.draw.vega import ensure_glyphs

_EMBEDDED = re.compile(r"data:image/(png|jpe?g|gif|webp);base64,", re.IGNORECASE)

_PALETTE = 256
_CHART_COLORS = 16_384  # an image with more colours is not a chart
_CELL_ERROR = 3  # the farthest that two colours of one cell are apart, of 255
_EDGE_ERROR = 32  # by how much the soft edge of a letter may be off, invisibly

RGB = tuple[int, int, int]


def rasterise(svg: str) -> Image.Image:
    """Turn an SVG into pixels, fine enough for screens of two pixels a point.

    Raises:
        RefusedError: it names something to load, is broken, or is too large.
    """
    root = _parse(svg)
    for element in root.iter():
        _check_links(element)
    _check_size(root)
    ensure_glyphs(svg)
    return Image.open(io.BytesIO(vl_convert.svg_to_png(svg, scale=SCALE)))


def _parse(svg: str) -> ET.Element:
    """Parse an SVG whose document type, if any, declares nothing, as entities could hide what it loads."""
    if re.search(r"<!ENTITY|<!DOCTYPE[^>]*\[", svg):
        raise RefusedError("the SVG declares entities, which could hide what it loads")
    try:
        return ET.fromstring(svg)  # noqa: S314  there are no entities to expand, and expat loads no document type
    except ET.ParseError as error:
        raise RefusedError(f"the SVG is broken: {error}") from error


def _check_links(element: ET.Element) -> None:
    """Refuse every reference but those into the SVG itself; a hyperlink loads nothing."""
    if element.tag.rpartition("}")[2] == "a":
        return
    for name, value in element.attrib.items():
        if name.rpartition("}")[2] == "href" and not value.startswith("#") and not _EMBEDDED.match(value):
            raise RefusedError(f"the image would load {value[:80]!r}, and nothing may be loaded while drawing")


def _check_size(root: ET.Element) -> None:
    """Refuse an image that is too large; a view box may give a missing size."""
    box = [*map(_length, root.get("viewBox", "").replace(",", " ").split()), 0.0, 0.0, 0.0, 0.0]
    sides = (root.get("width", ""), box[2]), (root.get("height", ""), box[3])
    width, height = (fallback if text.endswith("%") or not text else _length(text) for text, fallback in sides)
    if not (width and height):
        raise RefusedError("the SVG does not say how large it is")
    if width * height * SCALE**2 > MOST_PIXELS:
        raise RefusedError(f"the image would have {width:.0f} x {height:.0f} points, which is too large")


def _length(text: str) -> float:
    number = re.match(r"[\d.]+(?:e\d+)?", text)
    return float(number[0]) if number else 0.0


def encode(image: Image.Image, *, error: int = _EDGE_ERROR) -> bytes:
    """Write an opaque PNG, the same bytes for the same pixels; no channel is off by more than ``error``."""
    stream = io.BytesIO()
    opaque = image.convert("RGB")
    (_with_palette(opaque, error) or opaque).save(stream, "PNG", compress_level=6)
    return stream.getvalue()


def _with_palette(image: Image.Image, error: int) -> Image.Image | None:
    """Reduce to a palette; ``None`` where that is impossible within the error.

    Pillow looks a colour up by the corner of its cell of 4 x 4 x 4 levels. So the palette gets the most frequent colour
    of each cell, which the corner represents during the look-up: the page's colour stays exact, and a colour whose cell
    is in the palette is off by three levels at most.
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
    if len(cells) <= _PALETTE and error >= _CELL_ERROR:
        return reduced
    errors = ImageChops.difference(image, reduced.convert("RGB")).histogram()
    worst = max(value % 256 for value, count in enumerate(errors) if count)
    return reduced if worst <= error else None
