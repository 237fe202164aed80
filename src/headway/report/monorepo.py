"""Several reports as one Markdown text, for a comment that serves a whole monorepo.

A table lists the projects; each may have a section of its own, with as much detail as fits. A section says what the
project's own report says, and folds where HTML is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from headway._version import __version__
from headway.report import escaping
from headway.report.blocks import Column, Kind, Link, Row, Table, Text, joined, line, prose
from headway.report.formatting import count
from headway.report.links import NO_LINKS
from headway.report.markdown import MarkdownReport, MarkdownWriter, beside, folded, left_out_note, paragraphs
from headway.report.sections.headline import headline
from headway.report.sections.notes import grouped, to_do

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from headway.errors import HeadwayError
    from headway.report.blocks import Inline
    from headway.report.links import Links
    from headway.report.sections.headline import Headline
    from headway.values.report import Report

ROOT = "."
"""What a project at git's root is called."""
PROJECTS = Kind(noun="project", markdown=100)
_LEAST = 10
"""Entries of a project's section: with fewer it would say little more than its line of the table."""
_COLUMNS = (
    Column("Project"),
    Column("Metrics"),
    *(Column(title, "numbers") for title in ("Parameters", "Stages", "Tracked outputs", "Notes")),
)


@dataclass(frozen=True, kw_only=True)
class Projects:
    """Reports of several projects, ready to be rendered together.

    Attributes:
        reports: what to write, in order.
        html: as for :func:`headway.report.markdown.render`.
        image_urls: for each report, the URL of an image by its path beside that report.json.
        addresses: where each project's own report is; empty for nowhere.
        links: where the commits, files and the run are.
        failures: the projects that could not be compared, and why, for the end.
    """

    reports: Sequence[Report]
    html: bool = True
    image_urls: Sequence[Callable[[str], str]] = ()
    addresses: Sequence[str] = ()
    links: Links = NO_LINKS
    failures: Sequence[tuple[str, HeadwayError]] = ()

    @property
    def rungs(self) -> int:
        """How many ways there are to write them, each with more than the one before; see :meth:`at`."""
        longest = max((page.rungs for page in self._pages), default=0)
        return len(self.reports) * max(longest - _LEAST, 1) + 1

    def at(self, rung: int) -> str:
        """Write them with so many steps above the table alone.

        A step gives one project its section, or one entry more. The steps go round, and begin with the reports that
        have least to show, so that one large report does not cost the small ones theirs.
        """
        number = len(self.reports)
        order = sorted(range(number), key=lambda project: self._pages[project].rungs)
        more = {project: (rung - place - 1) // number for place, project in enumerate(order)}
        return self._render([_LEAST + more[project] if more[project] >= 0 else None for project in range(number)])

    @property
    def text(self) -> str:
        """All of them in full."""
        return self._render([page.rungs - 1 for page in self._pages])

    @property
    def table(self) -> str:
        """Their table alone."""
        return self._render([None] * len(self.reports))

    @cached_property
    def _writer(self) -> MarkdownWriter:
        return MarkdownWriter(html=self.html)

    @cached_property
    def _pages(self) -> tuple[MarkdownReport, ...]:
        urls = self.image_urls or [beside] * len(self.reports)
        writers = [MarkdownWriter(html=self.html, image_url=url) for url in urls]
        pages = zip(self.reports, writers, strict=True)
        return tuple(MarkdownReport(report, writer, self.links) for report, writer in pages)

    @cached_property
    def _rows(self) -> tuple[Row, ...]:
        addresses = self.addresses or [""] * len(self.reports)
        return tuple(map(_row, self.reports, self._headlines, addresses))

    @cached_property
    def _headlines(self) -> tuple[Headline, ...]:
        return tuple(map(headline, self.reports))

    def _render(self, rungs: Sequence[int | None]) -> str:
        """All of them, with a section for each that has a rung."""
        total, rows = len(self.reports), self._rows[: PROJECTS.markdown]
        none = "no project could be compared" if self.failures else "no project changed"
        title = count(total, "changed project") if total else none
        nothing = (
            "" if self.failures else "Nothing below any DVC project of this repository differs between base and head."
        )
        table = Table(kind=PROJECTS, columns=_COLUMNS, entries=rows, left_out=total - len(rows))
        short = 0 if self.addresses else rungs.count(None)
        left_out = [f"the sections of {count(short, 'project')}"] if short else []
        text = paragraphs(
            f"### Headway: {title}",
            self._writer.block(table) if total else nothing,
            *(self._section(number, rung) for number, rung in enumerate(rungs) if rung is not None),
            left_out_note(left_out, self.links.full_report),
            *(self._writer.block(Text(content=_failure(*each), role="note")) for each in self.failures),
            self._writer.made_by(__version__),
        )
        return f"{text}\n"

    def _section(self, number: int, rung: int) -> str:
        report, page = self.reports[number], self._pages[number]
        body = page.body(min(rung, page.rungs - 1))
        name = report.project or ROOT
        if not self.html:
            return paragraphs(f"### {escaping.code(name)}", body)
        return folded(f"{escaping.forge_code(name)}: {escaping.forge_text(self._headlines[number].sentence)}", body)


def _failure(project: str, failure: HeadwayError) -> Inline:
    """Why there is no report of a project, and what to do, as the command line tells it."""
    why = (prose(each) for each in (f"{project} could not be compared: {failure.what}", *failure.why.splitlines()))
    return line(joined(" ", why), *map(to_do, failure.remedy.splitlines()))


def _row(report: Report, first: Headline, address: str) -> Row:
    numbers = (first.counts.params, first.counts.stages, first.counts.data, len(grouped(report.problems)))
    cells = (line(f"{number:,}" if number else "") for number in numbers)
    return Row((line(Link(report.project or ROOT, address)), line(first.sentence), *cells))
