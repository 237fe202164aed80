"""Image references in a user's Markdown, with their exact positions. Pure: no file is opened.

Two forms can be rewritten: ``![alt](address "title")`` and ``<img src=address>``. Images in reference style and in
``srcset`` are found as well, without a position, so that the user can be told about them.

markdown-it decides what is an image and what is code, a comment or an escape, as the forges do. It reads the lines of
each block as they are written, with the marks of quotes blanked, so its positions are those of the document.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_left
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.helpers import parseLinkDestination, parseLinkLabel
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import html_inline, image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

    Rule = Callable[[StateInline, bool], bool]

Notation = Literal["markdown", "quoted", "bare"]
"""How an address is written: as Markdown does, in an attribute's quotes, or in an attribute without any."""

_NESTING: Final = 100
_MARGIN: Final = re.compile(r"^[ \t>]+", re.MULTILINE)
_SPACE: Final = re.compile(r"[ \t\n]*")
_HTML: Final = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(?P<raw>script|style|textarea)\b.*?(?:</(?P=raw)|\Z)"
    r"|<(?P<tag>img|source)(?=[\s/>])(?P<attributes>(?:[^>\"']|\"[^\"]*\"|'[^']*')*)>",
    re.DOTALL | re.IGNORECASE,
)
_ATTRIBUTE: Final = re.compile(
    r"(?P<name>[^\s\"'>/=]+)\s*=\s*(?P<quote>[\"']?)(?P<value>(?<=[\"']).*?(?=(?P=quote))|[^\s\"'=<>`]+)", re.DOTALL
)
_CANDIDATE: Final = re.compile(r"(?:^|,\s)\s*([^\s,]+)")
"""An address in a ``srcset``."""


class Span(NamedTuple):
    """A piece of a text: the offsets of its first character and of the one after its last."""

    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class ImageReference:
    """An image: its address without escapes, and the span of it; ``None`` in a form that is not rewritten."""

    address: str
    span: Span | None
    whole: Span
    alt: str = ""
    notation: Notation = "markdown"


def find_image_references(text: str) -> list[ImageReference]:
    """Every image in a document with whatever line ends, in the order of the text."""
    returns = [match.start() - number for number, match in enumerate(re.finditer("\r\n", text))]
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")  # as markdown-it does
    found: list[ImageReference] = []
    env: dict[str, Any] = {"found": found, "depth": 0}
    for token, span in _blocks(text, parser().parse(text, env)):
        if token.type == "html_block":
            found += _in_html(text[slice(*span)], span.start)
        else:
            lines = _MARGIN.sub(lambda margin: " " * len(margin[0]), text[slice(*span)])
            parser().inline.parse(lines, parser(), {**env, "offset": span.start}, [])

    def written(span: Span) -> Span:
        return Span(*(offset + bisect_left(returns, offset) for offset in span))

    return [replace(each, whole=written(each.whole), span=each.span and written(each.span)) for each in found]


def _blocks(text: str, tokens: Sequence[Token]) -> Iterator[tuple[Token, Span]]:
    """Where the lines of each paragraph, heading and piece of HTML are, and where each cell of a table is."""
    starts = [0, *(match.end() for match in re.finditer("\n", text)), len(text)]
    cell_end = 0
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.map is None or token.type not in {"inline", "html_block"}:
            continue
        start, end = (starts[line] for line in token.map)
        if before is not None and before.type in {"th_open", "td_open"}:
            written = token.content.replace("|", "\\|")
            start = text.find(written, max(start, cell_end))
            end = cell_end = start + len(written)
        yield token, Span(start, end)


@cache
def parser() -> MarkdownIt:
    """A parser of blocks, which leaves their text alone and addresses as they are written."""
    made = MarkdownIt("commonmark", {"html": True, "maxNesting": _NESTING}).enable(["table", "strikethrough"])
    made.validateLink = lambda url: True  # type: ignore[method-assign]  # noqa: ARG005 - the base class has this name
    made.normalizeLink = lambda url: url  # type: ignore[method-assign]
    made.disable("inline")
    made.inline.ruler.at("image", _noting(image, _described))
    made.inline.ruler.at("html_inline", _noting(html_inline, _tags))
    return made


def _noting(rule: Rule, describe: Callable[[StateInline, int], Iterator[ImageReference]]) -> Rule:
    """A rule of markdown-it's that also notes the images that it reads, but none inside of an alternative text."""

    def read(state: StateInline, silent: bool) -> bool:  # noqa: FBT001  markdown-it's signature
        start = state.pos
        state.env["depth"] += not silent
        matched = rule(state, silent)
        state.env["depth"] -= not silent
        if matched and not silent and not state.env["depth"]:
            state.env["found"] += describe(state, start)
        return matched

    return read


def _tags(state: StateInline, start: int) -> Iterator[ImageReference]:
    return _in_html(state.src[start : state.pos], state.env["offset"] + start)


def _described(state: StateInline, start: int) -> Iterator[ImageReference]:
    """The image that markdown-it has just read, once more, for the position of its address."""
    offset, token = state.env["offset"], state.tokens[-1]
    whole, alt = Span(offset + start, offset + state.pos), _text_of(token.children)
    label_end = parseLinkLabel(state, start + 1)
    if not state.src.startswith("(", label_end + 1, state.pos):
        yield ImageReference(address=str(token.attrs["src"]), span=None, whole=whole, alt=alt)
        return
    space = _SPACE.match(state.src, label_end + 2)
    at = space.end() if space else label_end + 2
    address = parseLinkDestination(state.src, at, state.pos)
    if address.ok:
        span = Span(offset + at, offset + address.pos)
        yield ImageReference(address=address.str, span=span, whole=whole, alt=alt)


def _in_html(text: str, offset: int) -> Iterator[ImageReference]:
    """The images in a piece of HTML: ``src`` of ``img``; ``srcset`` of ``img`` and ``source``."""
    for tag in _HTML.finditer(text):
        attributes = list(_ATTRIBUTE.finditer(text, *tag.span("attributes"))) if tag["tag"] else []
        values = {each["name"].lower(): each for each in reversed(attributes)}  # the first of a name counts
        alt, srcset = (html.unescape(values[name]["value"]) if name in values else "" for name in ("alt", "srcset"))
        whole = Span(offset + tag.start(), offset + tag.end())
        if "src" in values and tag["tag"].lower() == "img":
            src = values["src"]
            yield ImageReference(
                address=html.unescape(src["value"]),
                span=Span(offset + src.start("value"), offset + src.end("value")),
                whole=whole,
                alt=alt,
                notation="quoted" if src["quote"] else "bare",
            )
        for address in _CANDIDATE.findall(srcset):
            yield ImageReference(address=address, span=None, whole=whole)


def plain_text(text: str) -> str:
    """The text of a heading or paragraph without its Markdown."""
    return _text_of(parser().inline.parse(text, parser(), {"found": [], "depth": 0, "offset": 0}, []))


def _text_of(tokens: Sequence[Token] | None) -> str:
    plain = [token.copy(type="text") if token.type == "text_special" else token for token in tokens or ()]
    return RendererHTML().renderInlineAsText(plain, parser().options, {})
