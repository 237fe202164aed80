"""Plans everything that ``headway init`` writes into a repository."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from headway.app.scaffold import bitbucket, github, gitlab
from headway.app.scaffold.files import PlannedFile, own_file, with_entry, with_line
from headway.app.scaffold.jobs import Jobs
from headway.app.scaffold.project import read_project
from headway.app.scaffold.repository import is_ignored
from headway.report.first_settings import write_first_settings
from headway.settings import YAML_NAME

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
_HOOK = {
    "id": "headway-verify",
    "name": "headway verify",
    "entry": "headway verify",
    "language": "system",
    "pass_filenames": False,
}


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
        kept: the settings files that exist, which are never replaced.
    """

    files: Sequence[PlannedFile]
    jobs: Jobs
    present: str = ""
    kept: Sequence[str] = ()


def plan(repository: RepositoryFacts, choices: Choices, progress: Progress, schema: str = "") -> Plan:
    """Look at the projects of a repository, and plan their files; nothing is written.

    Raises:
        RepositoryError: a pipeline file is not valid.
        SettingsError: settings that exist are not valid.
    """
    projects = [read_project(repository.root, folder, progress, schema) for folder in repository.projects]
    jobs = Jobs(source=choices.source, repository=repository, projects=projects, forks=choices.forks)
    present = _present(repository.root, choices.forge)
    files = [
        *(file for project in projects for file in _settings(repository.root, project)),
        *([] if present else _ci(jobs, choices.forge)),
        *_ignored(repository),
        *([_hook(repository.root)] if choices.hook else []),
        *([_stage(repository.root, project) for project in projects] if choices.stage else []),
    ]
    kept = [_settings_path(project) for project in projects if project.first is None]
    return Plan(files=files, jobs=jobs, present=present, kept=kept)


def _settings(root: Path, project: ProjectFacts) -> Iterator[PlannedFile]:
    if project.first:
        yield own_file(root, _settings_path(project), write_first_settings(project.first))


def _settings_path(project: ProjectFacts) -> str:
    return posixpath.join(project.folder, YAML_NAME)


def _ci(jobs: Jobs, forge: ForgeKind | None) -> list[PlannedFile]:
    if forge == "github":
        return [own_file(jobs.repository.root, path, text) for path, text in github.workflows(jobs).items()]
    if forge == "gitlab":
        return gitlab.pipeline(jobs)
    return bitbucket.pipeline(jobs) if forge == "bitbucket" else []


def _present(root: Path, forge: ForgeKind | None) -> str:
    """The workflow of somebody else's making that runs Headway already."""
    own = {github.WORKFLOW, github.REPORT, github.POST}
    folder = root / ".github/workflows"
    if forge != "github" or not folder.is_dir():
        return ""
    others = (path for path in sorted(folder.glob("*.y*ml")) if path.relative_to(root).as_posix() not in own)
    running = (path for path in others if "headway report" in path.read_text(errors="replace"))
    return next((path.relative_to(root).as_posix() for path in running), "")


def _ignored(repository: RepositoryFacts) -> Iterator[PlannedFile]:
    """The line that keeps reports out of git: of each project, or at the root for reports on all of them."""
    for folder in dict.fromkeys(("", *repository.projects) if repository.is_monorepo else repository.projects):
        if not is_ignored(repository.root, posixpath.join(folder, REPORTS, "report.json")):
            yield with_line(repository.root, posixpath.join(folder, ".gitignore"), f"/{REPORTS}/")


def _hook(root: Path) -> PlannedFile:
    lines = (f"{'      - ' if key == 'id' else '        '}{key}: {_scalar(value)}" for key, value in _HOOK.items())
    new = "\n".join(("repos:", "  - repo: local", "    hooks:", *lines)) + "\n"

    def has(document: Mapping[str, Any]) -> bool:
        return any(hook.get("id") == _HOOK["id"] for repo in document.get("repos") or [] for hook in repo["hooks"])

    def add(document: dict[str, Any]) -> None:
        document["repos"].append({"repo": "local", "hooks": [dict(_HOOK)]})

    return with_entry(root, _HOOKS, new, has, add)


def _scalar(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _stage(root: Path, project: ProjectFacts) -> PlannedFile:
    deps = list(project.metrics)
    own = f"    deps: [{', '.join(deps)}]\n" if deps else ""
    new = f"stages:\n  report:\n    cmd: headway report\n{own}    always_changed: true\n"

    def has(document: Mapping[str, Any]) -> bool:
        stages = document.get("stages") or {}
        return any("headway report" in str(stage.get("cmd", "")) for stage in stages.values())

    def add(document: dict[str, Any]) -> None:
        stage = {"cmd": "headway report", **({"deps": deps} if deps else {}), "always_changed": True}
        if "report" in document.setdefault("stages", {}):
            raise KeyError("report")
        document["stages"]["report"] = stage

    return with_entry(root, posixpath.join(project.folder, "dvc.yaml"), new, has, add)
