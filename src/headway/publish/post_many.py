"""Several reports at once, as a monorepo has them: a comment for each, or one comment for all of them.

The one comment is rendered from this run's reports alone, so a project that no longer differs leaves it; where none
does any more, a comment that is there says so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from headway.errors import HeadwayError, ReportFileError
from headway.publish.comment import summary
from headway.publish.comment.sizes import fit_fairly
from headway.publish.comment.status import status_name
from headway.publish.forges.forge import Status
from headway.publish.images.choose import chooser
from headway.publish.post import REPORT_NAME, Delivery, Parcel, ReportPage, deliver, load
from headway.report.formatting import count
from headway.report.monorepo import Projects

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from headway.ci.job import Context
    from headway.publish.forges.forge import State
    from headway.publish.http.options import Transport
    from headway.publish.images.choose import Wish

EVERYTHING = "*"
"""Stands in the marker for a project's folder: no folder can be called so on every system."""
NAME = "all projects"
_INDEX = "index.md"
_WORST: tuple[State, ...] = ("failure", "pending", "neutral", "success")


@dataclass(frozen=True, kw_only=True)
class PageOfAll:
    """Reports in one comment; a :class:`~headway.publish.post.Page`."""

    pages: Sequence[ReportPage]
    label: str
    projects: Projects

    @property
    def lasting(self) -> bool:
        """Without a project there is nothing to say, unless an earlier run has said something."""
        return bool(self.pages)

    def fit(self, budget: int) -> str:
        """See :class:`~headway.publish.post.Page`."""
        return fit_fairly(self.projects.render, self.projects.section, len(self.pages), budget)

    def status(self, summary: str, url: str) -> Status:
        """The worst verdict of all."""
        states = {page.status("", "").state for page in self.pages}
        return Status(
            name=status_name(NAME, self.label),
            state=next((state for state in _WORST if state in states), "neutral"),
            title=self._headline(),
            summary=summary,
            url=url,
        )

    def _headline(self) -> str:
        lines = [self.projects.line(number).counts for number in range(len(self.pages))]
        changed, metrics = sum(each.changed for each in lines), sum(each.metrics for each in lines)
        ways = (("better", sum(each.better for each in lines)), ("worse", sum(each.worse for each in lines)))
        moved = ", ".join(f"{number} {word}" for word, number in ways if number)
        line = f"{count(len(lines), 'project')} changed, {changed} of {count(metrics, 'metric')}"
        return f"{line}: {moved}" if moved else line


@dataclass(frozen=True, kw_only=True)
class Parcels:
    """Reports that are delivered in one comment; a :class:`~headway.publish.post.Content`."""

    parcels: tuple[Parcel, ...]
    label: str = ""
    directory: str = EVERYTHING

    @property
    def sha(self) -> str:
        """The commit that all of them are about."""
        return next((parcel.sha for parcel in self.parcels if parcel.sha), "")

    @property
    def files(self) -> str:
        """One a line."""
        return "\n".join(parcel.files for parcel in self.parcels)

    def pictures(self, *, html: bool) -> dict[str, bytes]:
        """Those of all reports, by the report's number and the path in its folder."""
        return {
            f"{number}/{path}": content
            for number, parcel in enumerate(self.parcels)
            for path, content in parcel.pictures(html=html).items()
        }

    def page(self, urls: Mapping[str, str], context: Context, *, html: bool = True) -> PageOfAll:
        """See :class:`~headway.publish.post.Content`."""
        pages = [
            parcel.page(_below(f"{number}/", urls), context, html=html) for number, parcel in enumerate(self.parcels)
        ]
        projects = Projects(
            reports=[page.report for page in pages],
            html=html,
            image_urls=[page.urls.__getitem__ for page in pages],
            full_report=context.run.url or None,
        )
        return PageOfAll(pages=pages, label=self.label, projects=projects)


def _below(prefix: str, urls: Mapping[str, str]) -> dict[str, str]:
    return {name.removeprefix(prefix): url for name, url in urls.items() if name.startswith(prefix)}


def find_reports(folder: Path) -> list[Path]:
    """The folders of the reports below a folder, sorted.

    Raises:
        ReportFileError: there is none, and no run of ``headway report --all-projects`` has found none.
    """
    found = sorted(path.parent for path in folder.rglob(REPORT_NAME))
    if not found and not (folder / _INDEX).is_file():
        raise ReportFileError(
            f"There is no report below {folder}.", remedy="Write them first: headway report --all-projects."
        )
    return found


def post_together(
    folders: Sequence[Path], context: Context, transport: Transport, *, label: str, wish: Wish
) -> Delivery:
    """Publish several reports in one comment, with one status, one summary and one publication of pictures.

    Args:
        folders: hold a report.json each; may be none.
        context, transport, label, wish: as for :func:`headway.publish.post.post`.

    Raises:
        ReportFileError: a report cannot be read.
    """
    parcels = Parcels(parcels=_load_all(folders, label), label=label)
    return deliver(parcels, context, transport, chooser(wish, label, NAME))


def post_each(
    folders: Sequence[Path], context: Context, transport: Transport, *, label: str, wish: Wish
) -> list[Delivery]:
    """Publish several reports in a comment each; see :func:`post_together`."""
    parcels = _load_all(folders, label)
    quiet = replace(context, output_file=None)  # a step has one value of each output
    deliveries = [deliver(parcel, quiet, transport, chooser(wish, label, parcel.directory)) for parcel in parcels]
    if context.output_file is not None and not transport.dry_run:
        files = "\n".join(parcel.files for parcel in parcels)
        deliveries[-1:] = [_with_outputs(deliveries, files, context.output_file)] if deliveries else []
    return deliveries


def _load_all(folders: Sequence[Path], label: str) -> tuple[Parcel, ...]:
    """Every report before the first is published, so that a broken one stops all."""
    return tuple(Parcel(folder=folder, report=load(folder), label=label) for folder in folders)


def _with_outputs(deliveries: Sequence[Delivery], files: str, output_file: Path) -> Delivery:
    outcomes = {delivery.outcome for delivery in deliveries}
    values = {
        "outcome": "failed" if "failed" in outcomes else deliveries[-1].outcome,
        "report": files,
        "comment-url": "\n".join(each.comment.url for each in deliveries if each.comment),
    }
    last = deliveries[-1]
    try:
        summary.append(output_file, summary.outputs(values))
    except HeadwayError as failure:
        return replace(last, failures=(*last.failures, failure))
    return last
