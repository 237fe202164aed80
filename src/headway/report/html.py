"""The report as one HTML file that works offline, from a mail attachment or a CI artifact, years later.

Everything is inside: styles, pictures, data, and Vega, which draws the charts in the reader's browser. The page's own
content security policy allows no network and no script but the two that are named by their hashes. A team's template
is a program from the repository under review: it runs in Vega's expression interpreter, without ``eval``, and with a
loader that refuses every address.
"""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files
from mimetypes import guess_type
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from markupsafe import Markup, escape

from headway.draw.theme import THEMES
from headway.report import escaping
from headway.report.limits import PAGE_LIMITS
from headway.report.outline import outline
from headway.report.templating import template
from headway.values.chart import ImageChart

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from headway.values.chart import Chart
    from headway.values.report import Include, Report


class Picture(NamedTuple):
    """A picture as data URIs; ``dark`` is ``None`` where one serves both themes."""

    light: Markup
    dark: Markup | None


class Figure(NamedTuple):
    """A chart of the page: a program for the browser, or a picture, or neither where it could not be drawn.

    ``titled`` says that the program draws the title itself.
    """

    chart: Chart
    program: Markup | None = None
    picture: Picture | None = None
    titled: bool = False


def render(report: Report, assets: Mapping[str, bytes]) -> str:
    """Write a report as one self-contained HTML page.

    Args:
        report: what to write.
        assets: the pictures by the paths that the report names. Only those of image plots and of the team's own
            sections are used; charts with data are drawn in the browser.

    Returns:
        The page, the same for the same arguments.
    """
    vega, script, style = map(_asset, ("vega.min.js", "page.js", "page.css"))
    return template(
        "html"
    ).render(
        it=outline(report, PAGE_LIMITS),
        policy=_policy({"script-src": (vega, script), "style-src": (style,)}),
        vega=Markup(vega),  # noqa: S704  ours
        script=Markup(script),  # noqa: S704  ours
        style=Markup(style),  # noqa: S704  ours
        diff_class=lambda line: {"+": "added", "-": "removed", "@": "place"}.get(line[:1], "context"),
        mark={"better": "▲", "worse": "▼"}.__getitem__,
        figure=lambda chart: _figure(chart, assets),
        picture=lambda include: _picture(include, assets),
    )


@cache
def _asset(name: str) -> str:
    return (files("headway.report") / "assets" / name).read_text(encoding="utf-8")


def _policy(named: Mapping[str, Iterable[str]]) -> Markup:
    """A content security policy: nothing but these scripts and styles, and pictures inside the page."""
    rules = [f"{kind} {' '.join(map(_source_hash, sources))}" for kind, sources in named.items()]
    return escape("; ".join(["default-src 'none'", "img-src data:", "base-uri 'none'", "form-action 'none'", *rules]))


@cache
def _source_hash(source: str) -> str:
    return f"'sha256-{b64encode(sha256(source.encode()).digest()).decode()}'"


def _figure(chart: Chart, assets: Mapping[str, bytes]) -> Figure:
    """A chart whose program is one for both themes; what they share, the data above all, is stored once.

    A team's template could hand Vega-Embed options in ``usermeta``; it gets ours alone.
    """
    from headway.draw.specification import specification  # noqa: PLC0415  loaded only when a chart is written

    if isinstance(chart, ImageChart):
        return Figure(chart, picture=_picture(chart, assets))
    light, dark = (specification(chart, theme, interactive=True) | {"usermeta": None} for theme in THEMES)
    shared = {key: value for key, value in light.items() if key in dark and dark[key] == value}
    own = [{key: value for key, value in spec.items() if key not in shared} for spec in (light, dark)]
    del shared["usermeta"]
    program = escaping.script_json(msgspec.json.encode({"shared": shared, "light": own[0], "dark": own[1]}))
    return Figure(chart, program=program, titled="title" in light)


def _picture(shown: ImageChart | Include, assets: Mapping[str, bytes]) -> Picture | None:
    light = _data_uri(shown.image, assets)
    return Picture(light, _data_uri(shown.image_dark, assets)) if light else None


def _data_uri(path: str | None, assets: Mapping[str, bytes]) -> Markup | None:
    kind = guess_type(path)[0] if path else None
    if path is None or path not in assets or kind is None or not kind.startswith("image/"):
        return None
    return Markup(f"data:{kind};base64,{b64encode(assets[path]).decode()}")  # noqa: S704  letters, digits and +/=;,:
