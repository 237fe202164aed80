"""The small pieces that every program is made of."""

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


def program(theme: Theme, title: str, remark: str, datasets: Mapping[str, Sequence[Json]], body: Json) -> Json:
    """Put a picture together: a bold title, a quiet line below it, the data once, the drawing."""
    return {
        "$schema": SCHEMA,
        "config": config(theme),
        "padding": 10,
        "title": {"text": shortened(title, _TITLE_LETTERS), "subtitle": shortened(remark, 2 * _TITLE_LETTERS)},
        "datasets": {"one": [{}], **datasets},
        **body,
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
    """Write words about a side in its colour; head's are strong."""
    color, weight = (theme.head, "bold") if side == "head" else (theme.base_text, "normal")
    return text_at(x, y, text, color, **mark, fontWeight=weight)


def tooltip(*fields: str) -> Json:
    """Give the encoding by which the pointer tells some fields of a row; ``side`` comes from ``side_column``."""
    return {"tooltip": [{"field": field} for field in fields]}


def side_column(side: Side) -> list[Json]:
    """Give each row a column that names its side."""
    return [{"calculate": f"'{side}'", "as": "side"}]


@dataclass(frozen=True)
class Grid:
    """Small multiples: the size of each plot, how many stand in a row, and the pixels between two."""

    width: int
    height: int
    columns: int = 1
    gap: int = 0
    row_gap: int = 88


def side_by_side(plots: Sequence[Json], grid: Grid) -> Json:
    """Put plots in rows, in line with each other: the gaps run from plot to plot, whatever their labels take."""
    if len(plots) == 1:
        return dict(plots[0])
    spacing = {"column": grid.gap, "row": grid.row_gap}
    return {"concat": plots, "columns": grid.columns, "bounds": "flush", "spacing": spacing}


def heading(name: str, remark: str, theme: Theme) -> list[Json]:
    """Name a small plot at a fixed place; the place of a Vega title would depend on the axis labels."""
    title = text_at(0, -30 if remark else -16, shortened(name, 40), theme.text, fontWeight="bold")
    return [title, text_at(0, -15, remark, theme.muted, fontSize=11)] if remark else [title]


def shortened(text: str, letters: int = _LABEL_LETTERS) -> str:
    """Cut a name that would push the picture aside; the middle goes, as names differ at their ends."""
    if len(text) <= letters:
        return text
    head = (letters - 1) // 2
    return f"{text[:head]}…{text[-(letters - 1 - head) :]}"


def zoom(name: str) -> list[Json]:
    """Let the wheel and the pointer move both axes (interactive pages only)."""
    return [{"name": name, "select": "interval", "bind": "scales"}]
