"""Confusion matrices with numbers: base, head, and the signed change of every cell.

The diagonal is muted, so that errors stand out; their colour grows with their share of the row, on one scale for both
sides. In the change, blue is better and vermilion worse: more is better on the diagonal and worse off it. Cells
without a number are zero.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from headway.draw.key_numbers import errors, lost_classes
from headway.draw.specification.parts import Grid, Json, Page, program, shortened, text_at, tooltip
from headway.numbers import format_change, format_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headway.draw.theme import Theme
    from headway.values.chart import ConfusionChart

    Counts = Sequence[Sequence[int]]
    Matrix = Sequence[Sequence[float]]

_THREE_ABREAST = 11  # classes up to which base, head and change fit beside each other with legible numbers
_TWO_ABREAST = 18  # ... and head and change do; above, they are stacked
_FAINTEST = 0.14  # the share of the full colour that a single error gets
_STRONG = 0.75  # the share of the full colour from which text changes to the page's colour
_LETTER = 0.58  # a digit's width as a share of the font's size
_SHORT_LABEL = 4  # letters of a class name that cost little room beside every matrix


class _Panel(NamedTuple):
    """One matrix."""

    name: str  # of its data set
    title: str
    color: str  # of the title
    full: tuple[str, str, str]  # the colours of a tone of 1 and of -1, and of text on them
    cells: list[Json]


def confusion_specification(chart: ConfusionChart, theme: Theme, *, interactive: bool) -> Json:
    """Draw the matrices that fit beside each other; with many classes base gives way to the change."""
    panels = _panels(chart, theme)
    page = Page(theme, _grid(chart, len(panels)), interactive)
    plots = [_draw(chart, panel, page, is_first=not index) for index, panel in enumerate(panels)]
    if interactive:
        for plot, panel in zip(plots, panels, strict=True):
            plot["layer"][0]["encoding"] |= tooltip(y=chart.y_label, x=chart.x_label, text=panel.name)
    datasets = {panel.name: panel.cells for panel in panels}
    return program(page, chart.title, _remark(chart, panels), datasets, plots)


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
    filled = [cell for side in (base, head) for cell in _filled(side)]
    strongest = max((share for y, x, share in filled if not (_is_square(chart) and x == y)), default=0.0)
    read = errors(chart)
    before, after = (read.base, read.head) if read else (None, None)
    is_compared = bool(head) and chart.base != chart.head and chart.comparable
    panels = []
    if base and chart.base != chart.head and (not is_compared or _classes(chart) <= _THREE_ABREAST):
        full = (theme.base, theme.base, theme.on_base)
        cells = _cells(chart, chart.base, base, strongest)
        panels.append(_Panel("base", _title("base", before), theme.base_text, full, cells))
    if head:
        title = _title("base and head" if chart.base == chart.head else "head", after)
        full = (theme.head, theme.head, theme.on_colour)
        panels.append(_Panel("head", title, theme.head, full, _cells(chart, chart.head, head, strongest)))
    if base and head and is_compared:
        moved = (format_change(read.change) if read.change else "no more, no fewer") if read else ""
        title = f"change: {moved} errors" if moved else "change"
        full = (theme.head, theme.worse, theme.on_colour)
        panels.append(_Panel("change", title, theme.text, full, _changes(chart, base, head)))
    return panels


def _shares(counts: Matrix | None) -> Matrix:
    """Each cell's share of its row; no rows where a side has no matrix."""
    return [[count / (sum(row) or 1) for count in row] for row in counts or ()]


def _title(name: str, wrong: float | None) -> str:
    return name if wrong is None else f"{name}: {format_value(wrong)} error{'' if wrong == 1 else 's'}"


def _cells(chart: ConfusionChart, counts: Counts | None, shares: Matrix, strongest: float) -> list[Json]:
    """Give the cells of one side that are not zero, toned by their share of the row."""
    cells = []
    for y, x, share in _filled(shares):
        count = counts[y][x] if counts else 0
        right = _is_square(chart) and x == y
        tone = 0.0 if right or not strongest else _tone(share, strongest)
        cells.append(
            _cell(chart, x, y, _percent(share) if chart.normalized else _short(count), tone) | {"count": count}
        )
    return cells


def _changes(chart: ConfusionChart, base: Matrix, head: Matrix) -> list[Json]:
    """Give the cells that changed; a positive tone is better, or more where that may not be judged."""
    before, after = (base, head) if chart.normalized else (chart.base or (), chart.head or ())
    changes = [[b - a for a, b in zip(*rows, strict=True)] for rows in zip(before, after, strict=True)]
    largest = max((abs(change) for row in changes for change in row), default=0) or 1
    cells = []
    for y, x, change in _filled(changes):
        is_error = _is_square(chart) and chart.judged and x != y
        tone = _tone(abs(change), largest) * (1 if (change > 0) != is_error else -1)
        text = _points(change) if chart.normalized else format_change(change)[0] + _short(int(abs(change)))
        cells.append(_cell(chart, x, y, text, tone))
    return cells


def _filled(matrix: Matrix) -> Iterator[tuple[int, int, float]]:
    """Give the row, the column and the value of each cell that is not zero."""
    return ((y, x, value) for y, row in enumerate(matrix) for x, value in enumerate(row) if value)


def _cell(chart: ConfusionChart, x: int, y: int, text: str, tone: float) -> Json:
    return {"x": chart.labels_x[x], "y": chart.labels_y[y], "text": text, "tone": round(tone, 3)}


def _tone(size: float, largest: float) -> float:
    return _FAINTEST + (1 - _FAINTEST) * size / largest


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


def _draw(chart: ConfusionChart, panel: _Panel, page: Page, *, is_first: bool) -> Json:
    grid, theme = page.grid, page.theme
    best, worst, on_strong = panel.full
    tones = {"domain": [-1, 0, 1], "range": [worst, theme.cell, best], "interpolate": "rgb"}
    color = {"field": "tone", "type": "quantitative", "scale": tones, "legend": None}
    cells = {"mark": {"type": "rect", "stroke": theme.background, "strokeWidth": 1}, "encoding": {"color": color}}
    conditions = [
        {"test": f"abs(datum.tone) > {_STRONG}", "value": on_strong},
        {"test": "datum.tone === 0", "value": theme.muted},
    ]
    numbers = {
        "mark": {"type": "text", "fontSize": _font_size(chart, panel, grid), "color": theme.text},
        "encoding": {"text": {"field": "text"}, "color": {"condition": conditions, "value": theme.text}},
    }
    return {
        "data": {"name": panel.name},
        "width": grid.width,
        "height": grid.height,
        "view": {"fill": theme.cell, "stroke": None},
        "encoding": _axes(chart, grid, theme, is_first=is_first or grid.columns == 1),
        "layer": [cells, numbers, text_at(0, -14, panel.title, panel.color, fontWeight="bold")],
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
    named = is_first or max(len(label) for label in chart.labels_y) <= _SHORT_LABEL
    return {
        "x": {
            "field": "x",
            "type": "nominal",
            "title": shortened(chart.x_label),
            "scale": {"domain": list(chart.labels_x), "padding": 0},
            "axis": {**quiet, "labelAngle": -50 if long_x else 0, "labelOverlap": False},
        },
        "y": {
            "field": "y",
            "type": "nominal",
            "title": shortened(chart.y_label) if is_first else None,
            "scale": {"domain": list(chart.labels_y), "padding": 0},
            "axis": quiet if named else {**quiet, "labels": False},
        },
    }
