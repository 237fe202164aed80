"""Plans everything that ``headway init`` writes into a repository."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from headway.app.doctor.ci_files import read_ci_files
from headway.app.doctor.workflow_jobs import workflow_jobs
from headway.app.scaffold import bitbucket, github, gitlab
from headway.app.scaffold.files import Entry, PlannedFile, generated_file, own_file, with_entry, with_lines
from headway.app.scaffold.jobs import Jobs
from headway.app.scaffold.project import read_project
from headway.app.scaffold.words import shell_path, yaml_command
from headway.errors import SettingsError
from headway.gather.git.checked_out import is_ignored
from headway.gather.git.executable import run_git
from headway.report.commands.first_settings import write_first_settings
from headway.report.commands.suggested_settings import scalar
from headway.settings import TOML_NAME, YAML_NAME
from headway.settings.json_schema import EDITOR_LINE, SCHEMA_NAME, schema_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from headway.app.scaffold.project import ProjectFacts
    from headway.app.scaffold.repository import RepositoryFacts
    from headway.app.scaffold.source import Source
    from headway.ci.job import ForgeKind
    from headway.gather import Progress

REPORTS = "reports/headway"
_HOOKS = ".pre-commit-config.yaml"


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What the user wants.

    Attributes:
        forge: the forge that the CI workflow is for; ``None`` for no workflow.
        forks: whether pull requests come from forks as well.
        source: where CI jobs get Headway from.
        hook: whether to add a pre-commit hook.
        stage: whether to add a stage that writes the report after each ``dvc repro``.
    """

    forge: ForgeKind | None
    forks: bool
    source: Source
    hook: bool = False
    stage: bool = False


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What would be written.

    Attributes:
        files: the files, in the order in which a reader looks at them.
        jobs: what the CI jobs are for.
        present: the CI file that runs Headway already, so that no other is planned; empty without one.
        superseded: workflows of another shape, which would report a second time.
        kept: the settings files that exist, which are never replaced.
        uncommitted: the files of an earlier run that git does not have yet.
    """

    files: Sequence[PlannedFile]
    jobs: Jobs
    present: str = ""
    superseded: Sequence[str] = ()
    kept: Sequence[str] = ()
    uncommitted: Sequence[str] = ()


def plan(repository: RepositoryFacts, choices: Choices, progress: Progress) -> Plan:
    """Look at the projects of a repository, and plan their files; nothing is written.

    Raises:
        RepositoryError: a pipeline file is not valid.
        SettingsError: settings that exist are not valid, or forks and several projects exclude each other.
    """
    if choices.forks and repository.is_monorepo:
        raise SettingsError(
            "Pull requests from forks are reported for one DVC project only.",
            why=f"This repository has {len(repository.projects)}.",
            remedy=f"headway init --forks --project {shell_path(repository.projects[0] or repository.projects[-1])}",
        )
    projects = [read_project(repository.root, folder, progress, EDITOR_LINE) for folder in repository.projects]
    jobs = Jobs(source=choices.source, repository=repository, projects=projects, forks=choices.forks)
    present = _present(repository.root, choices.forge)
    kept = {project.folder: name for project in projects if (name := _kept(repository.root, project))}
    settings = [file for each in projects if each.folder not in kept for file in _settings(repository.root, each)]
    files = [
        *settings,
        *([] if present else _ci(jobs, choices.forge)),
        *_ignored(repository, settings),
        *([_hook(repository)] if choices.hook else []),
        *([_stage(repository.root, project) for project in projects] if choices.stage else []),
    ]
    superseded = [] if choices.forge != "github" else _superseded(repository.root, files)
    ignoring = [with_lines(repository.root, path, [f"/{REPORTS}/"]) for path in _ignore_files(repository)]
    there = [*kept.values(), *(each.path for each in (*files, *ignoring) if _is_there(each))]
    return Plan(
        files=files,
        jobs=jobs,
        present=present,
        superseded=superseded,
        kept=list(kept.values()),
        uncommitted=_uncommitted(repository.root, there),
    )


def _is_there(file: PlannedFile) -> bool:
    return file.outcome == "unchanged" and not file.is_generated


def _uncommitted(root: Path, paths: Sequence[str]) -> list[str]:
    """Those of some paths that git lacks, or has otherwise."""
    if not paths:
        return []
    listed = run_git(root, "ls-files", "-z", "--others", "--modified", "--exclude-standard", "--", *paths).split("\0")
    return [path for path in paths if path in listed]


def _settings(root: Path, project: ProjectFacts) -> Iterator[PlannedFile]:
    yield _first(root, project)
    yield generated_file(root, posixpath.join(project.folder, SCHEMA_NAME), schema_text())


def _first(root: Path, project: ProjectFacts) -> PlannedFile:
    return own_file(root, posixpath.join(project.folder, YAML_NAME), write_first_settings(project.first))


def _kept(root: Path, project: ProjectFacts) -> str:
    """The settings file that a project has, even if it holds only comments; empty without one."""
    first = _first(root, project)
    if first.before is None and not project.has_settings:
        return ""
    if first.before is None:
        return posixpath.join(project.folder, TOML_NAME)
    return first.path if project.has_settings or first.outcome == "differs" else ""


def _ci(jobs: Jobs, forge: ForgeKind | None) -> list[PlannedFile]:
    if forge == "github":
        return [own_file(jobs.repository.root, path, text) for path, text in github.workflows(jobs).items()]
    if forge == "gitlab":
        return gitlab.pipeline(jobs)
    return bitbucket.pipeline(jobs) if forge == "bitbucket" else []


def _superseded(root: Path, files: Sequence[PlannedFile]) -> list[str]:
    """The workflows of the other shape that are there."""
    planned = {file.path for file in files}
    own = (github.WORKFLOW, github.REPORT, github.POST)
    return [path for path in own if path not in planned and (root / path).exists()]


def _present(root: Path, forge: ForgeKind | None) -> str:
    """The workflow of somebody else's making that runs Headway already."""
    if forge != "github":
        return ""
    own = {github.WORKFLOW, github.REPORT, github.POST}
    jobs = workflow_jobs(file for file in read_ci_files(root) if file.path not in own)
    return next((job.file for job in jobs if job.compares), "")


def _ignored(repository: RepositoryFacts, files: Sequence[PlannedFile]) -> Iterator[PlannedFile]:
    """The lines that keep reports, and the schema for editors, out of git, in each project and a monorepo's root."""
    planned = {file.path for file in files}
    for path in _ignore_files(repository):
        folder = posixpath.dirname(path)
        schema = posixpath.join(folder, SCHEMA_NAME)
        paths = {
            f"/{REPORTS}/": f"{REPORTS}/report.json",
            **({f"/{SCHEMA_NAME}": SCHEMA_NAME} if schema in planned else {}),
        }
        lines = [line for line, path in paths.items() if not is_ignored(repository.root, posixpath.join(folder, path))]
        if lines:
            yield with_lines(repository.root, path, lines)


def _ignore_files(repository: RepositoryFacts) -> list[str]:
    folders = dict.fromkeys(("", *repository.projects) if repository.is_monorepo else repository.projects)
    return [posixpath.join(folder, ".gitignore") for folder in folders]


def _hook(repository: RepositoryFacts) -> PlannedFile:
    """The hook of .pre-commit-hooks.yaml, for the Headway and DVC that the project has."""
    commands = [
        f"headway verify{f' --project {shell_path(folder)}' if folder else ''}" for folder in repository.projects
    ]
    hooks = [
        line
        for command in commands
        for line in (
            f"    - id: {re.sub(r'[^a-z0-9]+', '-', command.replace(' --project', ''))}",
            f"      name: {yaml_command(command)}",
            f"      entry: {yaml_command(command)}",
            "      language: system",
            "      pass_filenames: false",
            "      always_run: true",
            "      stages: [pre-commit, pre-push, manual]",
        )
    ]

    def has(document: Mapping[str, Any]) -> bool:
        found = {hook.get("entry") for repo in document.get("repos") or [] for hook in repo["hooks"]}
        return set(commands) <= found

    return with_entry(repository.root, _HOOKS, Entry(key="repos", lines=["- repo: local", "  hooks:", *hooks], has=has))


def _stage(root: Path, project: ProjectFacts) -> PlannedFile:
    deps = [f"  deps: [{', '.join(map(scalar, project.metrics))}]"] if project.metrics else []
    lines = ["report:", "  cmd: headway report", *deps, "  always_changed: true # the base is no dependency of DVC's"]

    def has(document: Mapping[str, Any]) -> bool:
        stages = document.get("stages") or {}
        return any("headway report" in str(stage.get("cmd", "")) for stage in stages.values())

    path = posixpath.join(project.folder, "dvc.yaml")
    return with_entry(root, path, Entry(key="stages", lines=lines, has=has))
