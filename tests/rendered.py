"""Reads rendered reports back: the Markdown through GitHub's own parser, HTML into tables, tags and text."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import cmarkgfm  # type: ignore[import-untyped]  # carries no types
from cmarkgfm.cmark import Options  # type: ignore[import-untyped]  # as above

from headway.report.blocks import Bar, Details, Table, Value, text_of
from headway.report.sections.metrics import section as metrics

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from headway.report.blocks import Block, Inline, Words
    from headway.values.report import Report

_VOID = {"br", "img", "input", "meta", "source", "link", "hr", "path", "rect", "circle", "wbr"}
_MENTION = re.compile(
    r"(?<![\w/])@[\w-]|#\d|\bGH-\d|https?://|www\.|(?<!\S):\w+:|[!$%~&^][\w\"]|\[\[|\[toc\]|@[0-9a-f]{7}"
    r"|(?-i:\b[A-Z][A-Z0-9_]*-\d)",
    re.IGNORECASE,
)
_SHA = re.compile(r"(?<![a-z0-9])(?=\d*[a-f])[0-9a-f]{7,40}(?![a-z0-9])", re.IGNORECASE)
_SHORT = 7
"""Digits of the SHAs by which a report names its own two commits."""


class Rendered(HTMLParser):
    """A page, read.

    Attributes:
        tables: rows of cells' texts, header first.
        tags: every element's name with its attributes, in order.
        text: everything outside scripts and styles; ``prose`` is the part of it that is not code.
        unclosed: elements left open at the end.
    """

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[str]]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.prose = ""
        self.unclosed: list[str] = []
        self._in_cell = False
        self.feed(str(html))  # and no Markup, which makes Markup of each piece that the parser takes of it
        self.close()

    def updatepos(self, i: int, j: int) -> int:  # noqa: ARG002 - the base class's parameters
        """Counts no lines: nobody asks where in the page something is."""
        return j

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.unclosed.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in {"td", "th"}:
            self.tables[-1][-1].append("")
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th"}:
            self._in_cell = False
        if tag in _VOID:
            return
        assert self.unclosed, f"</{tag}> closes nothing"
        assert self.unclosed.pop() == tag

    def handle_data(self, data: str) -> None:
        around = set(self.unclosed)
        if around & {"script", "style"}:
            return
        self.text += data
        if self._in_cell:
            self.tables[-1][-1][-1] += data
        if not around & {"code", "pre"}:
            self.prose += data

    def elements(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]

    @property
    def linked_by_a_forge(self) -> list[str]:
        """What a forge would make a link of, but short SHAs: it searches all text outside of code."""
        return _MENTION.findall(self.prose) + [sha for sha in self.linked_commits if len(sha) > _SHORT]

    @property
    def linked_commits(self) -> list[str]:
        """The SHAs that a forge would make links of."""
        return _SHA.findall(self.prose)


def github(markdown: str) -> Rendered:
    """Parse Markdown as GitHub does before it cleans the HTML."""
    options = Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_FOOTNOTES
    return Rendered(cmarkgfm.github_flavored_markdown_to_html(markdown, options=options))


def words_of(content: Inline | Bar) -> str:
    """The words of a cell or a line; a bar has none."""
    return "" if isinstance(content, Bar) else text_of(content)


def tables_in(report: Report) -> list[Table]:
    """The tables of the section on metrics, folded ones as well."""

    def inside(blocks: Iterable[Block]) -> Iterator[Table]:
        for block in blocks:
            if isinstance(block, Table):
                yield block
            elif isinstance(block, Details):
                yield from inside(block.blocks)

    return [table for section in metrics.build(report) for table in inside(section.blocks)]


def rows_of(block: object) -> list[list[str]]:
    """The rows of a table as words, without bars."""
    assert isinstance(block, Table)
    return [[words_of(cell) for cell in row.cells if not isinstance(cell, Bar)] for row in block.entries]


def within(shown: Words | Value, room: int) -> str:
    """What a place with so much room shows of a value."""
    return shown.within(room) if isinstance(shown, Value) else shown.text
