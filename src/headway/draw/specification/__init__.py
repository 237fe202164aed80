"""From a typed chart to a Vega-Lite program for the light or the dark page. Pure; knows Vega-Lite and no data files.

A program is static by default: selections, hover layers and tooltips cost a renderer time and mean nothing in a PNG.
All data is under the top-level ``datasets`` and does not depend on the theme.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headway.draw.specification.bars import bar_specification
from headway.draw.specification.confusion import confusion_specification
from headway.draw.specification.distributions import distribution_specification
from headway.draw.specification.lines import line_specification
from headway.draw.specification.scatter import scatter_specification
from headway.draw.theme import THEMES, ThemeName, config
from headway.values.chart import BarChart, ConfusionChart, DistributionChart, LineChart, ScatterChart, VegaChart

if TYPE_CHECKING:
    from headway.draw.specification.parts import Json
    from headway.draw.theme import Theme
    from headway.values.chart import Chart

_SIDES = (["base", "head"], ["base"], ["head"])


def vega_lite(chart: Chart, theme: ThemeName, *, interactive: bool = False) -> Json:
    """Give the whole Vega-Lite program of a chart, in the colours of one page.

    Args:
        interactive: add tooltips, and zoom where it is simple, for a page; a static program has neither.

    Raises:
        TypeError: for an :class:`~headway.values.chart.ImageChart`, which is an image already.
    """
    colors = THEMES[theme]
    match chart:
        case LineChart():
            return line_specification(chart, colors, interactive=interactive)
        case ScatterChart():
            return scatter_specification(chart, colors, interactive=interactive)
        case BarChart():
            return bar_specification(chart, colors, interactive=interactive)
        case ConfusionChart():
            return confusion_specification(chart, colors, interactive=interactive)
        case DistributionChart():
            return distribution_specification(chart, colors, interactive=interactive)
        case VegaChart():
            return _vega_specification(chart, colors)
    raise TypeError("an image is not a program")


def _vega_specification(chart: VegaChart, theme: Theme) -> Json:
    """Put our configuration under a team's own, which wins, and our colours on base and head."""
    drawing = {
        key: value if key == "datasets" else _recolored(value, theme)
        for key, value in chart.spec.items()
        if key != "config"
    }
    own = chart.spec.get("config")
    return {**drawing, "config": _merged(config(theme), own if isinstance(own, dict) else {})}


def _recolored(part: Any, theme: Theme) -> Any:  # noqa: ANN401  JSON has no narrower type
    """Give the colour scale that DVC fills in for revisions our two colours."""
    if isinstance(part, list):
        return [_recolored(value, theme) for value in part]
    if not isinstance(part, dict):
        return part
    if part.get("field") == "rev" and isinstance(scale := part.get("scale"), dict) and scale.get("domain") in _SIDES:
        colors = {"base": theme.base, "head": theme.head}
        return {**part, "scale": {**scale, "range": [colors[side] for side in scale["domain"]]}}
    return {key: _recolored(value, theme) for key, value in part.items()}


def _merged(under: Json, over: Json) -> Json:
    nested = {
        key: _merged(value, over[key])
        for key, value in under.items()
        if isinstance(value, dict) and isinstance(over.get(key), dict)
    }
    return {**under, **over, **nested}
