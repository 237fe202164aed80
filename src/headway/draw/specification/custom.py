"""A team's own program in our colours: page, type, and grey and blue where it colours by revision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headway.draw.theme import config

if TYPE_CHECKING:
    from headway.draw.specification.parts import Json
    from headway.draw.theme import Theme
    from headway.values.chart import VegaChart

_SIDES = (["base", "head"], ["base"], ["head"])


def vega_specification(chart: VegaChart, theme: Theme) -> Json:
    """Lay the theme under the program's own configuration, which wins."""
    data = {key: value for key, value in chart.spec.items() if key == "datasets"}
    drawing = {key: _recolored(value, theme) for key, value in chart.spec.items() if key not in ("datasets", "config")}
    own = chart.spec.get("config")
    return {**drawing, **data, "config": _merged(config(theme), own if isinstance(own, dict) else {})}


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
    merged = {**under, **over}
    for key, value in under.items():
        if isinstance(value, dict) and isinstance(merged[key], dict):
            merged[key] = _merged(value, merged[key])
    return merged
