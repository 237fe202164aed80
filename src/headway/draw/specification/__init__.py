"""From a typed chart to a Vega-Lite program for the light or the dark page. Pure; knows Vega-Lite and no data files.

Every program is static unless asked otherwise: selections, hover layers and tooltips cost a renderer time and mean
nothing in a PNG. All data stands under the top-level ``datasets`` and does not depend on the theme.
"""

from headway.draw.specification.dispatch import specification

__all__ = ["specification"]
