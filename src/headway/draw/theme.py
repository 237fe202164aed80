"""Colours and type for the light and the dark page.

Base is quiet and head is strong, everywhere and always: grey against the blue of Okabe and Ito's palette ("Color
Universal Design", 2008), which readers of every kind of colour vision tell apart. On a dark page their sky blue takes
its place. Where a sign says what is wanted, blue is wanted and vermilion (orange on dark) is not. Backgrounds and
greys are GitHub's own, so that an image blends into its page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

ThemeName = Literal["light", "dark"]

FONT = "Liberation Sans"
"""vl-convert ships this font inside itself, so that images do not depend on the machine's fonts."""
HAS_LETTERS = re.compile("[\u0000-\u04ff\u1e00-\u1fff\u2000-\u22ff\u25a0-\u25ff]*")
"""Matches a text whose letters are all in the font; others need the machine's fonts."""
IMAGE_WIDTH = 376
"""The points that an image is wide, at the most: two fit beside each other in a comment, and a phone shows one.

Every place shows an image at its own width, so letters have the same size in all images: ``TITLE_SIZE`` for titles,
``TEXT_SIZE`` for everything else.
"""
TITLE_SIZE, TEXT_SIZE = 13, 11
SCALE = 2
"""Pixels per point, for screens of two pixels a point."""


@dataclass(frozen=True)
class Theme:
    """One page's colours."""

    background: str  # the page
    text: str  # titles and numbers
    muted: str  # axes and remarks
    grid: str  # lines that help the eye
    axis: str  # the axes and frames
    guide: str  # the line to compare with
    base: str  # base's marks
    base_text: str  # words about base, which need more contrast than a line
    head: str  # head's marks and words
    worse: str  # the other end of a signed colour scale; the better end is ``head``
    cell: str  # an empty cell of a matrix
    on_colour: str  # text on a strong ``head`` or ``worse`` cell


_COLORS = {  # on the light and on the dark page; the same light color is always the same dark one, see ``recolor``
    "background": ("#ffffff", "#0d1117"),
    "text": ("#1f2328", "#f0f6fc"),
    "muted": ("#59636e", "#9198a1"),
    "grid": ("#eaeef2", "#21262d"),
    "axis": ("#d1d9e0", "#3d444d"),
    "guide": ("#afb8c1", "#656c76"),
    "base": ("#8c959f", "#848d97"),
    "base_text": ("#59636e", "#9198a1"),
    "head": ("#0072b2", "#56b4e9"),
    "worse": ("#d55e00", "#e69f00"),
    "cell": ("#f6f8fa", "#161b22"),
    "on_colour": ("#ffffff", "#0d1117"),
}
THEMES: dict[ThemeName, Theme] = {
    "light": Theme(**{role: light for role, (light, _) in _COLORS.items()}),
    "dark": Theme(**{role: dark for role, (_, dark) in _COLORS.items()}),
}


def config(theme: Theme) -> dict[str, Any]:
    """Give the Vega-Lite configuration that all images share."""
    words = {"labelColor": theme.muted, "titleColor": theme.muted}
    lines = {"domainColor": theme.axis, "gridColor": theme.grid, "tickColor": theme.axis, "tickSize": 4}
    letters = {"labelFontSize": TEXT_SIZE, "titleFontSize": TEXT_SIZE, "titleFontWeight": "normal"}
    subtitle = {"subtitleColor": theme.muted, "subtitleFontSize": TEXT_SIZE, "subtitlePadding": 4}
    title = {"anchor": "start", "frame": "bounds", "offset": 10, "color": theme.text, "fontSize": TITLE_SIZE}
    return {
        "background": theme.background,
        "font": FONT,
        "view": {"stroke": None},
        "axis": {**words, **lines, **letters},
        "axisY": {"domain": False, "ticks": False, "labelPadding": 6},
        "axisX": {"grid": False},
        "legend": words,
        "header": words,
        "title": {**title, **subtitle},
        "text": {"fontSize": TEXT_SIZE, "color": theme.text},
    }
