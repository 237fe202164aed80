"""From an SVG to pixels. The SVG may be foreign and hostile.

vl-convert's rasteriser fetches the pictures that an SVG names, from the network and from the disk, so only an SVG that
was checked to name none is rasterised.
"""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree as ET

import vl_convert
from PIL import Image

from headway.draw import fonts
from headway.draw.decoding import MOST_PIXELS, RefusedError

SCALE = 2.0
NARROW, NARROW_SCALE = 640, 1.5
"""Up to this width, a picture gets this scale: a comment shows it 500 points wide, and one plot need not be finer."""
_EMBEDDED = re.compile(r"data:image/(png|jpe?g|gif|webp);base64,", re.IGNORECASE)


def rasterise(svg: str) -> Image.Image:
    """Turn an SVG into pixels, fine enough for screens of two pixels a point.

    Raises:
        RefusedError: it names something to load, is broken, or is too large.
    """
    root = _parse(svg)
    for element in root.iter():
        _check_links(element)
    fonts.ensure_glyphs(svg)
    return Image.open(io.BytesIO(vl_convert.svg_to_png(svg, scale=_scale(root))))


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
            raise RefusedError(f"the picture would load {value[:80]!r}, and nothing may be loaded while drawing")


def _scale(root: ET.Element) -> float:
    """Pixels per unit, by the width at which a comment shows the picture."""
    width, height = _size(root)
    if width * height * SCALE**2 > MOST_PIXELS:
        raise RefusedError(f"the picture would have {width:.0f} x {height:.0f} points, which is too large")
    return NARROW_SCALE if width <= NARROW else SCALE


def _size(root: ET.Element) -> tuple[float, float]:
    """Width and height, which a view box may give where they are missing or relative."""
    box = [*map(_length, root.get("viewBox", "").replace(",", " ").split()), 0.0, 0.0, 0.0, 0.0]
    sides = (root.get("width", ""), box[2]), (root.get("height", ""), box[3])
    width, height = (fallback if text.endswith("%") or not text else _length(text) for text, fallback in sides)
    if not (width and height):
        raise RefusedError("the SVG does not say how large it is")
    return width, height


def _length(text: str) -> float:
    number = re.match(r"[\d.]+(?:e\d+)?", text)
    return float(number[0]) if number else 0.0
