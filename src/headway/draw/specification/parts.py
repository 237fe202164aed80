"""The pieces that every program is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from headway.draw.theme import config

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from headway.draw.theme import Theme
    from headway.values.revision import Side

Json = dict[str, Any]

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
_TITLE_LETTERS = 90
_LABEL_LETTERS = 28


@dataclass(frozen=True)
class Grid:
    """Small multiples: the size of each plot, how many share a row, and the pixels between two."""

    width: int
    height: int
    columns: int = 1
    gap: int = 0
    row_gap: int = 88


@dataclass(frozen=True)
class Page:
    """What all plots of an image share."""

    theme: Theme
    grid: Grid
    interactive: bool


def program(page: Page, title: str, remark: str, datasets: Mapping[str, Sequence[Json]], plots: Sequence[Json]) -> Json:
    """Put an image together: a bold title, a quiet line below it, and plots in rows.

    The gaps run from plot to plot, whatever their labels take, so that all plots are aligned.
    """
    spacing = {"column": page.grid.gap, "row": page.grid.row_gap}
    many = {"concat": plots, "columns": page.grid.columns, "bounds": "flush", "spacing": spacing}
    return {
        "$schema": SCHEMA,
        "config": config(page.theme),
        "padding": 10,
        "title": {"text": shortened(title, _TITLE_LETTERS), "subtitle": shortened(remark, 2 * _TITLE_LETTERS)},
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


def heading(name: str, remark: str, theme: Theme) -> list[Json]:
    """Name a small plot at a fixed place; that of a Vega title would depend on the axis labels."""
    title = text_at(0, -30 if remark else -16, shortened(name, 40), theme.text, fontWeight="bold")
    return [title, text_at(0, -15, remark, theme.muted, fontSize=11)] if remark else [title]


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
