"""``--all-projects``: the DVC projects of a git repository, a report of each that changed, and a page that lists them.

Which projects changed is asked of git, so that a project that did not change costs nothing. A project that cannot be
compared costs its own report, not those of the others.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from headway.app.bundle import pictures_of, write_report
from headway.app.comparison import SETTINGS_LIMIT, Request, build_diff
from headway.app.report import build_report
from headway.errors import HeadwayError, MissingHistoryError, ReportFileError, RepositoryError, SettingsError
from headway.gather import allowed_network
from headway.gather.monorepo import Monorepo
from headway.report import codec
from headway.report.monorepo import ROOT, Projects
from headway.settings import load_settings
from headway.writing import remove_files, write_files

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from headway.values.report import Report

INDEX = "index.md"
_DOCUMENTS = ("report.json", "report.md", "report.html")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one project.

    Attributes:
        project: its folder, as people name it.
        report: its report; ``None`` where there is none.
        failure: why not.
    """

    project: str
    report: Report | None = None
    failure: HeadwayError | None = None


def changed_projects(request: Request, apart_from: Path | None = None) -> dict[str, Request]:
    """A request for each project that changed, by its folder from git's root, in order.

    Args:
        request: what is compared; its folder may be any of the git repository.
        apart_from: a folder whose files do not count: where the reports go.

    Raises:
        RepositoryError: there is no git repository, no project in it, or the base is not in the clone.
    """
    network = allowed_network(request.fetch, request.job, request.credentials, request.progress)
    with Monorepo.open(request.folder, request.head, network) as repository:
        projects = _projects(repository, request)
        if not projects:
            raise RepositoryError(
                f"{repository.root} holds no DVC project.",
                why="A project is a folder with a .dvc/config that git tracks.",
                remedy="dvc init, or dvc init --subdir in a project's folder; then commit its .dvc/config",
            )
        own = _inside(apart_from, repository.root)
        return {
            project: replace(request, folder=repository.root, project=project)
            for project in projects
            if _has_changed(repository, project, request, own)
        }


def _projects(repository: Monorepo, request: Request) -> tuple[str, ...]:
    """The projects of head, and of base where the clone has it, so that one that was removed has a report."""
    try:
        return repository.projects_beside(repository.base(request.base, request.job.base))
    except MissingHistoryError:
        if request.base:
            raise
        return repository.projects


def _inside(folder: Path | None, root: Path) -> str:
    found = folder.resolve() if folder else root
    return found.relative_to(root).as_posix() if found != root and found.is_relative_to(root) else ""


def _has_changed(repository: Monorepo, project: str, request: Request, apart_from: str) -> bool:
    """Whether a project changed since its own base, which its settings may name."""

    def read(path: str) -> bytes | None:
        return repository.read(posixpath.join(project, path), SETTINGS_LIMIT)

    try:
        settings = load_settings(read, repository.head.name, request.settings)
        base = repository.base(request.base or settings.base, request.job.base)
        return repository.has_changed(project, base, apart_from=apart_from)
    except (SettingsError, RepositoryError):
        return True  # comparing it says what is wrong


def diff_all(request: Request) -> list[Outcome]:
    """Compare each project that changed; see :func:`changed_projects`."""
    return [_attempt(project, found, build_diff) for project, found in changed_projects(request).items()]


def report_all(request: Request, out: Path) -> list[Outcome]:
    """Write a report of each project that changed to its own folder below ``out``, and a page that lists them.

    Reports that an earlier run left for projects that did not change this time are removed.

    Raises:
        RepositoryError: as for :func:`changed_projects`.
        WriteError: ``out`` cannot be written.
    """

    def write(found: Request) -> Report:
        bundle = build_report(found)
        write_report(bundle, out / bundle.report.project)
        return bundle.report

    changed = changed_projects(request, apart_from=out)
    outcomes = [_attempt(project, found, write) for project, found in changed.items()]
    _remove_stale(out, {outcome.report.project for outcome in outcomes if outcome.report})
    write_files(out, {}, {INDEX: index(outcomes).encode()}, stale=set())
    return outcomes


def _attempt(project: str, request: Request, build: Callable[[Request], Report]) -> Outcome:
    try:
        return Outcome(project=project or ROOT, report=build(request))
    except HeadwayError as failure:
        return Outcome(project=project or ROOT, failure=failure)


def render_markdown(outcomes: Sequence[Outcome]) -> str:
    """The reports as one Markdown text."""
    reports = [outcome.report for outcome in outcomes if outcome.report]
    return Projects(reports=reports, notes=_notes(outcomes)).text


def index(outcomes: Sequence[Outcome]) -> str:
    """A page in Markdown that lists the reports below its folder."""
    reports = [outcome.report for outcome in outcomes if outcome.report]
    addresses = [posixpath.join(report.project, "report.html") for report in reports]
    return Projects(reports=reports, addresses=addresses, notes=_notes(outcomes)).table


def _notes(outcomes: Sequence[Outcome]) -> list[str]:
    return [f"{each.project} could not be compared: {each.failure.what}" for each in outcomes if each.failure]


def _remove_stale(out: Path, written: set[str]) -> None:
    """Remove the reports that stand where this module puts them, but for those that were written this time."""
    for path in sorted(out.rglob("report.json")):
        try:
            report = codec.decode(path.read_bytes())
        except (OSError, ReportFileError):  # not ours
            continue
        folder = out / report.project
        if path.parent == folder and report.project not in written:
            remove_files(folder, (*pictures_of(report), *_DOCUMENTS))
            _remove_empty(folder, out)


def _remove_empty(folder: Path, out: Path) -> None:
    for empty in (folder / "charts", folder, *folder.parents):
        if not empty.is_relative_to(out) or empty == out or not empty.is_dir() or any(empty.iterdir()):
            continue
        empty.rmdir()
