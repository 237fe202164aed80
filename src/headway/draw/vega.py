"""From a Vega-Lite or Vega program to SVG, in V8. The program may be foreign and hostile.

vl-convert refuses to load data once no base address is allowed, and making an SVG loads no image; what the SVG names is
checked before it becomes pixels (:mod:`headway.draw.raster`).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import vl_convert

from headway.draw.theme import HAS_LETTERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

VEGA_LITE = "6.4"
_FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts")


def draw_svg(spec: dict[str, Any], datasets: Mapping[str, Sequence[dict[str, Any]]] | None = None) -> str:
    """Draw a program as SVG.

    Args:
        datasets: rows by name, which a Vega-Lite program that has no data within it gets once it is compiled.

    Raises:
        ValueError: vl-convert cannot draw it.
    """
    ensure_glyphs(msgspec.json.encode((spec, datasets)).decode())  # their widths place what is beside them
    if datasets:
        spec = vl_convert.vegalite_to_vega(spec, vl_version=VEGA_LITE)
        spec["data"] = [
            {**source, "values": datasets[source["name"]]} if source["name"] in datasets else source
            for source in spec["data"]
        ]
    if "/schema/vega/" in str(spec.get("$schema", "")):
        return vl_convert.vega_to_svg(spec, allowed_base_urls=[])
    return vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE, allowed_base_urls=[])


def ensure_glyphs(text: str) -> None:
    """Register the machine's fonts if a text has letters that vl-convert's own font lacks."""
    if not HAS_LETTERS.fullmatch(text):
        _add_system_fonts()


@cache
def _add_system_fonts() -> None:
    for folder in _FONT_FOLDERS:
        if (path := Path(folder).expanduser()).is_dir():
            vl_convert.register_font_directory(str(path))
