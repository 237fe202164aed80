"""The pieces that every program is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

from headway.draw.theme import FONT, IMAGE_WIDTH, TEXT_SIZE, TITLE_SIZE, config

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from headway.draw.theme import Theme
    from headway.values.revision import Side

Json = dict[str, Any]

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
PADDING = 10
"""The points around an image."""
INNER_WIDTH = IMAGE_WIDTH - 2 * PADDING
_TITLE_LINES = 2
BETWEEN = " · "
"""What is between two remarks below a title."""
_LABEL_LETTERS = 28
_LETTERS = {
    letter: width
    for letters, width in {
        "ijl'": 0.22,
        " !,./:;I[]\\ft|": 0.28,
        '()-`r{}"': 0.34,
        "*^cksvxyzJ": 0.5,
        "+<=>~\N{MINUS SIGN}": 0.584,
        "AKBEPSVXY&": 0.67,
        "CDHNRUw": 0.72,
        "GOQ": 0.78,
        "mM": 0.84,
        "W%": 0.93,
        "@\N{HORIZONTAL ELLIPSIS}\N{RIGHTWARDS ARROW}": 1.0,
    }.items()
    for letter in letters
}
"""The widths of Liberation Sans (metrically Arial), by the size of the type, of letters that are not a digit wide."""
_DIGIT, _WIDE = 0.556, 1.0
_BOLDER = 0.04  # by which a bold letter is wider; digits are not


@dataclass(frozen=True)
class Grid:
    """Small multiples: the size of each plot, how many share a row, and the pixels between two."""

    width: int
    height: int
    columns: int = 1
    gap: int = 0
    row_gap: int = 88


_PAGE_FONT = f"{FONT}, Arial, Helvetica, sans-serif"
"""A browser may lack the font of the images; Arial and Helvetica are as wide."""
_PAGE_STRETCH = 1.15  # what the letters of another font may take


@dataclass(frozen=True)
class Page:
    """What all plots of an image share."""

    theme: Theme
    grid: Grid
    interactive: bool

    @property
    def stretch(self) -> float:
        """By how much a text may be wider than in the font of the images."""
        return _PAGE_STRETCH if self.interactive else 1.0


def program(page: Page, title: str, remark: str, datasets: Mapping[str, Sequence[Json]], plots: Sequence[Json]) -> Json:
    """Put an image together: a bold title, a quiet line below it, and plots in rows.

    The gaps run from plot to plot, whatever their labels take, so that all plots are aligned.
    """
    spacing = {"column": page.grid.gap, "row": page.grid.row_gap}
    many = {"concat": plots, "columns": page.grid.columns, "bounds": "flush", "spacing": spacing}
    return {
        "$schema": SCHEMA,
        # Nobody hears an image: descriptions of each of its marks take V8 a fifth of its time.
        "config": config(page.theme) | ({"font": _PAGE_FONT} if page.interactive else {"aria": False}),
        "padding": PADDING,
        "title": {
            "text": wrapped(title, size=TITLE_SIZE, bold=True, width=INNER_WIDTH / page.stretch),
            "subtitle": wrapped(remark, size=TEXT_SIZE, width=INNER_WIDTH / page.stretch),
            "limit": INNER_WIDTH,
        },
        "datasets": {"one": [{}], **datasets},
        **(plots[0] if len(plots) == 1 else many),
    }


def text_at(x: float, y: float, text: str, color: str, **mark: Any) -> Json:  # noqa: ANN401  Vega-Lite's mark properties
    """Write one text at a pixel of the plot, or beside it: an axis that can be zoomed would cut it off."""
    place = {"align": "left", "baseline": "middle", "clip": False}
    return {
        "data": {"name": "one"},
        "mark": {"type": "text", "text": text, "color": color, **place, **mark},
        "encoding": {"x": {"value": x}, "y": {"value": y}},
    }


def label_at(x: float, y: float, side: Side, text: str, theme: Theme, **mark: Any) -> Json:  # noqa: ANN401  likewise
    """Write words about a side in its colour; head's are bold."""
    color, weight = (theme.head, "bold") if side == "head" else (theme.base_text, "normal")
    return text_at(x, y, text, color, **mark, fontWeight=weight)


def tooltip(*fields: str, **titles: str) -> Json:
    """Encode the fields of a row that the pointer shows; ``titles`` are fields under another name, and come first."""
    named = [{"field": field, "title": title} for field, title in titles.items()]
    return {"tooltip": [*named, *({"field": field} for field in fields)]}


def zoom(index: int) -> Json:
    """Let the wheel and the pointer move both axes of a plot, on interactive pages only."""
    return {"params": [{"name": f"zoom{index}", "select": "interval", "bind": "scales"}]}


def shortened(text: str, letters: int = _LABEL_LETTERS) -> str:
    """Shorten a name in its middle, as names differ at their ends."""
    if len(text) <= letters:
        return text
    head = (letters - 1) // 2
    return f"{text[:head]}…{text[-(letters - 1 - head) :]}"


def text_width(text: str, *, size: int = TEXT_SIZE, bold: bool = False) -> float:
    """Estimate the points that a text takes, within a few hundredths for Latin letters."""
    wide = (_WIDE if east_asian_width(letter) in "WF" else _LETTERS.get(letter, _DIGIT) for letter in text)
    letters = sum(map(str.isalpha, text)) if bold else 0
    return (sum(wide) + _BOLDER * letters) * size


def fitted(text: str, width: float, *, size: int = TEXT_SIZE, bold: bool = False) -> str:
    """Shorten a text in its middle until it is no wider than ``width`` points."""
    letters = min(len(text), int(width))
    while letters > 1 and text_width(shortened(text, letters), size=size, bold=bold) > width:
        letters -= 1
    return shortened(text, letters)


def wrapped(text: str, *, size: int, bold: bool = False, width: float = INNER_WIDTH) -> str | list[str]:
    """Break a text into two lines at the most, no wider than ``width`` points; between its remarks if possible."""

    def fits(line: str) -> bool:
        return text_width(line, size=size, bold=bold) <= width

    lines = [""]
    for between in (BETWEEN, " "):
        lines = _broken(" ".join(text.split()), between, fits)
        if all(map(fits, lines)):
            break
    shown = [fitted(line, width, size=size, bold=bold) for line in lines]
    return shown if len(shown) > 1 else shown[0]


def _broken(text: str, between: str, fits: Callable[[str], bool]) -> list[str]:
    lines = [""]
    for piece in text.split(between):
        longer = f"{lines[-1]}{between}{piece}" if lines[-1] else piece
        is_full = lines[-1] and len(lines) < _TITLE_LINES and not fits(longer)
        lines[-1:] = [lines[-1], piece] if is_full else [longer]
    return lines
