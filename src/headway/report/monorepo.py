"""Several reports as one Markdown text: a table of the projects, and a section of each, with as much detail as fits.

For a comment that serves a whole monorepo. What one project's section says is what its own report says; only its
heading differs, and where HTML is read it folds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from markupsafe import Markup, escape

from headway._version import __version__
from headway.report.escaping import plain_address
from headway.report.formatting import count
from headway.report.limits import HEADLINE_LIMITS, Limits
from headway.report.markdown import beside, ladder, render
from headway.report.notes import grouped
from headway.report.outline import Counts, Outline, outline
from headway.report.templating import template

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from headway.values.report import Report

ROOT = "."
"""What a project at git's root is called."""
MOST_LINES = 100
"""Projects that the table names at the most."""
_LEAST = 10
"""Entries of a project's section: with fewer it would say little more than its line of the table."""


class Line(NamedTuple):
    """A project's line of the table.

    ``moved`` says in words how many of its metrics changed, ``notes`` is the number of its footnotes, and ``address``
    where its own report is; empty where the line links nothing.
    """

    name: str
    moved: str
    counts: Counts
    notes: int
    address: Markup | str


@dataclass(frozen=True, kw_only=True)
class Projects:
    """Reports of several projects, ready to be rendered together.

    Attributes:
        reports: what to write, in order.
        html: as for :func:`headway.report.markdown.render`.
        image_urls: for each report, the URL of an image by its path beside that report.json.
        addresses: where each project's own report is; empty for nowhere.
        full_report: the URL of everything, linked where something is left out.
        notes: sentences for the end.
    """

    reports: Sequence[Report]
    html: bool = True
    image_urls: Sequence[Callable[[str], str]] = ()
    addresses: Sequence[str] = ()
    full_report: str | None = None
    notes: Sequence[str] = ()
    _sections: dict[tuple[int, Limits], str] = field(default_factory=dict)
    _lines: dict[int, Line] = field(default_factory=dict)

    @property
    def rungs(self) -> int:
        """How many ways there are to write them, each with more than the one before; see :meth:`at`."""
        longest = max(map(len, self._ladders), default=0)
        return len(self.reports) * max(longest - _LEAST, 1) + 1

    def at(self, rung: int) -> str:
        """Write them with so many steps above the table alone.

        A step gives one project its section, or one entry more. The steps go round, and begin with the reports that
        have least to show, so that one large report does not cost the small ones theirs.
        """
        number = len(self.reports)
        order = sorted(range(number), key=lambda project: len(self._ladders[project]))
        more = {project: (rung - place - 1) // number for place, project in enumerate(order)}
        return self.render([self._limits(project, more[project]) for project in range(number)])

    def _limits(self, project: int, more: int) -> Limits | None:
        rungs = self._ladders[project]
        return rungs[min(_LEAST + more, len(rungs) - 1)] if more >= 0 else None

    @cached_property
    def _ladders(self) -> tuple[tuple[Limits, ...], ...]:
        return tuple(map(ladder, self.reports))

    def render(self, limits: Sequence[Limits | None]) -> str:
        """Write all of them as Markdown that ends with a line break.

        Args:
            limits: how much of each report; ``None`` where it has only its line of the table.
        """
        address = escape if self.html else plain_address
        sections = [self.section(number, most) for number, most in enumerate(limits) if most]
        text = template("md" if self.html else "plain", "projects.md.j2").render(
            html=self.html,
            lines=[self.line(number) for number in range(min(len(self.reports), MOST_LINES))],
            total=len(self.reports),
            sections=[Markup(section) for section in sections],  # noqa: S704 - a template's
            short=0 if self.addresses else len(limits) - len(sections),
            full_report=self.full_report and address(self.full_report),
            notes=self.notes,
            generator=__version__,
        )
        return f"{text}\n"

    def section(self, number: int, limits: Limits) -> str:
        """One project's section."""
        if (number, limits) not in self._sections:
            line = self.line(number)
            self._sections[number, limits] = render(
                self.reports[number],
                name="project.md.j2",
                project=line.name,
                moved=line.moved,
                html=self.html,
                image_url=self.image_urls[number] if self.image_urls else beside,
                limits=limits,
                full_report=self.full_report,
            )
        return self._sections[number, limits]

    def line(self, number: int) -> Line:
        """One project's line of the table."""
        if number not in self._lines:
            report = self.reports[number]
            it = outline(report, HEADLINE_LIMITS)
            address = plain_address(self.addresses[number]) if self.addresses else ""
            notes = len(grouped(report.problems))
            self._lines[number] = Line(report.project or ROOT, moved(it), it.counts, notes, address)
        return self._lines[number]


def moved(it: Outline) -> str:
    """How many metrics changed: ``2 of 5 metrics changed, ▲ 1 better, ▼ 1 worse``."""
    counts = it.counts
    if not counts.metrics:
        return "no metrics"
    better = f", ▲ {counts.better} better" if counts.better else ""
    worse = f", ▼ {counts.worse} worse" if counts.worse else ""
    withheld = f", {it.standing.verdict}" if it.standing else ""
    return f"{counts.changed} of {count(counts.metrics, 'metric')} changed{better}{worse}{withheld}"
