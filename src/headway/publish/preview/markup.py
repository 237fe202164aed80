"""A comment's Markdown as the HTML that a forge makes of it, reduced to what its allow-list keeps.

Whatever the text says, nothing in the HTML runs, loads or looks like a part of the page: elements and attributes are
written anew from an allow-list, links lead to web pages alone, and an image is one that is given, embedded.

Sources: the list of the gem html-pipeline, from which GitHub's and GitLab's come; GitHub added ``picture``.
"""

from __future__ import annotations

from base64 import b64encode
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headway.ci.job import ForgeKind
    from headway.publish.images.formats import DecodedImage

_VOID = frozenset({"br", "hr", "img", "source", "wbr"})
_ELEMENTS = _VOID | {
    "a", "abbr", "b", "bdo", "blockquote", "caption", "cite", "code", "dd", "del", "details", "dfn", "div",
    "dl", "dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "i", "ins", "kbd", "li",
    "mark", "ol", "p", "picture", "pre", "q", "rp", "rt", "ruby", "s", "samp", "small", "span", "strike",
    "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "tt", "ul",
    "var",
}  # fmt: skip
_ONLY_ON_GITHUB = frozenset({"picture", "source"})
_ATTRIBUTES = frozenset(
    {"align", "alt", "colspan", "dir", "height", "lang", "open", "rowspan", "start", "title", "width"}
)
_WITHOUT_CONTENT = frozenset({"script", "style"})
_ALIGNMENTS = {f"text-align:{side}": side for side in ("left", "right", "center")}
"""The style that markdown-it gives the cells of a table; forges give them an attribute."""


def render_comment(body: str, forge: ForgeKind, images: Mapping[str, DecodedImage]) -> Markup:
    """A comment as the forge shows it. Bitbucket shows HTML as text, GitLab no image for a dark page."""
    from markdown_it import MarkdownIt  # noqa: PLC0415 - only a preview needs it

    html = forge != "bitbucket"
    parser = MarkdownIt("commonmark", {"html": html}).enable(["table", "strikethrough"])
    writer = _Writer(_ELEMENTS if forge == "github" else _ELEMENTS - _ONLY_ON_GITHUB, images)
    writer.feed(parser.render(body))
    writer.close()
    return writer.html


class _Writer(HTMLParser):
    """Writes HTML anew, without what the allow-list lacks; what is open at the end is closed."""

    def __init__(self, elements: frozenset[str], images: Mapping[str, DecodedImage]) -> None:
        super().__init__(convert_charrefs=True)
        self._elements = elements
        self._images = images
        self._written: list[Markup] = []
        self._open: list[str] = []
        self._skipped = ""

    @property
    def html(self) -> Markup:
        """What was written."""
        return Markup().join([*self._written, *(Markup(f"</{tag}>") for tag in reversed(self._open))])  # noqa: S704 - allowed

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Write an element that is allowed, with the attributes that are."""
        if tag in _WITHOUT_CONTENT:
            self._skipped = tag
        if tag not in self._elements:
            return
        given = self._attributes(tag, {name: value or "" for name, value in attrs})
        if tag in {"img", "source"} and not {"src", "srcset"} & given.keys():
            self._written.append(escape(given.get("alt", "")))
            return
        fields = Markup().join(Markup(' {}="{}"').format(name, value) for name, value in given.items())
        self._written.append(Markup("<{}{}>").format(tag, fields))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close an element, and those that were left open inside it."""
        if tag == self._skipped:
            self._skipped = ""
        while tag in self._open:
            last = self._open.pop()
            self._written.append(Markup("</{}>").format(last))
            if last == tag:
                break

    def handle_data(self, data: str) -> None:
        """Write a text."""
        if not self._skipped:
            self._written.append(escape(data))

    def _attributes(self, tag: str, given: dict[str, str]) -> dict[str, str]:
        kept = {name: value for name, value in given.items() if name in _ATTRIBUTES}
        if side := _ALIGNMENTS.get(given.get("style", "")):
            kept["align"] = side
        if tag == "a" and given.get("href", "").startswith(("https://", "http://", "mailto:", "#")):
            kept |= {"href": given["href"], "rel": "noreferrer noopener"}
        if tag == "source" and given.get("media") == "(prefers-color-scheme: dark)":
            kept["media"] = given["media"]
        name = {"img": "src", "source": "srcset"}.get(tag, "")
        if image := self._images.get(given.get(name, "")):
            kept[name] = f"data:{image.form.media_type};base64,{b64encode(image).decode()}"
        return kept
