"""Write blocks as HTML, for the page and for a notebook.

Every string becomes markup through :class:`markupsafe.Markup`, which escapes what is not markup already.
"""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from importlib.resources import files
from itertools import chain
from mimetypes import guess_type
from typing import TYPE_CHECKING

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
from headway.report.formatting import count
from headway.report.html_inline import classed, join, toned, write_line
from headway.report.html_tables import write_table
from headway.report.team_markdown import render_markdown
from headway.values.chart import ImageChart, VegaChart

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from headway.report.blocks import Block, Definition, Fact, ShownImage
    from headway.values.chart import Chart

_NO_IMAGE = Markup('<p class="quiet">There is no image; the notes say why. {}</p>')
_ROLES = {"note": "note", "withheld": "note withheld", "alarm": "note stale", "small": "quiet"}
_DIFF = {"+": "added", "-": "removed", "@": "place"}


class HtmlWriter:
    """Writes blocks as HTML; a chart is shown by its images.

    Args:
        assets: the images by the paths that the report names.
    """

    on_light, on_dark = Markup(' class="on-light"'), Markup(' class="on-dark"')
    """The attributes of an image that only one theme shows."""
    complete = "report.json has"
    """Which place has the entries that are not shown."""

    def __init__(self, assets: Mapping[str, bytes]) -> None:
        self._assets = assets

    def blocks(self, blocks: Iterable[Block]) -> Markup:
        """Blocks one below the other."""
        return join("\n", map(self._listed, blocks))

    def _listed(self, block: Block) -> Markup:
        """A block, and how many of its entries are not shown."""
        if not (isinstance(block, Listing) and block.left_out):
            return self._block(block)
        more = count(block.left_out, f"more {block.kind.noun}")
        rest = Markup('<p class="quiet">{} not shown; {} everything.</p>').format(more, self.complete)
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
                return self.table(block)
            case Charts():
                return Markup('<div class="grid">{}</div>').format(join("", map(self.figure, block.entries)))
            case Lines():
                return _text_lines(block)
            case Parts():
                article = Markup('<article class="dataset">\n{}\n</article>')
                return join("\n", (article.format(self.blocks(part)) for part in block.entries))
            case Details():
                opened = Markup(" open") if block.opened else ""
                fold = Markup("<details{}>\n<summary>{}</summary>\n{}\n</details>")
                return fold.format(opened, write_line(block.summary), self.blocks(block.blocks))

    def table(self, table: Table) -> Markup:
        """A table."""
        return write_table(table)

    def figure(self, chart: Chart) -> Markup:
        """The images of a chart, or words where there are none."""
        images = [markup for shown in images_of(chart) if (markup := self._image(shown, chart.width))]
        if not images:
            return captioned(chart, self.no_image(chart))
        content = Markup('<div class="plot images">{}</div>').format(join("\n", images))
        kind = {1: "", 2: "pair"}.get(len(images), "wide")
        return captioned(chart, content, kind, "spoken" if self.is_titled(chart) else "")

    def no_image(self, chart: Chart) -> Markup:
        """What stands in the place of images."""
        return _NO_IMAGE.format(html_text(chart.alt))

    def is_titled(self, chart: Chart) -> bool:
        """Whether the images show the chart's title, as all but a contact sheet and some templates of a team do."""
        if isinstance(chart, ImageChart):
            return bool(chart.base or chart.head)
        return not isinstance(chart, VegaChart) or "title" in chart.spec

    def _image(self, shown: ShownImage, width: int | None) -> Markup | None:
        """An image for each theme, or one for both; ``None`` where there is none."""
        light, for_dark = (_data_uri(each, self._assets) for each in (shown.path, shown.dark))
        if light is None:
            return None
        themes = [(self.on_light, light), (self.on_dark, for_dark)] if for_dark else [(Markup(""), light)]
        size = Markup(' width="{}"').format(width) if width else ""
        image = Markup('<img{}{} src="{}" alt="{}">')
        return join("", (image.format(theme, size, uri, html_text(shown.alt)) for theme, uri in themes))


def every_block(blocks: Iterable[Block]) -> Iterator[Block]:
    """Blocks, and those inside them."""
    for block in blocks:
        yield block
        if isinstance(block, Details):
            yield from every_block(block.blocks)
        if isinstance(block, Parts):
            yield from every_block(chain.from_iterable(block.entries))


def captioned(chart: Chart, content: Markup, kind: str = "", caption: str = "") -> Markup:
    """A figure with its caption, each with its class if it has one."""
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
        return Markup('<div class="prose" tabindex="0">{}</div>').format(html)
    if lines.form == "text":
        return Markup('<pre tabindex="0">{}</pre>').format(escaping.html_block(text))
    line = Markup('<span class="{}">{}\n</span>')
    every = (line.format(_DIFF.get(each[:1], "context"), escaping.html_block(each)) for each in lines.entries)
    return Markup('<pre class="diff" tabindex="0">{}</pre>').format(join("", every))


def _data_uri(path: str | None, assets: Mapping[str, bytes]) -> Markup | None:
    kind = guess_type(path)[0] if path else None
    if path is None or path not in assets or kind is None or not kind.startswith("image/"):
        return None
    return Markup("data:{};base64,{}").format(kind, b64encode(assets[path]).decode())


@cache
def asset(name: str) -> str:
    """The text of one of the files that are part of what is written."""
    return (files("headway.report") / "assets" / name).read_text(encoding="utf-8")
