"""The blocks that a report consists of, and the spans of text inside them.

The sections (:mod:`headway.report.sections`) turn a report into blocks, and the renderers write blocks, so a section is
written once, and no renderer contains a sentence.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias

from headway.report.escaping import CODE_PARTS, SENTENCE_LIMIT, clean, shorten, shorten_parts
from headway.values.report import SHOWN_IMAGES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headway.text import Part
    from headway.values.chart import Chart
    from headway.values.report import Include
    from headway.values.revision import Side

Tone = Literal["plain", "strong", "quiet", "better", "worse", "failed", "warning", "withheld"]

MARKS: Final[dict[Tone, str]] = {"failed": "✗", "warning": "⚠"}
"""Renderers write the mark before text of that tone. Every other text says what its tone does: color is never alone."""


@dataclass(frozen=True, slots=True)
class Words:
    """Plain text, which renderers escape."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Name:
    """A name from the repository, shown as code."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Value:
    """A value from the repository, shown as code.

    If there is too little room, renderers show ``excerpt`` instead, or the beginning and the end if that is empty.
    """

    text: str
    excerpt: str = ""

    def within(self, limit: int) -> str:
        """The text, or the excerpt if the text is longer than ``limit``."""
        return self.excerpt if self.excerpt and len(self.text) > limit else self.text


@dataclass(frozen=True, slots=True)
class Version:
    """One of two versions of a text, shown as code, in which renderers mark what the other one lacks.

    If there is too little room, the words that both have give way first.
    """

    parts: tuple[Part, ...]
    side: Side

    @property
    def text(self) -> str:
        """The text with the marks of ``git diff --word-diff``."""
        return self.within(SENTENCE_LIMIT)

    def within(self, limit: int) -> str:
        """At most about ``limit`` characters of the text, with these marks."""
        start, end = ("[-", "-]") if self.side == "base" else ("{+", "+}")
        return "".join(
            f"{start}{part.text}{end}" if part.is_changed else part.text for part in shorten_parts(self.parts, limit)
        )


@dataclass(frozen=True, slots=True)
class Command:
    """A command to paste, shown as code and never shortened."""

    text: str


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit SHA, which a forge links."""

    sha: str


@dataclass(frozen=True, slots=True)
class Link:
    """Text that links to a URL; plain text if the URL is empty. ``is_name`` means that the text is a name, as code."""

    text: str
    url: str
    is_name: bool = True


Span: TypeAlias = Words | Name | Value | Version | Command | Commit | Link
Inline: TypeAlias = tuple[Span, ...]


def line(*parts: str | Span | Inline) -> Inline:
    """One line of spans; strings become :class:`Words`."""
    spans: list[Span] = []
    for part in parts:
        spans.extend(part if isinstance(part, tuple) else (Words(part) if isinstance(part, str) else part,))
    return tuple(spans)


def prose(sentence: str) -> Inline:
    """A sentence in which backticks enclose names; an unpaired backtick is an ordinary character."""
    parts = CODE_PARTS.split(shorten(clean(sentence), SENTENCE_LIMIT))
    return tuple(Name(part) if index % 2 else Words(part) for index, part in enumerate(parts) if part)


def joined(separator: str, lines: Iterable[Inline]) -> Inline:
    """Several lines as one, separated."""
    spans: list[Span] = []
    for each in lines:
        spans.extend((Words(separator), *each) if spans else each)
    return tuple(spans)


def text_of(content: Inline) -> str:
    """The text of a line without markup."""
    return "".join(span.sha if isinstance(span, Commit) else span.text for span in content)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of entry, and how many of them each renderer shows.

    Attributes:
        noun: the singular, such as ``"changed metric"``.
        rank: the order of importance; if there is too little room, the highest rank is left out first.
        least: the number of entries that a section begins with.
        glance: the number of entries shown before the rest of any section.
        markdown, page, terminal: the maximum in Markdown, on the HTML page and in a terminal.
    """

    noun: str
    rank: int = 10
    least: int = 0
    glance: int = 0
    markdown: int = 100
    page: int = 500
    terminal: int = 50

    @property
    def most(self) -> int:
        """The most that any place shows; a section builds no more entries."""
        return max(self.markdown, self.page, self.terminal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A paragraph; ``role`` determines how it looks."""

    content: Inline
    role: Literal["plain", "note", "withheld", "alarm", "small"] = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One statement of a verdict.

    Attributes:
        value, label: what is known and what it is, such as "2" and "of 5 metrics changed".
        name: the name of a metric, whose values are ``value``.
    """

    value: str
    label: str
    tone: Tone = "plain"
    name: str = ""

    @property
    def words(self) -> Words:
        """All in one."""
        return Words(" ".join(filter(None, (self.name, self.value, self.label))), self.tone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The report in numbers."""

    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Properties:
    """Terms and their values, such as the two sides of the comparison."""

    entries: tuple[tuple[str, Inline], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Entries of one kind; ``left_out`` is the number of those that ``entries`` lacks."""

    kind: Kind
    entries: tuple[Any, ...]
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Items(Listing):
    """A list of lines; ``role`` determines how it looks."""

    entries: tuple[Inline, ...]
    role: Literal["plain", "numbered", "findings"] = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A term with its details; ``number`` counts the things that the entry stands for."""

    term: Inline
    details: Items
    number: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions(Listing):
    """A list of terms with details."""

    entries: tuple[Definition, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. Only the HTML page draws bars; narrow renderings hide ``minor`` columns."""

    title: str
    holds: Literal["names", "numbers", "bars"] = "names"
    minor: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar from the middle of its column, with an extent from -1 (left) to 1 (right).

    A ``clipped`` one stands for a larger extent, which would leave no room for the others.
    """

    extent: float
    tone: Tone = "plain"
    clipped: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table; renderers show the rows of a ``group`` under its name.

    ``number`` counts the things that the row stands for, and the page's filter finds it by its ``keywords``, too.
    """

    cells: tuple[Inline | Bar, ...]
    group: str = ""
    number: int = 1
    keywords: str = ""


def text_row(name: str, *cells: str) -> Row:
    """A row that begins with a name from the repository."""
    return Row((line(Name(name)), *map(line, cells)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Listing):
    """A table. On the HTML page, readers can filter the rows of a ``searchable`` one by their first cell.

    Markdown folds the rows that follow the ``unfolded`` ones; 0 folds none.
    """

    columns: tuple[Column, ...]
    entries: tuple[Row, ...]
    searchable: bool = False
    unfolded: int = 0

    @property
    def groups(self) -> dict[str, list[Row]]:
        """The rows by group, in the order of first appearance, but files of one folder together."""
        found: dict[str, list[Row]] = {}
        for row in self.entries:
            found.setdefault(row.group, []).append(row)
        folders = list(dict.fromkeys(map(posixpath.dirname, found)))
        return {group: found[group] for group in sorted(found, key=lambda each: folders.index(posixpath.dirname(each)))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Charts(Listing):
    """Charts next to each other."""

    entries: tuple[Chart, ...]


class ShownImage(NamedTuple):
    """An image by its path relative to the report, that for dark pages if there is one, and what it shows."""

    path: str
    dark: str | None
    alt: str


def images_of(item: Chart | Include) -> list[ShownImage]:
    """The images of a chart or of a section in reading order: base, head, and where they differ."""
    alts = {"image": getattr(item, "alt", item.title), "before": f"{item.title}: base"}
    shown = [(light, getattr(item, light, None), getattr(item, dark, None)) for light, dark in SHOWN_IMAGES]
    return [ShownImage(path, dark, alts.get(role, f"{item.title}: {role}")) for role, path, dark in shown if path]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines(Listing):
    """Lines of a file, of Markdown, or of a unified diff."""

    entries: tuple[str, ...]
    form: Literal["text", "markdown", "diff"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts(Listing):
    """Parts of a section, each of several blocks."""

    entries: tuple[tuple[Block, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """Blocks that a reader can unfold. Renderings that cannot fold leave out ``optional`` ones."""

    summary: Inline
    blocks: tuple[Block, ...]
    optional: bool = False
    opened: bool = False


Block: TypeAlias = Text | Verdict | Properties | Items | Definitions | Table | Charts | Lines | Parts | Details


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A titled part of the report.

    Attributes:
        anchor: the name in a URL.
        title: the heading.
        blocks: the content.
        folds_as: the summary behind which Markdown folds the section; empty if the section has a heading.
        kind: how many sections of the kind are shown, if a report may have many.
    """

    anchor: str
    title: str
    blocks: tuple[Block, ...]
    folds_as: str = ""
    kind: Kind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """A whole report in blocks.

    Attributes:
        title: the names of base and head.
        opening: the blocks above all sections: the verdict, the sides, the notes.
        sections: the sections in reading order.
        left_out: the number of entries, by noun, that no block shows because there is too little room.
        generator: the version of Headway that wrote the report.
    """

    title: Inline
    opening: tuple[Block, ...]
    sections: tuple[Section, ...]
    generator: str
    left_out: tuple[tuple[int, str], ...] = ()
