"""What the CI jobs of the three forges have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from headway.app.scaffold.words import shell_path, yaml_command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.app.scaffold.project import ProjectFacts
    from headway.app.scaffold.repository import RepositoryFacts
    from headway.app.scaffold.source import Source

CHECKOUT = "actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0"


@dataclass(frozen=True, kw_only=True)
class Jobs:
    """What the CI jobs are for.

    Attributes:
        source: where they get Headway from.
        repository: the repository.
        projects: the projects to report on.
        forks: whether pull requests come from forks as well.
    """

    source: Source
    repository: RepositoryFacts
    projects: Sequence[ProjectFacts]
    forks: bool

    @property
    def reproduces(self) -> bool:
        """Whether there is a pipeline."""
        return any(project.has_stages for project in self.projects)

    @property
    def extras(self) -> str:
        """Headway's extras that reach the projects' remotes, as ``s3,gs``."""
        return ",".join(sorted({project.remote.extras for project in self.projects} - {""}))

    @property
    def packages(self) -> list[str]:
        """Other packages that DVC needs to reach them."""
        return sorted({project.remote.package for project in self.projects} - {""})

    @property
    def secrets(self) -> list[str]:
        """The variables with the usual credentials of the remotes."""
        return sorted({name for project in self.projects for name in project.remote.secrets})

    @property
    def needs_address(self) -> bool:
        """Whether no job can reach the remote that git names, so that a variable has to name another."""
        return any(project.remote.is_here for project in self.projects)

    @property
    def caches(self) -> list[str]:
        """The folders of DVC's caches."""
        return [f"{project.folder}/.dvc/cache".lstrip("/") for project in self.projects]

    @property
    def locks(self) -> list[str]:
        """The lock files, which name what the caches hold."""
        return [f"{project.folder}/dvc.lock".lstrip("/") for project in self.projects]

    def install(self) -> list[str]:
        """Commands that install the project's packages and Headway, as YAML."""
        requirements, is_package = self.repository.requirements, self.repository.is_package
        folder = shell_path(requirements.rpartition("/")[0] or ".")
        file = shell_path(requirements)
        code = f"--editable {folder} " if is_package else f"--requirement {file} " if requirements else ""
        packages = " ".join((f'"{self.source.requirement(self.extras)}"', *self.packages))
        return ["python -m pip install --quiet uv", yaml_command(f"uv pip install --system --quiet {code}{packages}")]

    def report(self) -> list[str]:
        """Commands that set up the data, reproduce, report and post; they run in the repository's root. As YAML."""
        every, folder = self._every, self.repository.project
        return [
            *([yaml_command(f"cd {shell_path(folder)}")] if folder else []),
            *([f"headway ci setup{every}"] if self._has_remote else []),
            *([f"headway ci reproduce{every}"] if self.reproduces else []),
            f"headway report{every}",
            f"headway post{' --all reports/headway --one-comment' if every else ''}",
        ]

    def clean_up(self) -> list[str]:
        """Commands that remove the credentials; they run in the root, whatever happened before. As YAML."""
        folder = self.repository.project
        named = self._every or (f" --project {shell_path(folder)}" if folder else "")
        return [yaml_command(f"headway ci cleanup{named}")] if self._has_remote else []

    @property
    def _every(self) -> str:
        return " --all-projects" if self.repository.is_monorepo else ""

    @property
    def _has_remote(self) -> bool:
        return any(project.remote.url for project in self.projects)
