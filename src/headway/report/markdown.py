"""The report as GitHub-flavoured Markdown, for a comment, a job summary or a file.

Where a place has no room for all of a report, it shows what matters most first: see :class:`MarkdownReport`.

The text holds HTML for parts that fold, for images with a dark variant, and for small print; or none, for the forge
that shows tags as text. Every span is escaped for its place here, and nothing else writes text from a repository.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING
from urllib.parse import quote

from markupsafe import escape

from headway.report import escaping
from headway.report.blocks import (
    MARKS,
    Bar,
    Charts,
    Command,
    Commit,
    Definitions,
    Details,
    Items,
    Lines,
    Link,
    Name,
    Parts,
    Properties,
    Table,
    Text,
    Value,
    Verdict,
    Version,
    Words,
    images_of,
)
from headway.report.escaping import SENTENCE_LIMIT
from headway.report.fitting import cut, ladder
from headway.report.formatting import count
from headway.report.links import NO_LINKS
from headway.report.team_markdown import render_markdown
from headway.report.view import view_report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from headway.report.blocks import Block, Definition, Inline, ReportView, Row, Section, ShownImage, Span
    from headway.report.fitting import Limit
    from headway.report.links import Links
    from headway.values.chart import Chart
    from headway.values.report import Report

_WIDEST = 760
"""The pixels that an image is shown wide at the most: a comment has no room for more."""
_VALUE = 40
"""Characters of a value."""
_TEXT = 120
"""Characters of a text whose changes are marked."""
NO_IMAGE = "no image; the notes say why."


def beside(path: str) -> str:
    """The URL of an image that lies beside the Markdown file, as report.json names it."""
    return quote(path)


def render(
    report: Report, *, html: bool = True, image_url: Callable[[str], str] = beside, links: Links = NO_LINKS
) -> str:
    """Write a report as Markdown.

    Args:
        report: what to write.
        html: whether the place reads HTML inside Markdown. Without, the text holds no tag and no entity, and what does
            not differ is left out rather than folded.
        image_url: gives the URL of an image from its path beside report.json; by default a relative one.
        links: where the report's commits, files and run are.

    Returns:
        GitHub-flavoured Markdown that ends with a line break.
    """
    return MarkdownReport(report, MarkdownWriter(html=html, image_url=image_url), links).text


class MarkdownReport:
    """A report as Markdown, in full or as much of it as there is room for."""

    def __init__(self, report: Report, writer: MarkdownWriter, links: Links = NO_LINKS) -> None:
        self._writer = writer
        self._full_report = links.full_report
        self._view = view_report(report, links, brief=True)

    @cached_property
    def _ladder(self) -> tuple[Limit, ...]:
        return ladder(self._view)

    @property
    def rungs(self) -> int:
        """How many ways there are to write it, each with more than the one before; see :meth:`at`."""
        return len(self._ladder)

    def at(self, rung: int) -> str:
        """Write the opening, and with each rung one entry more."""
        return self.within(self._ladder[rung])

    @property
    def text(self) -> str:
        """All of it."""
        return self.within(attrgetter("markdown"))

    def within(self, limit: Limit) -> str:
        """As much of it as a limit allows, with its heading."""
        view = cut(self._view, limit, folds=self._writer.html)
        heading = f"### Headway: {self._writer.line(view.title)}"
        return f"{paragraphs(heading, self._body(view), self._writer.made_by(view.generator))}\n"

    def body(self, rung: int) -> str:
        """What :meth:`at` writes, without its heading."""
        return self._body(cut(self._view, self._ladder[rung], folds=self._writer.html))

    def _body(self, view: ReportView) -> str:
        return paragraphs(
            self._writer.blocks(view.opening),
            *map(self._writer.section, view.sections),
            left_out_note([count(number, noun) for number, noun in view.left_out], self._full_report),
        )


def left_out_note(left_out: Sequence[str], full_report: str) -> str:
    """What is not shown, and where all of it is."""
    if not left_out:
        return ""
    link = f"[The full report]({escaping.plain_address(full_report)})" if full_report else "The full report"
    return f"Left out here: {', '.join(left_out)}. {link} has everything."


def paragraphs(*parts: str) -> str:
    """Parts of a text with an empty line between them; those that are empty are left out."""
    return "\n\n".join(part.strip("\n") for part in parts if part.strip("\n"))


class MarkdownWriter:
    """Writes blocks as Markdown.

    Args:
        html: as for :func:`render`.
        image_url: likewise.
    """

    def __init__(self, *, html: bool = True, image_url: Callable[[str], str] = beside) -> None:
        self.html = html
        self._image_url = image_url

    def section(self, section: Section) -> str:
        """A section under its heading, or folded."""
        blocks = self.blocks(section.blocks)
        if section.folds_as and self.html:
            return folded(str(escaping.forge_text(section.folds_as)), blocks)
        return paragraphs(f"#### {self.line((Words(section.title),))}", blocks)

    def blocks(self, blocks: Iterable[Block]) -> str:
        """Blocks one below the other."""
        return paragraphs(*map(self.block, blocks))

    def block(self, block: Block) -> str:  # noqa: C901 - one line for each block
        """One block."""
        match block:
            case Text():
                return self._text(block)
            case Verdict():
                words = [fact.words for fact in block.facts]
                return " · ".join(map(self._words, [*map(_strong, words[:1]), *words[1:]]))
            case Properties():
                return self.small(" ".join(f"{term}: {self.line(what)}." for term, what in block.entries))
            case Items(role="numbered"):
                lines = [f"{number}. {self.line(each)}" for number, each in enumerate(block.entries, start=1)]
            case Items():
                lines = [f"- {self.line(each)}" for each in block.entries]
            case Definitions():
                lines = list(map(self._definition, block.entries))
            case Table():
                lines = [self._table(block)]
            case Charts():
                lines = [self._charts(block.entries)]
            case Lines():
                lines = [self._lines(block)]
            case Parts():
                lines = [paragraphs(*map(self.blocks, block.entries))]
            case Details():
                return self._details(block)
        rest = f"{count(block.left_out, f'more {block.kind.noun}')} not shown." if block.left_out else ""
        return paragraphs("\n".join(lines), rest)

    def _text(self, block: Text) -> str:
        written = self.line(block.content)
        if block.role == "small":
            return self.small(written)
        return written if block.role == "plain" else f"> {written}"

    def small(self, text: str) -> str:
        """Small print."""
        return f"<sub>{text}</sub>" if self.html else f"*{text}*"

    def made_by(self, version: str) -> str:
        """The version of Headway that wrote the text, in small print."""
        return self.small(self.line((Words(f"Made by Headway {version}"),)))

    def _definition(self, definition: Definition) -> str:
        details = [self.line(each) for each in definition.details.entries]
        more = definition.details.left_out
        rest = [count(more, f"more {definition.details.kind.noun}")] if more else []
        return f"- {self.line(definition.term)}: {'; '.join([*details, *rest])}"

    def _table(self, table: Table) -> str:
        """A table, of which the last rows are folded."""
        rest = table.entries[table.unfolded :] if table.unfolded and self.html else ()
        if not rest:
            return paragraphs(*self._tables(table))
        first, last = (replace(table, entries=rows) for rows in (table.entries[: table.unfolded], rest))
        summary = count(sum(row.number for row in rest), f"more {table.kind.noun}")
        return paragraphs(*self._tables(first), folded(summary, paragraphs(*self._tables(last))))

    def _tables(self, table: Table) -> Iterator[str]:
        """A table for each group, without columns that say nothing; bars are for pages alone."""
        for group, rows in table.groups.items():
            cells = {number: [self._cell(row, number) for row in rows] for number in range(len(table.columns))}
            shown = [number for number, column in enumerate(table.columns) if column.title or any(cells[number])]
            columns = [table.columns[number] for number in shown]
            titles = _row(self._words(Words(column.title)) for column in columns)
            rule = _row("--:" if column.holds == "numbers" else ":--" for column in columns)
            lines = map(_row, zip(*(cells[number] for number in shown), strict=True))
            yield paragraphs(self.line((Name(group),)) if group else "", "\n".join([titles, rule, *lines]))

    def _cell(self, row: Row, number: int) -> str:
        spans = row.cells[number]
        if isinstance(spans, Bar):
            return ""
        return "".join(
            self._words(span) if isinstance(span, Words) else escaping.cell(self._span(span)) for span in spans
        )

    def _charts(self, charts: Sequence[Chart]) -> str:
        """Charts beside each other where they fit; one of several images begins a row of its own."""
        if not self.html:
            return paragraphs(*map(self._chart, charts))
        rows = groupby(charts, key=lambda chart: chart.id if len(images_of(chart)) > 1 else "")
        return "\n".join(each for _, row in rows for each in ("<p>", *map(self._chart, row), "</p>"))

    def _chart(self, chart: Chart) -> str:
        if images := images_of(chart):
            return "\n".join(self._image(image, chart.width) for image in images)
        title = escaping.forge_code(chart.title) if self.html else escaping.code(chart.title)
        return f"{'<br>' if self.html else ''}{title}: {NO_IMAGE}"

    def _image(self, image: ShownImage, width: int | None) -> str:
        if not self.html:
            return f"![{escaping.plain_text(image.alt)}]({escaping.plain_address(self._image_url(image.path))})"
        source = (
            f'<source media="(prefers-color-scheme: dark)" srcset="{self._address(image.dark)}">' if image.dark else ""
        )
        size = f'width="{min(width or _WIDEST, _WIDEST)}" align="top"'
        tag = f'<img alt="{escaping.html_text(image.alt)}" src="{self._address(image.path)}" {size}>'
        return f"<picture>{source}{tag}</picture>"

    def _address(self, path: str) -> str:
        return str(escape(self._image_url(path)))

    def _lines(self, lines: Lines) -> str:
        text = "\n".join(lines.entries)
        if lines.form == "markdown" and self.html:
            return f"<div>\n{render_markdown(text)}\n</div>"
        fence = escaping.fence if self.html else escaping.plain_fence
        return str(fence(text, lines.form))

    def _details(self, details: Details) -> str:
        if self.html:
            return folded("".join(map(_summary_span, details.summary)), self.blocks(details.blocks))
        return f"{self.line(details.summary)}:\n\n{self.blocks(details.blocks)}"

    def line(self, content: Inline) -> str:
        """One line of Markdown, which begins no list and makes no heading of the line above."""
        return str(escaping.line_start("".join(map(self._span, content)).strip(" ")))

    def _span(self, span: Span) -> str:  # noqa: PLR0911 - one line for each span
        match span:
            case Words():
                return self._words(span)
            case Name():
                code = str(escaping.code(span.text))
                return f"**{code}**" if span.tone == "strong" else code
            case Value():
                return str(escaping.code(span.within(_VALUE), _VALUE))
            case Version():
                return self._version(span)
            case Command():
                return str(escaping.code(span.text, SENTENCE_LIMIT))
            case Commit():
                short = escaping.short_sha(span.sha)
                return short or str(escaping.code(span.sha[: escaping.SHORT_SHA]))
            case Link():
                text = str(escaping.code(span.text)) if span.is_name else self._words(Words(span.text))
                return f"[{text}]({escaping.plain_address(span.url)})" if span.url else text

    def _version(self, version: Version) -> str:
        """A text in which what the other one lacks is marked; inside HTML, Markdown is still read."""
        if not self.html:
            return str(escaping.code(version.within(_TEXT), SENTENCE_LIMIT))
        tag = "del" if version.side == "base" else "ins"
        parts = (
            (str(escaping.words(part.text)), part.is_changed) for part in escaping.shorten_parts(version.parts, _TEXT)
        )
        return f"<code>{''.join(f'<{tag}>{text}</{tag}>' if changed else text for text, changed in parts)}</code>"

    def _words(self, words: Words) -> str:
        escaped = str(escaping.words(words.text, html=self.html))
        strong = f"**{escaped}**" if words.tone in {"strong", "withheld", "failed"} and escaped else escaped
        return " ".join(filter(None, (MARKS.get(words.tone), strong)))


def _strong(words: Words) -> Words:
    """The first words of a verdict, which keep their mark if they have one."""
    return words if words.tone in MARKS else replace(words, tone="strong")


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def folded(summary: str, content: str) -> str:
    """Content that a reader opens, in HTML inside Markdown; both parts are escaped already."""
    return f"<details>\n<summary>{summary}</summary>\n\n{content}\n\n</details>"


def _summary_span(span: Span) -> str:
    """HTML inside Markdown, where a code span has no meaning."""
    if isinstance(span, Words):
        return str(escaping.forge_text(span.text))
    return str(escaping.forge_code(span.sha if isinstance(span, Commit) else span.text))
