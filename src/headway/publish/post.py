"""``headway post``: the one place that joins this station. A report on disk becomes a comment, a status and a summary.

Once the report is read, nothing that fails stops the rest. Every failure is kept, told, and written to the job summary,
where the whole report stands as well; what it means for the exit code is the caller's to decide.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar

from headway.errors import ForgeError, HeadwayError, ReportFileError
from headway.publish.comment import marker, summary
from headway.publish.comment.marker import Marker
from headway.publish.comment.sizes import fit
from headway.publish.comment.status import report_status
from headway.publish.comment.sticky import Posted, upsert
from headway.publish.forges.connect import connect
from headway.publish.forges.forge import PullRequestTarget
from headway.publish.forges.locate import locate
from headway.publish.images import report_images
from headway.publish.images.choose import Wish, chooser
from headway.publish.images.text_charts import in_words
from headway.report import codec, markdown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from headway.ci.job import Context
    from headway.publish.forges.forge import Forge, Status
    from headway.publish.http.options import Transport
    from headway.publish.images.store import ImageStore
    from headway.report.outline import Detail
    from headway.values.report import Report

    ChooseStore = Callable[[Context, Forge], ImageStore]

T = TypeVar("T")

REPORT_NAME = "report.json"


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """What became of a report.

    Attributes:
        comment: what became of the comment; ``None`` where there was nothing to comment on, or it failed.
        status_url: the page of the status; empty where there is none.
        notes: what a person should know, a sentence each.
        failures: what could not be done.
    """

    comment: Posted | None = None
    status_url: str = ""
    notes: tuple[str, ...] = ()
    failures: tuple[HeadwayError, ...] = ()

    @property
    def outcome(self) -> str:
        """In one word: ``created``, ``updated``, ``unchanged``, ``overtaken``, ``none`` or ``failed``."""
        if self.failures:
            return "failed"
        return self.comment.outcome if self.comment else "none"


@dataclass
class _Course:
    """Keeps what fails on the way."""

    failures: list[HeadwayError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    dry_run: bool = False

    def attempt(self, step: Callable[[], T]) -> T | None:
        """Do a step; ``None`` where it fails."""
        try:
            return step()
        except HeadwayError as failure:
            self.failures.append(failure)
            return None


class Page(Protocol):
    """A comment's content for one forge, ready to be rendered in whatever room there is."""

    @property
    def lasting(self) -> bool:
        """Whether it is worth a new comment, and not only to bring one up to date that is there."""
        ...

    def fit(self, budget: int) -> str:
        """The richest Markdown within so many bytes; raises ``ForgeError`` where none is."""
        ...

    def status(self, summary: str, url: str) -> Status:
        """The verdict on the commit."""
        ...


class Content(Protocol):
    """What one comment, one status and one summary are made of: a report, or several together."""

    @property
    def label(self) -> str:
        """Tells several comments of one place apart."""
        ...

    @property
    def directory(self) -> str:
        """The project's folder, as the marker names it."""
        ...

    @property
    def sha(self) -> str:
        """The commit that it is about; empty where it says none."""
        ...

    @property
    def files(self) -> str:
        """The report.json, or several, one a line."""
        ...

    def pictures(self, *, html: bool) -> Mapping[str, bytes]:
        """The pictures that it shows, with HTML or without, by name."""
        ...

    def page(self, urls: Mapping[str, str], context: Context, *, html: bool = True) -> Page:
        """It with the addresses of its pictures; where there are none, charts are told in words instead."""
        ...


@dataclass(frozen=True, kw_only=True)
class ReportPage:
    """A report ready to be rendered for one forge: its pictures have addresses, and HTML is there or is not."""

    report: Report
    label: str
    urls: Mapping[str, str]
    full_report: str
    html: bool
    lasting: bool = True

    def fit(self, budget: int) -> str:
        """See :class:`Page`."""
        return fit(self.render, budget)

    def status(self, summary: str, url: str) -> Status:
        """See :class:`Page`."""
        return report_status(self.report, self.label, summary, url)

    def render(self, detail: Detail) -> str:
        """The report in Markdown."""
        return markdown.render(
            self.report,
            html=self.html,
            image_url=self.urls.__getitem__,
            detail=detail,
            full_report=self.full_report or None,
        )


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """What is to be delivered.

    Attributes:
        folder: holds report.json and the pictures that it names.
        report: what report.json says.
        label: tells several reports of one project apart.
    """

    folder: Path
    report: Report
    label: str = ""

    @property
    def directory(self) -> str:
        """See :class:`Content`."""
        return self.report.project

    @property
    def sha(self) -> str:
        """See :class:`Content`."""
        return self.report.head.sha or ""

    @property
    def files(self) -> str:
        """See :class:`Content`."""
        return str(self.folder / REPORT_NAME)

    def pictures(self, *, html: bool) -> dict[str, bytes]:
        """See :class:`Content`."""
        return report_images.read(self.folder, report_images.shown(self.report, html=html))

    def page(self, urls: Mapping[str, str], context: Context, *, html: bool = True) -> ReportPage:
        """See :class:`Content`."""
        report = self.report if urls else in_words(self.report)
        shown = report_images.only_with(report, urls, html=html)
        return ReportPage(report=shown, label=self.label, urls=urls, full_report=context.run.url, html=html)


def post(
    folder: Path, context: Context, transport: Transport, *, label: str = "", wish: Wish | None = None
) -> Delivery:
    """Publish a report where its pull request is reviewed.

    Args:
        folder: holds report.json and the pictures that it names.
        context: what the run is about.
        transport: time-outs, clock, dry run.
        label: tells several reports of one project apart.
        wish: where pictures go; ``None`` leaves it to Headway.

    Raises:
        ReportFileError: there is no report, or it cannot be read. Anything that fails later is in the result.
    """
    parcel = Parcel(folder=folder, report=load(folder), label=label)
    return deliver(parcel, context, transport, chooser(wish or Wish(), label, parcel.report.project))


def deliver(parcel: Content, context: Context, transport: Transport, choose_store: ChooseStore) -> Delivery:
    """Publish a report that is read already; see :func:`post`.

    Args:
        parcel: the report and its pictures.
        context, transport: as for :func:`post`.
        choose_store: says where pictures go.
    """
    course = _Course(notes=list(context.notes), dry_run=transport.dry_run)
    forge = course.attempt(partial(connect, context, transport))
    page, posted, status_url = parcel.page({}, context), None, ""
    if forge is not None:
        located = course.attempt(partial(locate, context, forge, parcel.sha))
        place = located or context
        store = partial(_store, parcel, place, forge, choose_store)
        urls = course.attempt(store) if _shows_pictures(located, forge) else None
        page = parcel.page(urls or {}, context, html=forge.limits.html)
        posted = course.attempt(partial(_comment, parcel, page, place, forge, course)) if located else None
        status_url = course.attempt(partial(_set_status, page, place, forge, posted)) or ""
    course.attempt(partial(_summarise, page, context, course))
    delivery = Delivery(
        comment=posted, status_url=status_url, notes=tuple(course.notes), failures=tuple(course.failures)
    )
    return _with_outputs(delivery, parcel, context, dry_run=transport.dry_run)


def load(folder: Path) -> Report:
    """Read the report of a folder.

    Raises:
        ReportFileError: there is none, or it cannot be read.
    """
    try:
        return codec.decode((folder / REPORT_NAME).read_bytes())
    except OSError as error:
        raise ReportFileError(
            f"There is no report in {folder}.",
            why=f"{REPORT_NAME}: {error.strerror}.",
            remedy="Write it first: headway report.",
        ) from error


def _shows_pictures(located: Context | None, forge: Forge) -> bool:
    """Whether anything that will be written shows pictures: a comment, or a status that holds Markdown."""
    return bool(forge.limits.status) or (located is not None and located.pull_request is not None)


def _store(parcel: Content, context: Context, forge: Forge, choose_store: ChooseStore) -> Mapping[str, str]:
    found = parcel.pictures(html=forge.limits.html)
    return choose_store(context, forge).put(found) if found else {}


def _comment(parcel: Content, page: Page, place: Context, forge: Forge, course: _Course) -> Posted | None:
    if place.pull_request is None:
        course.notes.append(f"No open pull request has the commit {place.sha[:7]} as its head: there is no comment.")
        return None
    mark = Marker(
        label=parcel.label,
        directory=parcel.directory,
        sha=place.sha,
        run=place.run.id,
        attempt=place.run.attempt,
        time=datetime.fromtimestamp(forge.session.transport.now(), UTC).isoformat(timespec="seconds"),
    )
    budget = forge.limits.comment - len(marker.write(mark, html=forge.limits.html).encode()) - 2
    target = PullRequestTarget(number=place.pull_request)
    posted = upsert(forge, target, mark, page.fit(budget), create=page.lasting)
    course.notes += [posted.why] if posted.why else []
    return posted


def _set_status(page: Page, place: Context, forge: Forge, posted: Posted | None) -> str:
    text = page.fit(forge.limits.status) if forge.limits.status else ""
    url = (posted.url if posted else "") or place.run.url
    if not place.sha:
        raise ForgeError("There is no commit to set a status on.", remedy="Name it with --sha.")
    return forge.set_status(place.sha, page.status(text, url))


def _summarise(page: Page, context: Context, course: _Course) -> None:
    if context.summary_file is None or course.dry_run:
        return
    failures = summary.failures_section(course.failures)
    budget = summary.room(context.summary_file) - len(failures.encode()) - 1
    summary.append(context.summary_file, f"{failures}{page.fit(budget)}\n")


def _with_outputs(delivery: Delivery, parcel: Content, context: Context, *, dry_run: bool) -> Delivery:
    if context.output_file is None or dry_run:
        return delivery
    values = {
        "outcome": delivery.outcome,
        "report": parcel.files,
        "comment-url": delivery.comment.url if delivery.comment else "",
    }
    course = _Course(failures=list(delivery.failures))
    course.attempt(partial(summary.append, context.output_file, summary.outputs(values)))
    return replace(delivery, failures=tuple(course.failures))
