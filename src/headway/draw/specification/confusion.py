"""Confusion matrices with numbers: base, head, and the signed change of every cell in one picture.

The diagonal is muted, so that errors stand out; their colour grows with their share of the row, on one scale for both
sides. In the change, blue is better and vermilion worse: more is better on the diagonal and worse off it. Cells
without a number are zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from headway.draw.key_numbers import errors, lost_classes
from headway.draw.specification.parts import Grid, Json, program, shortened, side_by_side, text_at, tooltip
from headway.numbers import format_change, format_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headway.draw.theme import Theme
    from headway.values.chart import ConfusionChart

    Shares = Sequence[Sequence[float]]

_THREE_ABREAST = 11  # classes up to which base, head and change stand beside each other with legible numbers
_TWO_ABREAST = 18  # ... and head and change do; above, they stand below each other
_FAINTEST = 0.14  # the share of the full colour that a single error gets
_STRONG = 0.75  # the share of the full colour from which text changes to the page's colour
_LETTER = 0.58  # a digit's width as a share of the font's size
_SHORT_LABEL = 4  # letters of a class name that cost little room beside every matrix


@dataclass(frozen=True)
class _Panel:
    """One matrix."""

    name: str  # of its data set
    title: str
    color: str  # of the title
    full: tuple[str, str, str]  # the colours of a tone of 1 and of -1, and of text on them
    cells: list[Json]


def confusion_specification(chart: ConfusionChart, theme: Theme, *, interactive: bool) -> Json:
    """Draw the matrices that fit beside each other; with many classes base gives way to the change."""
    panels = _panels(chart, theme)
    grid = _grid(chart, len(panels))
    drawn = [_draw(chart, panel, grid, theme, is_first=not index) for index, panel in enumerate(panels)]
    if interactive:
        for plot in drawn:
            plot["layer"][0]["encoding"] |= tooltip("x", "y", "text")
    datasets = {panel.name: panel.cells for panel in panels}
    return program(theme, chart.title, _remark(chart, panels), datasets, side_by_side(drawn, grid))


def _remark(chart: ConfusionChart, panels: Sequence[_Panel]) -> str:
    unit = "numbers: percent of each row" if chart.normalized else ""
    is_compared = any(panel.name == "change" for panel in panels)
    words = "blue is better, orange is worse" if chart.judged else "blue is more, orange is fewer"
    colours = words if _is_square(chart) and is_compared else ""
    return " · ".join(part for part in (unit, colours, *lost_classes(chart)) if part)


def _is_square(chart: ConfusionChart) -> bool:
    return chart.labels_x == chart.labels_y


def _classes(chart: ConfusionChart) -> int:
    return max(len(chart.labels_x), len(chart.labels_y))


def _panels(chart: ConfusionChart, theme: Theme) -> list[_Panel]:
    base, head = _shares(chart.base), _shares(chart.head)
    cells = [cell for side in (base, head) if side for cell in _filled(side)]
    strongest = max((share for y, x, share in cells if not (_is_square(chart) and x == y)), default=0.0)
    panels = []
    is_compared = bool(head) and chart.base != chart.head and chart.comparable
    if base and chart.base != chart.head and (not is_compared or _classes(chart) <= _THREE_ABREAST):
        full = (theme.base, theme.base, theme.on_base)
        panels.append(_Panel("base", _title(chart, "base"), theme.base_text, full, _cells(chart, "base", strongest)))
    if head:
        full = (theme.head, theme.head, theme.on_colour)
        panels.append(_Panel("head", _title(chart, "head"), theme.head, full, _cells(chart, "head", strongest)))
    if base and head and is_compared:
        full = (theme.head, theme.worse, theme.on_colour)
        panels.append(_Panel("change", _change_title(chart), theme.text, full, _changes(chart, base, head)))
    return panels


def _shares(counts: Sequence[Sequence[int]] | None) -> Shares | None:
    """Give each cell's share of its row."""
    return counts and [[count / (sum(row) or 1) for count in row] for row in counts]


def _filled(matrix: Shares) -> Iterator[tuple[int, int, float]]:
    """Give the row, the column and the value of each cell that is not zero."""
    return ((y, x, value) for y, row in enumerate(matrix) for x, value in enumerate(row) if value)


def _title(chart: ConfusionChart, side: str) -> str:
    name = "base and head" if chart.base == chart.head else side
    read = errors(chart)
    wrong = read and (read.base if side == "base" else read.head)
    if wrong is None:
        return name
    return f"{name}: {format_value(wrong)} error{'' if wrong == 1 else 's'}"


def _change_title(chart: ConfusionChart) -> str:
    read = errors(chart)
    if read is None:
        return "change"
    return f"change: {format_change(read.change) if read.change else 'no more, no fewer'} errors"


def _cells(chart: ConfusionChart, side: str, strongest: float) -> list[Json]:
    """Give the cells of one side that are not zero, toned by their share of the row."""
    counts = (chart.base if side == "base" else chart.head) or ()
    shares = _shares(counts) or ()
    cells = []
    for y, x, share in _filled(shares):
        right = _is_square(chart) and x == y
        tone = 0.0 if right or not strongest else _tone(share, strongest)
        text = _percent(share) if chart.normalized else _short(counts[y][x])
        cells.append(_cell(chart, x, y, text, tone) | {"count": counts[y][x]})
    return cells


def _tone(size: float, largest: float) -> float:
    return _FAINTEST + (1 - _FAINTEST) * size / largest


def _changes(chart: ConfusionChart, base: Shares, head: Shares) -> list[Json]:
    """Give the cells that changed; a positive tone is better, or more where that may not be said."""
    before, after = (base, head) if chart.normalized else (chart.base or (), chart.head or ())
    changes = [[b - a for a, b in zip(*rows, strict=True)] for rows in zip(before, after, strict=True)]
    largest = max((abs(change) for row in changes for change in row), default=0) or 1
    cells = []
    for y, x, change in _filled(changes):
        better = change > 0 if not (_is_square(chart) and chart.judged) or x == y else change < 0
        tone = _tone(abs(change), largest)
        text = _points(change) if chart.normalized else format_change(change)[0] + _short(int(abs(change)))
        cells.append(_cell(chart, x, y, text, tone if better else -tone))
    return cells


def _cell(chart: ConfusionChart, x: int, y: int, text: str, tone: float) -> Json:
    return {"x": chart.labels_x[x], "y": chart.labels_y[y], "text": text, "tone": round(tone, 3)}


def _short(count: int) -> str:
    """Write a count in at most four letters: ``812``, ``1.2k``, ``34k``, ``5.6M``."""
    for size, unit in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if count >= size:
            scaled = count / size
            return f"{scaled:.1f}{unit}" if scaled < 9.95 else f"{scaled:.0f}{unit}"  # noqa: PLR2004  else it reads 10.0
    return str(count)


def _percent(share: float) -> str:
    """Write a share as a whole percentage that never reads 0 or 100 unless it is."""
    percent = share * 100
    if percent < 1:
        return "<1"
    return ">99" if 99 < percent < 100 else f"{percent:.0f}"  # noqa: PLR2004  a percentage


def _points(change: float) -> str:
    """Write a change of a share in percentage points."""
    points = change * 100
    return format_change(float(f"{points:.0f}") if abs(points) >= 1 else float(f"{points:.1g}"))


def _grid(chart: ConfusionChart, panels: int) -> Grid:
    classes = _classes(chart)
    if classes <= _THREE_ABREAST:
        room, columns = min(max(150, 26 * classes), 250), 3
    elif classes <= _TWO_ABREAST:
        room, columns = 370, 2
    else:
        room, columns = 780, 1
    cell = room // classes
    height = min(cell, 22) if columns == 1 else cell
    labels = max(len(label) for label in chart.labels_y)
    gap = 18 + 7 * labels if labels <= _SHORT_LABEL else 22
    return Grid(cell * len(chart.labels_x), height * len(chart.labels_y), min(columns, panels), gap)


def _draw(chart: ConfusionChart, panel: _Panel, grid: Grid, theme: Theme, *, is_first: bool) -> Json:
    worst, best = panel.full[1], panel.full[0]
    tones = {"domain": [-1, 0, 1], "range": [worst, theme.cell, best], "interpolate": "rgb"}
    color = {"field": "tone", "type": "quantitative", "scale": tones, "legend": None}
    square = {"type": "rect", "stroke": theme.background, "strokeWidth": 1}
    size = _font_size(chart, panel, grid)
    text = {"type": "text", "fontSize": size, "color": theme.text}
    quiet = {"test": "datum.tone === 0", "value": theme.muted}
    strong = {"test": f"abs(datum.tone) > {_STRONG}", "value": panel.full[2]}
    cells = {"data": {"name": panel.name}, "mark": square, "encoding": {"color": color}}
    numbers = {
        "data": {"name": panel.name},
        "mark": text,
        "encoding": {"text": {"field": "text"}, "color": {"condition": [strong, quiet], "value": theme.text}},
    }
    heading = text_at(0, -14, panel.title, panel.color, fontWeight="bold")
    return {
        "width": grid.width,
        "height": grid.height,
        "view": {"fill": theme.cell, "stroke": None},
        "encoding": _axes(chart, grid, theme, is_first=is_first or grid.columns == 1),
        "layer": [cells, numbers, heading],
        "resolve": {"scale": {"color": "independent"}},
    }


def _font_size(chart: ConfusionChart, panel: _Panel, grid: Grid) -> int:
    """Choose the largest font with which the longest number fits its cell."""
    letters = max((len(cell["text"]) for cell in panel.cells), default=1)
    width, height = grid.width / len(chart.labels_x), grid.height / len(chart.labels_y)
    return max(6, min(13, int((width - 3) / (_LETTER * letters)), int(height * 0.62)))


def _axes(chart: ConfusionChart, grid: Grid, theme: Theme, *, is_first: bool) -> Json:
    lines = {"grid": True, "gridColor": theme.background, "tickBand": "extent"}
    quiet = {"domain": False, "ticks": False, "labelPadding": 4, "labelLimit": 120, **lines}
    long_x = max(len(label) for label in chart.labels_x) * 6.2 > grid.width / len(chart.labels_x)
    angle = {"labelAngle": -50 if long_x else 0, "labelOverlap": False}
    y: Json = {"field": "y", "type": "nominal", "title": shortened(chart.y_label) if is_first else None}
    named = is_first or max(len(label) for label in chart.labels_y) <= _SHORT_LABEL
    y_axis = quiet if named else {**quiet, "labels": False}
    return {
        "x": {
            "field": "x",
            "type": "nominal",
            "title": shortened(chart.x_label),
            "scale": {"domain": list(chart.labels_x), "padding": 0},
            "axis": {**quiet, **angle},
        },
        "y": {**y, "scale": {"domain": list(chart.labels_y), "padding": 0}, "axis": y_axis},
    }
