"""``headway post``: turn reports on disk into comments, statuses and job summaries.

Several reports have a comment each, or one comment for all of them. That one is rendered from this run's reports alone,
so it drops a project that no longer differs; where none differs any more, an existing comment says so.

Once the reports are read, no error stops the other steps. All errors are kept, and written to the job summary above the
whole report; the caller decides what they mean for the exit code.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, TypeVar

from headway.errors import ForgeError, HeadwayError, ReportFileError
from headway.publish.comment import summary
from headway.publish.comment.sizes import fit
from headway.publish.comment.status import status_name
from headway.publish.comment.sticky import Posted, make_marker, text_limit, upsert
from headway.publish.forges.connect import connect, with_pull_requests
from headway.publish.forges.forge import Forge, PullRequestTarget, SizeLimit, State, Status
from headway.publish.images.report_images import read_images, shown_images, with_only
from headway.publish.images.store import make_store
from headway.report import codec
from headway.report.links import NO_LINKS, Links
from headway.report.markdown import MarkdownReport, MarkdownWriter
from headway.report.monorepo import Projects
from headway.report.sections.headline import combined_headline, headline
from headway.report.text_charts import charts_as_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from headway.ci.job import Context
    from headway.publish.comment.marker import Marker
    from headway.publish.http.options import ClientOptions
    from headway.publish.images.formats import DecodedImage
    from headway.settings import ImageSettings
    from headway.values.report import Report

T = TypeVar("T")

REPORT_NAME = "report.json"
EVERYTHING = "*"
"""The project's folder in the marker of a combined comment: no folder can have this name on every system."""
ALL_PROJECTS = "all projects"
_INDEX = "index.md"


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """What became of a comment's reports; the comment is ``None`` where it failed or had nothing to be on.

    ``state`` is what the gates of the reports conclude.
    """

    comment: Posted | None = None
    status_url: str = ""
    state: State = "neutral"
    notes: tuple[str, ...] = ()
    failures: tuple[HeadwayError, ...] = ()

    @property
    def outcome(self) -> str:
        """In one word: ``created``, ``updated``, ``unchanged``, ``overtaken``, ``none`` or ``failed``."""
        if self.failures:
            return "failed"
        return self.comment.outcome if self.comment else "none"


class StepErrors(list[HeadwayError]):
    """The errors of steps of which none stops the others."""

    def attempt(self, step: Callable[[], T]) -> T | None:
        """Do a step; ``None`` where it fails."""
        try:
            return step()
        except HeadwayError as error:
            self.append(error)
            return None


@dataclass(frozen=True, kw_only=True)
class PostableReport:
    """What one comment, one status and one summary are made of: a report, or with ``combined`` those of all projects.

    The label distinguishes several comments in one place. URLs of images are by path, for each report.
    """

    folders: tuple[Path, ...]
    reports: tuple[Report, ...]
    label: str = ""
    combined: bool = False
    image_urls: tuple[Mapping[str, str], ...] = ()
    links: Links = NO_LINKS
    html: bool = True
    untrusted: bool = False

    @property
    def project(self) -> str:
        """The project's name in the status and for the images."""
        return ALL_PROJECTS if self.combined else self.reports[0].project

    def images(self, log: Callable[[str], None], *, html: bool) -> dict[str, DecodedImage]:
        """The images that the reports show, by the report's number and the path; ``log`` gets what is not an image."""
        return {
            f"{number}/{path}": content
            for number, (folder, report) in enumerate(zip(self.folders, self.reports, strict=True))
            for path, content in read_images(folder, shown_images(report, html=html), log).items()
        }

    def shown_with(self, urls: Mapping[str, str], context: Context, *, html: bool = True) -> PostableReport:
        """The reports as a forge shows them with these images; without any, charts become text."""
        own = tuple(
            {name.partition("/")[2]: url for name, url in urls.items() if name.startswith(f"{number}/")}
            for number in range(len(self.reports))
        )
        reports = tuple(
            with_only(report if found else charts_as_text(report), found, html=html)
            for report, found in zip(self.reports, own, strict=True)
        )
        return replace(self, reports=reports, image_urls=own, links=links_of(context), html=html)

    def fit(self, room: SizeLimit) -> str:
        """The richest Markdown for which there is room; raises ``ForgeError`` where none is."""
        return fit(self._page.at, self._page.rungs, room)

    @property
    def state(self) -> State:
        """What the gates conclude: neutral without gates, and where one warns.

        Numbers that a fork computed conclude no success. They may conclude a failure, which harms nobody else.
        """
        outcomes = {report.gates.outcome for report in self.reports if report.gates}
        if "fail" in outcomes:
            return "failure"
        is_passed = bool(outcomes) and "warn" not in outcomes
        return "success" if is_passed and not self.untrusted else "neutral"

    def status(self, text: str, url: str) -> Status:
        """The commit's status; ``text`` is its Markdown."""
        first = combined_headline(self.reports) if self.combined else headline(self.reports[0])
        name = status_name(self.project, self.label)
        return Status(name=name, state=self.state, title=first.sentence, summary=text, url=url)

    @cached_property
    def _page(self) -> MarkdownReport | Projects:
        urls = [urls.__getitem__ for urls in self.image_urls]
        if self.combined:
            return Projects(reports=self.reports, html=self.html, image_urls=urls, links=self.links)
        return MarkdownReport(self.reports[0], MarkdownWriter(html=self.html, image_url=urls[0]), self.links)


def links_of(context: Context) -> Links:
    """Where the commits, files and run of a report are that is posted in a context."""
    return Links(
        forge=context.forge,
        repository_url=context.repository_url,
        pull_request=context.pull_request or 0,
        run=context.run.url,
        page=context.page_url,
    )


def find_reports(folder: Path) -> list[Path]:
    """The folders of the reports below a folder, sorted; none only if ``headway report --all-projects`` found none."""
    found = sorted(path.parent for path in folder.rglob(REPORT_NAME))
    if not found and not (folder / _INDEX).is_file():
        raise ReportFileError(
            f"There are no reports below {folder}.", remedy="Write them first: headway report --all-projects."
        )
    return found


def post(  # noqa: PLR0913 - what is posted, where, and three ways to do it
    folders: Sequence[Path],
    context: Context,
    transport: ClientOptions,
    *,
    images: ImageSettings,
    label: str = "",
    combined: bool = False,
) -> list[Delivery]:
    """Publish reports where their pull request is reviewed, each by itself or ``combined`` in one comment and status.

    Raises:
        ReportFileError: a report is missing or cannot be read; nothing is then published. Later errors are in the
            result.
    """
    reports = read_reports(folders, context, label=label, combined=combined)
    delivered = (_deliver(each, context, transport, images) for each in reports)
    deliveries = [delivery for of_one in delivered for delivery in of_one]
    if context.output_file is None or transport.dry_run or not deliveries:
        return deliveries
    return [*deliveries[:-1], _with_outputs(deliveries, folders, context.output_file)]


def read_reports(folders: Sequence[Path], context: Context, *, label: str, combined: bool) -> list[PostableReport]:
    """What is posted of some folders: one for each comment."""
    every = PostableReport(
        folders=tuple(folders),
        reports=tuple(map(_load, folders)),
        label=label,
        combined=combined,
        untrusted=context.untrusted,
    )
    pairs = zip(every.folders, every.reports, strict=True)
    return [every] if combined else [replace(every, folders=(folder,), reports=(report,)) for folder, report in pairs]


def _load(folder: Path) -> Report:
    try:
        return codec.decode((folder / REPORT_NAME).read_bytes())
    except OSError as error:
        raise ReportFileError(
            f"There is no report in {folder}.",
            why=f"{REPORT_NAME}: {error.strerror}.",
            remedy="Write it first: headway report.",
        ) from error


def _deliver(
    report: PostableReport, context: Context, transport: ClientOptions, images: ImageSettings
) -> list[Delivery]:
    """One delivery with a comment, the status and the summary, and one for the comment of each other pull request."""
    errors, notes = StepErrors(), list(context.notes)
    shown, posted, others, status_url = report.shown_with({}, context), None, [], ""
    forge = errors.attempt(partial(connect, context, transport))
    if forge is not None:
        sha = next((each.head.sha for each in report.reports if each.head.sha), "")
        located = errors.attempt(partial(with_pull_requests, context, forge, sha)) or []
        place = located[0] if located else replace(context, pull_request=None)
        shown, posted = _show(report, place, forge, images, errors)
        others = [_show(report, each, forge, images, errors)[1] for each in located[1:]]
        status_url = errors.attempt(partial(_set_status, shown, place, forge, posted)) or ""
        notes += _notes(located, posted)
    if context.summary_file is not None and not transport.dry_run:
        errors.attempt(partial(_summarise, shown, context.summary_file, tuple(errors)))
    first = Delivery(
        comment=posted, status_url=status_url, state=report.state, notes=tuple(notes), failures=tuple(errors)
    )
    return [first, *(Delivery(comment=each, notes=(each.why,)) for each in others if each)]


def _show(
    report: PostableReport, place: Context, forge: Forge, images: ImageSettings, errors: StepErrors
) -> tuple[PostableReport, Posted | None]:
    """The report as the forge shows it at a place, and its comment where that is a pull request."""
    commented = place.pull_request is not None
    # Images are shown by a comment, and by a status that holds Markdown.
    stored = errors.attempt(partial(_store, report, place, forge, images)) if commented or forge.limits.status else None
    shown = report.shown_with(stored or {}, place, html=forge.limits.html)
    return shown, errors.attempt(partial(_comment, shown, place, forge)) if commented else None


def _store(report: PostableReport, place: Context, forge: Forge, images: ImageSettings) -> Mapping[str, str]:
    found = report.images(forge.session.options.log, html=forge.limits.html)
    return make_store(images, place, forge, label=report.label, directory=report.project).put(found) if found else {}


def _comment(report: PostableReport, place: Context, forge: Forge) -> Posted:
    target = PullRequestTarget(number=place.pull_request or 0)
    marker, text = write_comment(report, place, forge)
    return upsert(forge, target, marker, text, create=bool(report.reports))


def write_comment(report: PostableReport, place: Context, forge: Forge) -> tuple[Marker, str]:
    """The marker and the text of a comment, as much of the report as the forge has room for."""
    projects = [each.project for each in report.reports] if report.combined else ()
    directory = EVERYTHING if report.combined else report.project
    marker = make_marker(place, forge, label=report.label, directory=directory, projects=projects)
    return marker, report.fit(text_limit(marker, forge))


def _notes(located: Sequence[Context], posted: Posted | None) -> Iterator[str]:
    if located and located[0].pull_request is None:
        yield f"No comment was written: no open pull request has the commit {located[0].sha[:7]} as its head."
    if posted is not None and posted.why:
        yield posted.why


def _set_status(report: PostableReport, place: Context, forge: Forge, posted: Posted | None) -> str:
    text = report.fit(SizeLimit(forge.limits.status)) if forge.limits.status else ""
    url = (posted.url if posted else "") or place.run.url
    if not place.sha:
        raise ForgeError("There is no commit to set a status on.", remedy="Name it with --sha.")
    return forge.set_status(place.sha, report.status(text, url))


def _summarise(report: PostableReport, file: Path, failures: Sequence[HeadwayError]) -> None:
    head = summary.failures_section(failures)
    budget = summary.remaining_bytes(file) - len(head.encode()) - 1
    summary.append(file, f"{head}{report.fit(SizeLimit(budget))}\n")


def _with_outputs(deliveries: Sequence[Delivery], folders: Iterable[Path], file: Path) -> Delivery:
    """Write the step's outputs, which it has once however many comments there are; gives the last delivery."""
    last = deliveries[-1]
    values = {
        "outcome": "failed" if any(each.failures for each in deliveries) else last.outcome,
        "report": "\n".join(str(folder / REPORT_NAME) for folder in folders),
        "comment-url": "\n".join(each.comment.url for each in deliveries if each.comment),
    }
    errors = StepErrors(last.failures)
    errors.attempt(partial(summary.append, file, summary.outputs(values)))
    return replace(last, failures=tuple(errors))
