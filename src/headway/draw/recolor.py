"""The dark image of a chart from the SVG of its light one.

Both have the same marks, and a program is three times as expensive to run as its SVG is to rasterise. So a built-in
chart is drawn once, and its colours are exchanged. That needs a palette in which a light colour has one dark partner,
and programs that name the palette's colours alone: a scale that mixes colours is an opacity instead.
"""

from __future__ import annotations

import re
from dataclasses import astuple
from typing import Any

from headway.draw.theme import THEMES

_PARTNERS = dict(zip(astuple(THEMES["light"]), astuple(THEMES["dark"]), strict=True))
_COLOR = re.compile(r' (fill|stroke|stop-color)="(#[0-9a-f]{6})"(?=[^<>]*>)')
"""A colour within a tag. Vega escapes angle brackets and quotes in texts and attributes, so no text looks like one."""

_COLOR_KEY = re.compile(r"color$|^fill$|^stroke$|^background$|^value$", re.IGNORECASE)
"""What a program calls its colours. Texts, names of columns and rows may be anything, also a colour's code."""


def to_dark(svg: str) -> str:
    """Exchange the colours of a light SVG that Vega drew from a built-in chart's program."""
    return _COLOR.sub(lambda found: f' {found[1]}="{_PARTNERS.get(found[2], found[2])}"', svg)


def to_dark_program(part: Any) -> Any:  # noqa: ANN401  JSON has no narrower type
    """Exchange the colours of a built-in chart's light program, without those that are the texts of its data."""
    if isinstance(part, list):
        return [to_dark_program(each) for each in part]
    if not isinstance(part, dict):
        return part
    return {key: value if key == "datasets" else _exchanged(key, value) for key, value in part.items()}


def _exchanged(key: str, value: Any) -> Any:  # noqa: ANN401  likewise
    if isinstance(value, str):
        return _PARTNERS.get(value, value) if _COLOR_KEY.search(key) else value
    return to_dark_program(value)
