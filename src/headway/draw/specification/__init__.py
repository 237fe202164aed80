"""From a typed chart to a Vega-Lite program for the light or the dark page. Pure; knows Vega-Lite and no data files.

Every program is static unless asked otherwise: selections, hover layers and tooltips cost a renderer time and mean
nothing in a PNG. All data stands under the top-level ``datasets`` and does not depend on the theme.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headway.draw.specification.bars import bar_specification
from headway.draw.specification.confusion import confusion_specification
from headway.draw.specification.custom import vega_specification
from headway.draw.specification.distributions import distribution_specification
from headway.draw.specification.lines import line_specification
from headway.draw.specification.scatter import scatter_specification
from headway.draw.theme import THEMES, ThemeName
from headway.values.chart import (
    BarChart,
    ConfusionChart,
    DistributionChart,
    ImageChart,
    LineChart,
    ScatterChart,
    VegaChart,
)

if TYPE_CHECKING:
    from headway.values.chart import Chart


def specification(chart: Chart, theme: ThemeName, *, interactive: bool = False) -> dict[str, Any]:
    """Give the whole Vega-Lite program of a chart.

    Args:
        chart: what to draw.
        theme: the page it stands on.
        interactive: add tooltips, and zoom where it is simple, for a page; a static program has neither.

    Returns:
        The program. All data is in its ``datasets``, which are the same for both themes.

    Raises:
        TypeError: for an :class:`~headway.values.chart.ImageChart`, which is a picture already.
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
            return vega_specification(chart, colors)
        case ImageChart():
            raise TypeError("an image is no program")
