"""The report as one HTML file that works offline, from a mail attachment or a CI artifact, years later.

Everything is inside: styles, images, data, and Vega, which draws the charts in the reader's browser. The page's own
content security policy allows no network and no script but the two that are named by their hashes. A team's template
is a program from the repository under review: it runs in Vega's expression interpreter, without ``eval``, and with a
loader that refuses every address.

Every string becomes part of the page through :class:`markupsafe.Markup`, which escapes what is not markup already.
"""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from operator import attrgetter
from typing import TYPE_CHECKING

import msgspec
from markupsafe import Markup, escape

from headway.report import escaping
from headway.report.blocks import Charts, Table, Verdict
from headway.report.escaping import NAME_LIMIT, html_text
from headway.report.fitting import cut
from headway.report.formatting import count
from headway.report.html_blocks import HtmlWriter, asset, captioned, every_block
from headway.report.html_inline import join, write_span
from headway.report.view import view_report
from headway.values.chart import ImageChart, VegaChart

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from headway.report.blocks import ReportView, Section
    from headway.values.chart import Chart
    from headway.values.report import Report

_NO_SCRIPT = Markup(
    '<noscript><p class="note">A script in this page draws the charts, but scripts are turned off. Each chart'
    " is described in words.</p></noscript>"
)
_FILTER = Markup(
    '<div class="filter" hidden><input id="filter-{0}" type="search" placeholder="Filter"'
    ' aria-label="Filter: {1}" autocomplete="off" spellcheck="false"><output for="filter-{0}"></output></div>'
)


def render(report: Report, assets: Mapping[str, bytes]) -> str:
    """Write a report as one self-contained HTML page.

    Args:
        report: what to write.
        assets: the images by the paths that the report names. Only those of image plots and of your own sections are
            used; charts with data are drawn in the browser.

    Returns:
        The page, the same for the same arguments.
    """
    vega, script = asset("vega.min.js"), asset("page.js")
    style = asset("blocks.css") + asset("page.css")
    view = cut(view_report(report), attrgetter("page"))
    page = _Page(assets)
    title = join("", map(write_span, view.title))
    facts = [fact for block in view.opening if isinstance(block, Verdict) for fact in block.facts]
    return Markup(asset("page.html")).format(  # noqa: S704 - ours, and format escapes
        policy=_policy({"script-src": (vega, script), "style-src": (style,)}),
        generator=html_text(view.generator),
        title=title,
        title_words=title.striptags(),
        movements=join(" ", (write_span(fact.words) for fact in facts if fact.tone in {"failed", "better", "worse"})),
        opening=page.blocks(view.opening),
        contents=join("\n", map(_contents_entry, view.sections)),
        sections=join("\n", (*map(page.section, view.sections), *_left_out(view))),
        vega=Markup(vega),  # noqa: S704 - ours
        script=Markup(script),  # noqa: S704 - ours
        style=Markup(style),  # noqa: S704 - ours
    )


def _contents_entry(section: Section) -> Markup:
    return Markup('<a href="#{}">{}</a>').format(section.anchor, html_text(section.title, NAME_LIMIT))


def _left_out(view: ReportView) -> Iterator[Markup]:
    """What is not shown, sections and whole listings among it."""
    if view.left_out:
        left_out = ", ".join(count(number, noun) for number, noun in view.left_out)
        yield Markup('<p class="quiet">Left out here: {}. report.json has everything.</p>').format(left_out)


class _Page(HtmlWriter):
    """Writes blocks as parts of the page, where a script draws the charts.

    Args:
        assets: as for :func:`render`.
    """

    def __init__(self, assets: Mapping[str, bytes]) -> None:
        super().__init__(assets)
        self._charts = 0

    def section(self, section: Section) -> Markup:
        """A section with its heading, and what belongs beside it."""
        title = Markup("<h2>{}</h2>").format(html_text(section.title, NAME_LIMIT))
        if any(isinstance(block, Table) and block.searchable for block in every_block(section.blocks)):
            filtering = _FILTER.format(section.anchor, html_text(section.title, NAME_LIMIT))
            title = Markup('<div class="heading">\n{}\n{}\n</div>').format(title, filtering)
        if any(isinstance(block, Charts) for block in every_block(section.blocks)):
            title = join("\n", (title, _NO_SCRIPT))
        return Markup('<section id="{}">\n{}\n{}\n</section>').format(
            section.anchor, title, self.blocks(section.blocks)
        )

    def figure(self, chart: Chart) -> Markup:
        """A chart as a program for the browser, or as an image."""
        self._charts += 1
        if isinstance(chart, ImageChart):
            return super().figure(chart)
        program, is_titled = _program(chart)
        content = Markup(
            '<script type="application/json" id="{id}">{program}</script>\n'
            '<div class="plot" role="img" aria-label="{alt}" data-program="{id}"><noscript>{alt}</noscript></div>'
        ).format(id=f"chart-{self._charts}", program=program, alt=html_text(chart.alt))
        return captioned(chart, content, caption="spoken" if is_titled else "")


def _program(chart: Chart) -> tuple[Markup, bool]:
    """A program for both themes, which stores once what they share; and whether it draws the title itself.

    A team's template could hand Vega-Embed options in ``usermeta``; it gets ours alone.
    """
    from headway.draw.recolor import to_dark_program  # noqa: PLC0415  loaded only when a chart is written
    from headway.draw.specification import vega_lite  # noqa: PLC0415  likewise

    light = vega_lite(chart, "light", interactive=True) | {"usermeta": None}
    is_own = not isinstance(chart, VegaChart)
    dark = to_dark_program(light) if is_own else vega_lite(chart, "dark", interactive=True) | {"usermeta": None}
    shared = {key: value for key, value in light.items() if key in dark and dark[key] == value}
    own = [{key: value for key, value in spec.items() if key not in shared} for spec in (light, dark)]
    del shared["usermeta"]
    encoded = msgspec.json.encode({"shared": shared, "light": own[0], "dark": own[1]})
    return escaping.script_json(encoded), "title" in light


def _policy(named: Mapping[str, Iterable[str]]) -> Markup:
    """A content security policy: nothing but these scripts and styles, and images inside the page."""
    rules = [f"{kind} {' '.join(map(_source_hash, sources))}" for kind, sources in named.items()]
    return escape("; ".join(["default-src 'none'", "img-src data:", "base-uri 'none'", "form-action 'none'", *rules]))


@cache
def _source_hash(source: str) -> str:
    return f"'sha256-{b64encode(sha256(source.encode()).digest()).decode()}'"
