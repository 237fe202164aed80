"""From a Vega-Lite or Vega program to SVG, in V8. The program may be foreign and hostile.

vl-convert refuses to load data once no base address is allowed, and making an SVG loads no picture; what the SVG names
is checked before it becomes pixels (:mod:`headway.draw.svg`).
"""

from __future__ import annotations

from typing import Any

import msgspec
import vl_convert

from headway.draw import fonts

VEGA_LITE = "6.4"


def draw(spec: dict[str, Any]) -> str:
    """Draw a program as SVG.

    Raises:
        ValueError: vl-convert cannot draw it.
    """
    fonts.ensure_glyphs(msgspec.json.encode(spec).decode())  # their widths place what stands beside them
    if "/schema/vega/" in str(spec.get("$schema", "")):
        return vl_convert.vega_to_svg(spec, allowed_base_urls=[])
    return vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE, allowed_base_urls=[])
