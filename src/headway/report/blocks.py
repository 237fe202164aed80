"""What a report is made of, wherever it is shown: a handful of blocks, and the words and names inside them.

The sections (:mod:`headway.report.sections`) turn a report into blocks; the renderers write blocks and know nothing
else. So a section is written once, and a renderer never decides what is said.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from headway.report.escaping import CODE_PARTS, SENTENCE_LIMIT, clean, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headway.values.chart import Chart

Tone = Literal["plain", "strong", "quiet", "better", "worse", "failed", "warning", "withheld"]

MARKS: Final[dict[Tone, str]] = {"better": "▲", "worse": "▼", "failed": "✗", "warning": "⚠"}
"""Renderers write the mark before words of such a tone, so that nothing depends on colour alone."""


@dataclass(frozen=True, slots=True)
class Words:
    """Plain words, which renderers escape."""

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

    Where the place is too narrow, ``excerpt`` is shown instead; where that is empty, the beginning and the end.
    """

    text: str
    excerpt: str = ""

    def within(self, limit: int) -> str:
        """The text, or the excerpt where the text has more characters than the place has room for."""
        return self.excerpt if self.excerpt and len(self.text) > limit else self.text


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
    """Words that lead to a URL; without one, the words alone."""

    text: str
    url: str


Span: TypeAlias = Words | Name | Value | Command | Commit | Link
Inline: TypeAlias = tuple[Span, ...]


def line(*parts: str | Span | Inline) -> Inline:
    """One line of words and names; plain strings are words."""
    spans: list[Span] = []
    for part in parts:
        spans.extend(part if isinstance(part, tuple) else (Words(part) if isinstance(part, str) else part,))
    return tuple(spans)


def prose(sentence: str) -> Inline:
    """A sentence in which backticks enclose names; one without a partner is an ordinary character."""
    parts = CODE_PARTS.split(shorten(clean(sentence), SENTENCE_LIMIT))
    return tuple(Name(part) if index % 2 else Words(part) for index, part in enumerate(parts) if part)


def joined(separator: str, lines: Iterable[Inline]) -> Inline:
    """Several lines as one."""
    spans: list[Span] = []
    for each in lines:
        spans.extend((Words(separator), *each) if spans else each)
    return tuple(spans)


def plain_text(content: Inline) -> str:
    """The words and names of a line, as they are."""
    return "".join(span.sha if isinstance(span, Commit) else span.text for span in content)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a listing holds, and how many of it each place shows.

    Attributes:
        noun: one of it, such as ``"changed metric"``.
        rank: in which order kinds are shown where there is little room; the highest rank gives way first.
        least: how many a section begins with.
        glance: how many are shown before the rest of any section.
        markdown, page, terminal: the most that Markdown, the HTML page and a terminal show.
    """

    noun: str
    rank: int = 10
    least: int = 0
    glance: int = 0
    markdown: int = 100
    page: int = 500
    terminal: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A paragraph: an ordinary one, a note that is set off, one that warns, or small print."""

    content: Inline
    role: Literal["plain", "note", "withheld", "alarm", "small"] = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One number of a verdict: ``value`` and ``label`` read on, as in "2 of 5 metrics changed"; ``why`` explains."""

    value: str
    label: str
    tone: Tone = "plain"
    why: Inline = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The report in numbers."""

    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Properties:
    """Terms with what they are, such as the two sides of the comparison."""

    entries: tuple[tuple[str, Inline], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Entries of one kind, of which a place shows the first; ``left_out`` is the number of those not in ``entries``."""

    kind: Kind
    entries: tuple[Any, ...]
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Items(Listing):
    """A list whose entries are lines; ``role`` says how it looks."""

    entries: tuple[Inline, ...]
    role: Literal["plain", "numbered", "findings"] = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A term with its details, and the number of things that it stands for."""

    term: Inline
    details: Items
    number: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions(Listing):
    """Terms, each with a few details."""

    entries: tuple[Definition, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: of names, of numbers, or of bars, which only the HTML page draws.

    ``minor`` columns give way where the page is narrow.
    """

    title: str
    holds: Literal["names", "numbers", "bars"] = "names"
    minor: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar from the middle of its column: to the left for a negative ``extent``, which runs from -1 to 1."""

    extent: float
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table; rows of one ``group`` are shown together, under its name."""

    cells: tuple[Inline | Bar, ...]
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Listing):
    """Rows under titles. A reader of the page can filter the rows of a ``searchable`` one by their first cell."""

    columns: tuple[Column, ...]
    entries: tuple[Row, ...]
    searchable: bool = False

    @property
    def groups(self) -> dict[str, list[Row]]:
        """The rows by group, in the order in which the groups first appear; files of one folder stay together."""
        found: dict[str, list[Row]] = {}
        for row in self.entries:
            found.setdefault(row.group, []).append(row)
        folders = list(dict.fromkeys(map(posixpath.dirname, found)))
        return {group: found[group] for group in sorted(found, key=lambda each: folders.index(posixpath.dirname(each)))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Charts(Listing):
    """Charts beside each other."""

    entries: tuple[Chart, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines(Listing):
    """Lines of a file: as they are, as Markdown, or as a unified diff."""

    entries: tuple[str, ...]
    form: Literal["text", "markdown", "diff"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image by its path beside the report; ``None`` where there is none."""

    path: str | None
    dark: str | None
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts(Listing):
    """Parts of a section, each of several blocks."""

    entries: tuple[tuple[Block, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """Blocks that a reader opens. Where nothing folds, ``optional`` ones are left out. ``opened`` is how they begin."""

    summary: Inline
    blocks: tuple[Block, ...]
    optional: bool = False
    opened: bool = False


Block: TypeAlias = Text | Verdict | Properties | Items | Definitions | Table | Charts | Lines | Image | Parts | Details


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A titled part of the report.

    Attributes:
        anchor: its name in a URL.
        title: its heading.
        blocks: what it holds.
        folds_as: in Markdown, the words behind which the section folds; empty where it has a heading.
        kind: where a report may have many sections of the kind, how many of them are shown.
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
        title: base and head.
        opening: what a reader sees first: the verdict, the sides, the notes.
        sections: in reading order.
        left_out: how many of each noun no block shows for want of room.
        generator: the version of Headway that wrote the report.
    """

    title: Inline
    opening: tuple[Block, ...]
    sections: tuple[Section, ...]
    generator: str
    left_out: tuple[tuple[int, str], ...] = ()
