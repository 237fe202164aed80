"""From a Vega-Lite or Vega program to PNG, in the child process. The program may be foreign and hostile.

vl-convert refuses to load data once no base address is allowed, but its rasteriser still fetches the pictures that an
SVG names, from the network and from the disk. So the program becomes SVG first, which loads nothing, and only an SVG
that was checked is rasterised.
"""

from __future__ import annotations

import io
import re
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
import vl_convert
from PIL import Image

from headway.draw import png
from headway.draw.decoding import MOST_PIXELS, RefusedError

VEGA_LITE = "6.4"
SCALE = 2.0
NARROW, NARROW_SCALE = 640, 1.5
"""Up to this width, a picture gets this scale: a comment shows it 500 points wide, and one plot need not be finer."""
_COVERED = re.compile("[\u0000-\u04ff\u1e00-\u1fff\u2000-\u22ff\u25a0-\u25ff]*")
_FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts")
_EMBEDDED = re.compile(r"data:image/(png|jpe?g|gif|webp);base64,", re.IGNORECASE)


def draw(spec: dict[str, Any]) -> bytes:
    """Draw a program, fine enough for screens of two pixels a point.

    Raises:
        RefusedError: it names something to load, or is too large.
        ValueError: vl-convert cannot draw it.
    """
    find_letters(msgspec.json.encode(spec).decode())
    if "/schema/vega/" in str(spec.get("$schema", "")):
        svg = vl_convert.vega_to_svg(spec, allowed_base_urls=[])
    else:
        svg = vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE, allowed_base_urls=[])
    return png.encode(rasterise(svg))


def find_letters(text: str) -> None:
    """Have the letters of a text at hand before it is drawn, from the machine's fonts where vl-convert's lacks some."""
    if not _COVERED.fullmatch(text):
        _add_system_fonts()


@cache
def _add_system_fonts() -> None:
    """Find letters that vl-convert's own font lacks among the machine's fonts; letters that it has stay its own."""
    for folder in _FONT_FOLDERS:
        if (path := Path(folder).expanduser()).is_dir():
            vl_convert.register_font_directory(str(path))


def rasterise(svg: str) -> Image.Image:
    """Turn an SVG into pixels once it is known to load nothing and to fit into memory."""
    root = _parse(svg)
    for element in root.iter():
        _check_links(element)
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
