"""``headway post``: the one place that joins this station. A report on disk becomes a comment, a status and a summary.

Once the report is read, nothing that fails stops the rest. Every failure is kept, told, and written to the job summary,
where the whole report stands as well; what it means for the exit code is the caller's to decide.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from headway.errors import ForgeError, HeadwayError, ReportFileError
from headway.publish import marker, pictures, summary
from headway.publish.connect import connect
from headway.publish.forge import PullRequestTarget
from headway.publish.images.choose import Wish, chooser
from headway.publish.images.none import in_words
from headway.publish.locate import locate
from headway.publish.marker import Marker
from headway.publish.sizes import fit
from headway.publish.status import report_status
from headway.publish.sticky import Posted, upsert
from headway.report import codec, markdown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from headway.publish.context import Context
    from headway.publish.forge import Forge
    from headway.publish.image_store import ImageStore
    from headway.publish.transport import Transport
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


@dataclass(frozen=True, kw_only=True)
class _Page:
    """A report ready to be rendered for one forge: its pictures have addresses, and HTML is there or is not."""

    report: Report
    label: str
    urls: Mapping[str, str]
    full_report: str
    html: bool

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


def deliver(parcel: Parcel, context: Context, transport: Transport, choose_store: ChooseStore) -> Delivery:
    """Publish a report that is read already; see :func:`post`.

    Args:
        parcel: the report and its pictures.
        context, transport: as for :func:`post`.
        choose_store: says where pictures go.
    """
    course = _Course(notes=list(context.notes), dry_run=transport.dry_run)
    forge = course.attempt(partial(connect, context, transport))
    page, posted, status_url = _page(parcel, {}, context), None, ""
    if forge is not None:
        located = course.attempt(partial(locate, context, forge, parcel.report.head.sha or ""))
        place = located or context
        store = partial(_store, parcel, place, forge, choose_store)
        urls = course.attempt(store) if _shows_pictures(located, forge) else None
        page = _page(parcel, urls or {}, context, html=forge.limits.html)
        posted = course.attempt(partial(_comment, page, place, forge, course)) if located else None
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


def _page(parcel: Parcel, urls: Mapping[str, str], context: Context, *, html: bool = True) -> _Page:
    """Where no picture can be shown, the charts are told in words instead."""
    report = parcel.report if urls else in_words(parcel.report)
    shown = pictures.only_with(report, urls, html=html)
    return _Page(report=shown, label=parcel.label, urls=urls, full_report=context.run.url, html=html)


def _shows_pictures(located: Context | None, forge: Forge) -> bool:
    """Whether anything that will be written shows pictures: a comment, or a status that holds Markdown."""
    return bool(forge.limits.status) or (located is not None and located.pull_request is not None)


def _store(parcel: Parcel, context: Context, forge: Forge, choose_store: ChooseStore) -> Mapping[str, str]:
    found = pictures.read(parcel.folder, pictures.shown(parcel.report, html=forge.limits.html))
    return choose_store(context, forge).put(found) if found else {}


def _comment(page: _Page, place: Context, forge: Forge, course: _Course) -> Posted | None:
    if place.pull_request is None:
        course.notes.append(f"No open pull request has the commit {place.sha[:7]} as its head: there is no comment.")
        return None
    mark = Marker(
        label=page.label,
        directory=page.report.project,
        sha=place.sha,
        run=place.run.id,
        attempt=place.run.attempt,
        time=datetime.fromtimestamp(forge.session.transport.now(), UTC).isoformat(timespec="seconds"),
    )
    budget = forge.limits.comment - len(marker.write(mark, html=forge.limits.html).encode()) - 2
    posted = upsert(forge, PullRequestTarget(number=place.pull_request), mark, fit(page.render, budget))
    course.notes += [posted.why] if posted.why else []
    return posted


def _set_status(page: _Page, place: Context, forge: Forge, posted: Posted | None) -> str:
    text = fit(page.render, forge.limits.status) if forge.limits.status else ""
    url = (posted.url if posted else "") or place.run.url
    if not place.sha:
        raise ForgeError("There is no commit to set a status on.", remedy="Name it with --sha.")
    return forge.set_status(place.sha, report_status(page.report, page.label, text, url))


def _summarise(page: _Page, context: Context, course: _Course) -> None:
    if context.summary_file is None or course.dry_run:
        return
    failures = summary.failures_section(course.failures)
    budget = summary.room(context.summary_file) - len(failures.encode()) - 1
    summary.append(context.summary_file, f"{failures}{fit(page.render, budget)}\n")


def _with_outputs(delivery: Delivery, parcel: Parcel, context: Context, *, dry_run: bool) -> Delivery:
    if context.output_file is None or dry_run:
        return delivery
    values = {
        "outcome": delivery.outcome,
        "report": str(parcel.folder / REPORT_NAME),
        "comment-url": delivery.comment.url if delivery.comment else "",
    }
    course = _Course(failures=list(delivery.failures))
    course.attempt(partial(summary.append, context.output_file, summary.outputs(values)))
    return replace(delivery, failures=tuple(course.failures))
