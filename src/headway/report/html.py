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
from importlib.resources import files
from itertools import chain
from mimetypes import guess_type
from operator import attrgetter
from typing import TYPE_CHECKING

import msgspec
from markupsafe import Markup, escape

from headway.report import escaping
from headway.report.blocks import (
    MARKS,
    Charts,
    Definitions,
    Details,
    Items,
    Lines,
    Listing,
    Parts,
    Properties,
    Table,
    Text,
    Verdict,
    images_of,
)
from headway.report.escaping import NAME_LIMIT, html_text
from headway.report.fitting import cut
from headway.report.formatting import count
from headway.report.html_inline import classed, join, toned, write_line, write_span
from headway.report.html_tables import write_table
from headway.report.team_markdown import render_markdown
from headway.report.view import view_report
from headway.values.chart import ImageChart, VegaChart

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from headway.report.blocks import (
        Block,
        Definition,
        Fact,
        ReportView,
        Section,
        ShownImage,
    )
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
_NO_IMAGE = Markup('<p class="quiet">There is no image; the notes say why. {}</p>')
_ROLES = {"note": "note", "withheld": "note withheld", "alarm": "note stale", "small": "quiet"}
_DIFF = {"+": "added", "-": "removed", "@": "place"}


def render(report: Report, assets: Mapping[str, bytes]) -> str:
    """Write a report as one self-contained HTML page.

    Args:
        report: what to write.
        assets: the images by the paths that the report names. Only those of image plots and of your own sections are
            used; charts with data are drawn in the browser.

    Returns:
        The page, the same for the same arguments.
    """
    vega, script, style = map(_asset, ("vega.min.js", "page.js", "page.css"))
    view = cut(view_report(report), attrgetter("page"))
    page = _Page(assets)
    title = join("", map(write_span, view.title))
    facts = [fact for block in view.opening if isinstance(block, Verdict) for fact in block.facts]
    return Markup(_asset("page.html")).format(  # noqa: S704 - ours, and format escapes
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


class _Page:
    """Writes blocks as HTML.

    Args:
        assets: as for :func:`render`.
    """

    def __init__(self, assets: Mapping[str, bytes]) -> None:
        self._assets = assets
        self._charts = 0

    def section(self, section: Section) -> Markup:
        """A section with its heading, and what belongs beside it."""
        title = Markup("<h2>{}</h2>").format(html_text(section.title, NAME_LIMIT))
        if any(isinstance(block, Table) and block.searchable for block in _every(section.blocks)):
            filtering = _FILTER.format(section.anchor, html_text(section.title, NAME_LIMIT))
            title = Markup('<div class="heading">\n{}\n{}\n</div>').format(title, filtering)
        if any(isinstance(block, Charts) for block in _every(section.blocks)):
            title = join("\n", (title, _NO_SCRIPT))
        return Markup('<section id="{}">\n{}\n{}\n</section>').format(
            section.anchor, title, self.blocks(section.blocks)
        )

    def blocks(self, blocks: Iterable[Block]) -> Markup:
        """Blocks one below the other."""
        return join("\n", map(self._listed, blocks))

    def _listed(self, block: Block) -> Markup:
        """A block, and how many of its entries are not shown."""
        if not (isinstance(block, Listing) and block.left_out):
            return self._block(block)
        more = count(block.left_out, f"more {block.kind.noun}")
        rest = Markup('<p class="quiet">{} not shown; report.json has everything.</p>').format(more)
        return join("\n", (self._block(block), rest))

    def _block(self, block: Block) -> Markup:  # noqa: C901, PLR0911 - one line for each block
        match block:
            case Text():
                return Markup("<p{}>{}</p>").format(classed(_ROLES.get(block.role, "")), write_line(block.content))
            case Verdict():
                return _verdict(block)
            case Properties():
                entries = (
                    Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(term, write_line(what))
                    for term, what in block.entries
                )
                return Markup('<dl class="sides-in-full">\n{}\n</dl>').format(join("\n", entries))
            case Items():
                return _items(block)
            case Definitions():
                return Markup('<dl class="stages">\n{}\n</dl>').format(join("\n", map(_definition, block.entries)))
            case Table():
                return write_table(block)
            case Charts():
                return Markup('<div class="grid">{}</div>').format(join("", map(self._figure, block.entries)))
            case Lines():
                return _text_lines(block)
            case Parts():
                article = Markup('<article class="dataset">\n{}\n</article>')
                return join("\n", (article.format(self.blocks(part)) for part in block.entries))
            case Details():
                opened = Markup(" open") if block.opened else ""
                fold = Markup("<details{}>\n<summary>{}</summary>\n{}\n</details>")
                return fold.format(opened, write_line(block.summary), self.blocks(block.blocks))

    def _figure(self, chart: Chart) -> Markup:
        """A chart as a program for the browser, or as an image, or in words where it could not be drawn."""
        self._charts += 1
        if isinstance(chart, ImageChart):
            images = [markup for shown in images_of(chart) if (markup := self._image(shown, chart.width))]
            if not images:
                return _captioned(chart, _NO_IMAGE.format(html_text(chart.alt)), "", "")
            content = Markup('<div class="plot images">{}</div>').format(join("\n", images))
            caption = "spoken" if chart.base or chart.head else ""  # a contact sheet has no title
            return _captioned(chart, content, {1: "", 2: "pair"}.get(len(images), "wide"), caption)
        program, is_titled = _program(chart)
        content = Markup(
            '<script type="application/json" id="{id}">{program}</script>\n'
            '<div class="plot" role="img" aria-label="{alt}" data-program="{id}"><noscript>{alt}</noscript></div>'
        ).format(id=f"chart-{self._charts}", program=program, alt=html_text(chart.alt))
        return _captioned(chart, content, "", "spoken" if is_titled else "")

    def _image(self, shown: ShownImage, width: int | None) -> Markup | None:
        """An image for each theme, or one for both; ``None`` where there is none."""
        light, for_dark = (_data_uri(each, self._assets) for each in (shown.path, shown.dark))
        if light is None:
            return None
        themes = [("on-light", light), ("on-dark", for_dark)] if for_dark else [("", light)]
        size = Markup(' width="{}"').format(width) if width else ""
        image = Markup('<img{}{} src="{}" alt="{}">')
        return join("", (image.format(classed(theme), size, uri, html_text(shown.alt)) for theme, uri in themes))


def _every(blocks: Iterable[Block]) -> Iterator[Block]:
    for block in blocks:
        yield block
        if isinstance(block, Details):
            yield from _every(block.blocks)
        if isinstance(block, Parts):
            yield from _every(chain.from_iterable(block.entries))


def _captioned(chart: Chart, content: Markup, kind: str, caption: str) -> Markup:
    figure = Markup("<figure{}>\n<figcaption{}>{}</figcaption>\n{}\n</figure>")
    return figure.format(classed(kind), classed(caption), html_text(chart.title), content)


def _verdict(verdict: Verdict) -> Markup:
    return Markup('<ul class="tiles">\n{}\n</ul>').format(join("\n", map(_tile, verdict.facts)))


def _tile(fact: Fact) -> Markup:
    mark = f"{MARKS[fact.tone]} " if fact.tone in MARKS else ""
    name = Markup("<span>{}</span> ").format(html_text(fact.name, NAME_LIMIT)) if fact.name else ""
    tile = Markup("<li{}>{}<b>{}{}</b> <span>{}</span></li>")
    return tile.format(toned(fact.tone), name, mark, html_text(fact.value), html_text(fact.label))


def _items(items: Items) -> Markup:
    tag = "ol" if items.role == "numbered" else "ul"
    kind = "findings" if items.role == "findings" else ""
    entries = (Markup("<li>{}</li>").format(write_line(each)) for each in items.entries)
    whole = Markup("<{tag}{kind}>\n{entries}\n</{tag}>")
    return whole.format(tag=tag, kind=classed(kind), entries=join("\n", entries))


def _definition(definition: Definition) -> Markup:
    details = list(map(write_line, definition.details.entries))
    more = definition.details.left_out
    rest = [escape(count(more, f"more {definition.details.kind.noun}"))] if more else []
    entries = join("", (Markup("<li>{}</li>").format(each) for each in [*details, *rest]))
    return Markup("<dt>{}</dt>\n<dd><ul>{}</ul></dd>").format(write_line(definition.term), entries)


def _text_lines(lines: Lines) -> Markup:
    text = "\n".join(lines.entries)
    if lines.form == "markdown":
        # Nobody links mentions in a page of our own, and a reader may copy the text.
        html = render_markdown(text).replace(escaping.ZERO_WIDTH_SPACE, "")
        return Markup('<div class="prose">{}</div>').format(html)
    if lines.form == "text":
        return Markup('<pre tabindex="0">{}</pre>').format(escaping.html_block(text))
    line = Markup('<span class="{}">{}\n</span>')
    every = (line.format(_DIFF.get(each[:1], "context"), escaping.html_block(each)) for each in lines.entries)
    return Markup('<pre class="diff" tabindex="0">{}</pre>').format(join("", every))


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


@cache
def _asset(name: str) -> str:
    return (files("headway.report") / "assets" / name).read_text(encoding="utf-8")


def _policy(named: Mapping[str, Iterable[str]]) -> Markup:
    """A content security policy: nothing but these scripts and styles, and images inside the page."""
    rules = [f"{kind} {' '.join(map(_source_hash, sources))}" for kind, sources in named.items()]
    return escape("; ".join(["default-src 'none'", "img-src data:", "base-uri 'none'", "form-action 'none'", *rules]))


@cache
def _source_hash(source: str) -> str:
    return f"'sha256-{b64encode(sha256(source.encode()).digest()).decode()}'"


def _data_uri(path: str | None, assets: Mapping[str, bytes]) -> Markup | None:
    kind = guess_type(path)[0] if path else None
    if path is None or path not in assets or kind is None or not kind.startswith("image/"):
        return None
    return Markup("data:{};base64,{}").format(kind, b64encode(assets[path]).decode())
