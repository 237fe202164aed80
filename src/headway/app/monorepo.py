"""``--all-projects``: a report of each DVC project of a git repository that changed, and a page that lists them.

git says which projects changed, so the others cost nothing. A project that cannot be compared has no report; the others
have theirs.
"""

from __future__ import annotations

import posixpath
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from headway.app.comparison import Request, build_diff
from headway.app.report import build_report
from headway.app.report_files import image_paths, write_report
from headway.app.side_settings.reading import SETTINGS_LIMIT
from headway.app.speed.measured import read_measured
from headway.draw.children import Children
from headway.errors import HeadwayError, MissingHistoryError, ReportFileError, RepositoryError, SettingsError
from headway.gather import allowed_network
from headway.gather.monorepo import Monorepo
from headway.report import codec
from headway.report.monorepo import ROOT, Projects
from headway.settings import load_settings
from headway.values.report import IMAGE_FOLDER
from headway.writing import remove_files, write_files

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from headway.values.report import Report

_DOCUMENTS = ("report.json", "report.md", "report.html")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A project, by its folder, with its report or the reason why it has none."""

    project: str
    report: Report | None = None
    failure: HeadwayError | None = None


def changed_projects(request: Request, out: Path | None = None) -> dict[str, Request]:
    """A request for each project that changed, by its folder from git's root, in order; files in ``out`` do not count.

    A speed test is about one project, so the requests for the others lack it.

    Raises:
        RepositoryError: there is no git repository, no project in it, or the clone lacks the base.
        EvidenceFileError: the file of the speed test cannot be read.
    """
    measured = read_measured(request.speed).project if request.speed else None
    network = allowed_network(request.fetch, request.job, request.credentials, request.progress)
    with Monorepo.open(request.folder, request.head, network) as repository:
        projects = _projects(repository, request)
        if not projects:
            raise RepositoryError(
                f"{repository.root} has no DVC project.",
                why="A project is a folder with a .dvc/config that git tracks.",
                remedy="Run `dvc init`, or `dvc init --subdir` in a project's folder; then commit its .dvc/config.",
            )
        own = _path_inside(repository.root, out)
        return {
            project: replace(
                request,
                folder=repository.root,
                project=project,
                speed=request.speed if project == measured else None,
            )
            for project in projects
            if _has_changed(repository, project, request, own)
        }


def _projects(repository: Monorepo, request: Request) -> tuple[str, ...]:
    """The projects of head, and those of base if the clone has it, so that a removed project has a report."""
    try:
        return repository.projects_beside(repository.base(request.base, request.job.base))
    except MissingHistoryError:
        if request.base:
            raise
        return repository.projects


def _path_inside(root: Path, folder: Path | None) -> str:
    found = folder.resolve() if folder else root
    return found.relative_to(root).as_posix() if found != root and found.is_relative_to(root) else ""


def _has_changed(repository: Monorepo, project: str, request: Request, own: str) -> bool:
    """Whether a project changed since its own base, which its settings can name outside pull requests."""

    def read(path: str) -> bytes | None:
        return repository.read(posixpath.join(project, path), SETTINGS_LIMIT)

    try:
        settings = load_settings(read, repository.head.name, request.settings)
        base = repository.base(request.named_base(settings), request.job.base)
        return repository.has_changed(project, base, apart_from=own)
    except (SettingsError, RepositoryError):
        return True  # its comparison says what is wrong


def diff_all(request: Request) -> list[Outcome]:
    """Compare each project that changed; see :func:`changed_projects`."""
    return [_attempt(project, found, build_diff) for project, found in changed_projects(request).items()]


def report_all(request: Request, out: Path) -> list[Outcome]:
    """Write a report of each project that changed to its own folder below ``out``, and a page that lists them.

    Reports of an earlier run are removed if their project is unchanged this time.

    Raises:
        RepositoryError: as for :func:`changed_projects`.
        WriteError: ``out`` cannot be written.
    """

    def write(found: Request) -> Report:
        bundle = build_report(found, out / (found.project or ""), children)
        write_report(bundle, out / bundle.report.project)
        return bundle.report

    with Children() as children:
        outcomes = [_attempt(project, found, write) for project, found in changed_projects(request, out).items()]
    _remove_stale(out, {outcome.report.project for outcome in outcomes if outcome.report})
    write_files(out, {}, {"index.md": _render_index(outcomes).encode()}, stale=set())
    return outcomes


def _attempt(project: str, request: Request, build: Callable[[Request], Report]) -> Outcome:
    try:
        return Outcome(project=project or ROOT, report=build(request))
    except HeadwayError as failure:
        return Outcome(project=project or ROOT, failure=failure)


def render_markdown(outcomes: Sequence[Outcome]) -> str:
    """The reports as one Markdown text."""
    reports = [outcome.report for outcome in outcomes if outcome.report]
    return Projects(reports=reports, failures=_failures(outcomes)).text


def _render_index(outcomes: Sequence[Outcome]) -> str:
    reports = [outcome.report for outcome in outcomes if outcome.report]
    addresses = [posixpath.join(report.project, "report.html") for report in reports]
    return Projects(reports=reports, addresses=addresses, failures=_failures(outcomes)).table


def _failures(outcomes: Sequence[Outcome]) -> list[tuple[str, HeadwayError]]:
    return [(each.project, each.failure) for each in outcomes if each.failure]


def _remove_stale(out: Path, written: set[str]) -> None:
    """Remove the reports that an earlier run wrote and this one did not, and the folders that are then empty."""
    for path in sorted(out.rglob("report.json")):
        try:
            report = codec.decode(path.read_bytes())
        except (OSError, ReportFileError):  # not ours
            continue
        folder = out / report.project
        if path.parent == folder and report.project not in written:
            remove_files(folder, (*image_paths(report), *_DOCUMENTS))
            _remove_empty(folder, out)


def _remove_empty(folder: Path, out: Path) -> None:
    for each in (folder / IMAGE_FOLDER, folder, *folder.parents):
        if each == out:
            return
        with suppress(OSError):  # one that is not empty stays
            each.rmdir()
