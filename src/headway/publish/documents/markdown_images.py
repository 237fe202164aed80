"""Where a document of the user's own shows pictures: exact positions in its text. Pure: no file is opened.

What is a picture is markdown-it's decision, which reads CommonMark and tables as the forges do: code, comments and
escapes are none. It works on the text of a paragraph, heading or cell, in which the marks of quotes and lists are gone;
so each line of that text is looked up in its line of the document. HTML is searched for ``img`` and ``source`` here.

Everything else in the document is none of this module's business, and stays as it is, byte for byte.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.common.utils import normalizeReference
from markdown_it.helpers import parseLinkDestination, parseLinkLabel
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import html_inline, image

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

Notation = Literal["markdown", "quoted", "bare"]
"""How an address is written: as Markdown does, in an attribute's quotes, or in an attribute without any."""

_NESTING: Final = 100
_NEWLINE: Final = re.compile(r"\r\n?|\n")
_SPACE: Final = re.compile(r"[ \t\r\n\f\v]*")
_LABEL: Final = re.compile(r"\[(?:[^\[\]\\]|\\.)*\]:", re.DOTALL)
_HTML: Final = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(?P<raw>script|style|textarea)\b.*?(?:</(?P=raw)|\Z)"
    r"|<(?P<tag>img|source)(?=[\s/>])(?P<attributes>(?:[^>\"']|\"[^\"]*\"|'[^']*')*)>",
    re.DOTALL | re.IGNORECASE,
)
_ATTRIBUTE: Final = re.compile(
    r"(?P<name>[^\s\"'>/=]+)(?:\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<bare>[^\s\"'=<>`]+)))?"
)
_CANDIDATE: Final = re.compile(r"[\s,]*(?P<address>[^\s,]\S*?)(?=,*(?:\s|\Z))(?:[^,(]|\([^)]*\))*")
"""An address in a ``srcset`` and its descriptors, up to the next comma ("srcset attributes" in the HTML standard)."""


class Span(NamedTuple):
    """A piece of a text: the offsets of its first character and of the one after its last."""

    start: int
    end: int


class Picture(NamedTuple):
    """A picture as a whole, and the words that stand for it; ``None`` for a ``source``, which shows nothing itself."""

    span: Span
    words: str | None


@dataclass(frozen=True, kw_only=True)
class Place:
    """An address of a picture in a document.

    Attributes:
        span: what is to be replaced by another address.
        address: the address, with all escapes resolved.
        notation: how it is written.
        line: where the picture is, or the first of them, from 1.
        pictures: the pictures with this address; several only where they share a definition.
    """

    span: Span
    address: str
    notation: Notation
    line: int
    pictures: tuple[Picture, ...]


class _Found(NamedTuple):
    """A picture in the text of a block, by offsets there: with its address, or with the label of its definition."""

    whole: Span
    words: str | None
    span: Span | None = None
    address: str = ""
    notation: Notation = "markdown"
    label: str = ""


def find_places(text: str) -> list[Place]:
    """Every address of a picture in a document, in the order of the text.

    Args:
        text: the document, with whatever line ends it has.
    """
    lines = _Lines(text)
    env: dict[str, Any] = {}
    places: list[Place] = []
    uses: dict[str, list[Picture]] = {}
    for token, block in _blocks(lines, parser().parse(text, env)):
        for found in _in_html(token.content) if token.type == "html_block" else _in_markdown(token.content, env):
            picture = Picture(block.span(found.whole), found.words)
            if found.span is None:
                uses.setdefault(found.label, []).append(picture)
            else:
                span, line = block.span(found.span), lines.number(picture.span.start)
                place = Place(span=span, address=found.address, notation=found.notation, line=line, pictures=(picture,))
                places.append(place)
    places += [_defined(lines, env["references"][label], pictures) for label, pictures in uses.items()]
    return sorted(places, key=lambda place: place.span)


def _defined(lines: _Lines, definition: Mapping[str, Any], pictures: Sequence[Picture]) -> Place:
    """The place of an address in a definition, ``[label]: address``.

    White space may stand between label and address, and the marks of a quote, when they are on different lines: the
    address begins where it can be read.
    """
    first, last = definition["map"]
    start, end = lines.starts[first], lines.starts[last]
    label = _LABEL.search(lines.text, start, end)
    tried = ((at, parseLinkDestination(lines.text, at, end)) for at in range(label.end() if label else start, end))
    at, found = next((at, found) for at, found in tried if found.ok and found.str == definition["href"])
    number = lines.number(pictures[0].span.start)
    return Place(
        span=Span(at, found.pos), address=found.str, notation="markdown", line=number, pictures=tuple(pictures)
    )


class _Lines:
    """A document's lines, numbered from 0 as markdown-it does; its text is as long, and as markdown-it sees it."""

    def __init__(self, text: str) -> None:
        self.text = text.replace("\0", "\ufffd")
        ends = list(_NEWLINE.finditer(text))
        self.starts = [0, *(match.end() for match in ends), len(text)]
        self._ends = [*(match.start() for match in ends), len(text)]

    def number(self, offset: int) -> int:
        """The line of an offset, from 1 as people count."""
        return bisect_right(self.starts, offset, hi=len(self._ends))

    def line(self, index: int) -> str:
        """A line without its end."""
        return self.text[self.starts[index] : self._ends[index]]


def _blocks(lines: _Lines, tokens: Sequence[Token]) -> Iterator[tuple[Token, _Block]]:
    """The tokens that hold text or HTML, and where their text is in the document."""
    row, cell_end = -1, 0
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.map is None or token.type not in {"inline", "html_block"}:
            continue
        if before is not None and before.type in {"th_open", "td_open"}:
            cell_end = lines.starts[token.map[0]] if token.map[0] != row else cell_end
            row = token.map[0]
            cell = _Cell(lines, token, cell_end)
            cell_end = cell.end
            yield token, cell
        else:
            yield token, _Block(lines, token)


class _Block:
    """Where the text of a block is in the document, line by line."""

    def __init__(self, lines: _Lines, token: Token) -> None:
        first, last = token.map or (0, 0)
        texts = token.content.split("\n")[: last - first]
        self._content = [0]
        for text in texts:
            self._content.append(self._content[-1] + len(text) + 1)
        trimmed = (_starts(lines, number, texts) for number in range(first, last - len(texts) + 1))
        self._document = next(starts for starts in trimmed if starts)

    def span(self, span: Span) -> Span:
        """A piece of the block's text as a piece of the document."""
        return Span(self._at(span.start), self._at(span.end - 1) + 1)

    def _at(self, offset: int) -> int:
        index = bisect_right(self._content, offset, hi=len(self._document)) - 1
        return self._document[index] + offset - self._content[index]


def _starts(lines: _Lines, first: int, texts: Sequence[str]) -> list[int]:
    """Where the lines of a block's text begin in the document; nothing where the document has them elsewhere.

    A line is the end of its line in the document but for white space, and in a heading for more of its marks; white
    space before it may have been made of a tab. Lines of nothing but form feeds are no part of a block's text.
    """
    cores = [text.strip(" \t") for text in texts]
    columns = [lines.line(first + index).rfind(core) for index, core in enumerate(cores)]
    if -1 in columns:
        return []
    return [
        lines.starts[first + index] + column - texts[index].find(cores[index]) for index, column in enumerate(columns)
    ]


class _Cell(_Block):
    """Where the text of a table's cell is in the document: on one line, after the cell before, its pipes escaped."""

    def __init__(self, lines: _Lines, token: Token, after: int) -> None:
        self._text = token.content
        written = _escaped(token.content)
        number = (token.map or [0])[0]
        column = lines.line(number).find(written, after - lines.starts[number])
        self._start = lines.starts[number] + column
        self.end = self._start + len(written)

    def _at(self, offset: int) -> int:
        return self._start + len(_escaped(self._text[:offset]))


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|")


class _Parser(MarkdownIt):
    """Reads addresses as they are written: what is allowed, and how it is encoded, is for others to decide."""

    def validateLink(self, url: str) -> bool:  # noqa: N802, ARG002  the base class has this name
        return True

    def normalizeLink(self, url: str) -> str:  # noqa: N802  likewise
        return url


@cache
def parser() -> MarkdownIt:
    """A parser of blocks, which leaves their text to :func:`_in_markdown` and :func:`as_words`."""
    made = _Parser("commonmark", {"html": True, "maxNesting": _NESTING}).enable(["table", "strikethrough"])
    made.disable("inline")
    made.inline.ruler.at("image", _image)
    made.inline.ruler.at("html_inline", _tag)
    return made


def _in_markdown(text: str, env: Mapping[str, Any]) -> list[_Found]:
    """The pictures in the text of a paragraph, heading or cell."""
    found: list[_Found] = []
    parser().inline.parse(text, parser(), {**env, "found": found, "depth": 0}, [])
    return found


def _image(state: StateInline, silent: bool) -> bool:  # noqa: FBT001  markdown-it's signature
    """markdown-it's rule for images, that also notes where one is; what stands in an image's words is no image."""
    start = state.pos
    state.env["depth"] += not silent
    matched = image(state, silent)
    state.env["depth"] -= not silent
    if matched and not silent and not state.env["depth"]:
        state.env["found"] += _described(state, Span(start, state.pos))
    return matched


def _tag(state: StateInline, silent: bool) -> bool:  # noqa: FBT001  markdown-it's signature
    """markdown-it's rule for HTML in text, that also notes pictures."""
    start = state.pos
    matched = html_inline(state, silent)
    if matched and not silent and not state.env["depth"]:
        state.env["found"] += _in_html(state.src[start : state.pos], start)
    return matched


def _described(state: StateInline, whole: Span) -> Iterator[_Found]:
    """The image that markdown-it has just read, once more, for the position of its address."""
    label_end = parseLinkLabel(state, whole.start + 1)
    words = _words(state.tokens[-1].children)
    follows = state.src[label_end + 1 : whole.end]
    if follows.startswith("("):
        space = _SPACE.match(state.src, label_end + 2)
        start = space.end() if space else label_end + 2
        address = parseLinkDestination(state.src, start, whole.end)
        if address.ok:
            yield _Found(whole, words, Span(start, address.pos), address.str)
    else:
        label = follows[1:-1] or state.src[whole.start + 2 : label_end]
        yield _Found(whole, words, label=normalizeReference(label))


def as_words(text: str) -> str:
    """The text of a heading or paragraph without its Markdown."""
    return _words(parser().inline.parse(text, parser(), {"found": [], "depth": 0}, []))


def _words(tokens: Sequence[Token] | None) -> str:
    return RendererHTML().renderInlineAsText(tokens, parser().options, {})


def _in_html(text: str, offset: int = 0) -> Iterator[_Found]:
    """The pictures in a piece of HTML: ``src`` and ``srcset`` of ``img``, ``srcset`` of ``source``."""
    for tag in _HTML.finditer(text):
        if tag["tag"] is None:
            continue
        whole = Span(offset + tag.start(), offset + tag.end())
        values = _values(text, Span(*tag.span("attributes")))
        is_img = tag["tag"].lower() == "img"
        words = html.unescape(values["alt"][1] if "alt" in values else "") if is_img else None
        if is_img and "src" in values:
            span, value, notation = values["src"]
            yield _Found(whole, words, _moved(span, offset), html.unescape(value), notation)
        if "srcset" in values:
            span, value, notation = values["srcset"]
            for candidate in _CANDIDATE.finditer(value) if notation == "quoted" else ():
                inner = Span(*candidate.span("address"))
                yield _Found(
                    whole, words, _moved(inner, offset + span.start), html.unescape(candidate["address"]), "quoted"
                )


def _values(text: str, attributes: Span) -> dict[str, tuple[Span, str, Notation]]:
    """The values of a tag's attributes, the first of each name, with their place in the text."""
    values: dict[str, tuple[Span, str, Notation]] = {}
    for match in _ATTRIBUTE.finditer(text, *attributes):
        group = next((name for name in ("double", "single", "bare") if match[name] is not None), None)
        if group is not None:
            notation: Notation = "bare" if group == "bare" else "quoted"
            values.setdefault(match["name"].lower(), (Span(*match.span(group)), match[group], notation))
    return values


def _moved(span: Span, by: int) -> Span:
    return Span(span.start + by, span.end + by)
