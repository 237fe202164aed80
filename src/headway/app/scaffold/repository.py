"""What a repository says about its CI jobs: the forge, the projects, and what Python code needs to be installed."""

from __future__ import annotations

import os
import posixpath
import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from headway.errors import HeadwayError, RepositoryError
from headway.gather.git.remotes import find_remote, web_address
from headway.gather.monorepo import Monorepo
from headway.paths import is_below, normalize
from headway.remotes.configuration import ProjectConfig
from headway.remotes.storages import STORAGES, Storage, storage_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from headway.ci.job import ForgeKind

_HOSTS: dict[str, ForgeKind] = {"github": "github", "gitlab": "gitlab", "bitbucket": "bitbucket"}
"""The word in a host's name that tells its forge."""
_CI_FILES: dict[str, ForgeKind] = {
    ".github/workflows": "github",
    ".gitlab-ci.yml": "gitlab",
    "bitbucket-pipelines.yml": "bitbucket",
}
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
"""The versions of Python that Headway is tested on."""
_PROJECT = "pyproject.toml"
_REQUIREMENTS = ("requirements.txt", _PROJECT, "src/requirements.txt", "requirements/base.txt", "requirements/main.txt")
"""Files of requirements, the usual place first."""
_VERSION = re.compile(r"3\.\d+")
_LIMIT = 1 << 20
"""Bytes of a file of requirements that are read."""


@dataclass(frozen=True, kw_only=True)
class DataRemote:
    """The default DVC remote of a project.

    Attributes:
        name, url: as git's ``.dvc/config`` has them; empty without a remote.
        is_here: whether it is a folder of this machine outside the repository, which no CI job can read.
    """

    name: str = ""
    url: str = ""
    is_here: bool = False

    @property
    def storage(self) -> Storage:
        """The kind of storage."""
        return storage_of(self.url) or STORAGES[""]

    @property
    def extras(self) -> str:
        """Headway's extra that reaches it: ``s3``, ``gs`` or nothing."""
        found = re.fullmatch(r"'dvc-headway\[(\w+)\]'", self.storage.install)
        return found[1] if found else ""

    @property
    def package(self) -> str:
        """Another package that DVC needs to reach it, such as ``dvc-ssh``; empty where an extra names it."""
        return "" if self.extras else self.storage.install

    @property
    def secrets(self) -> tuple[str, ...]:
        """The variables with its usual credentials."""
        return next(iter(self.storage.ways), ())


@dataclass(frozen=True, kw_only=True)
class RepositoryFacts:
    """What a git repository says about its CI jobs.

    Attributes:
        root: the root of its working tree.
        projects: the folders of its DVC projects from the root, sorted; "" for the root itself.
        project: the one that the command was started for; "" also where it was started for all.
        forge: where it is hosted, if its remote or its CI files tell.
        python: the version of Python for CI jobs.
        refuses: the versions that its package requires, if Headway runs on none of them; else empty.
        requirements: the file with what its code needs, from the root; empty without one.
        is_package: whether that is a pyproject.toml whose package must itself be installed.
    """

    root: Path
    projects: tuple[str, ...]
    project: str
    forge: ForgeKind | None
    python: str
    refuses: str
    requirements: str
    is_package: bool

    @property
    def is_monorepo(self) -> bool:
        """Whether the CI jobs are for several projects."""
        return len(self.projects) > 1


def read_repository(folder: Path) -> RepositoryFacts:
    """Look at the git repository that a folder belongs to.

    In the folder of one project of several, only that project counts; at the root, all of them do.

    Raises:
        RepositoryError: there is no git repository, no commit, or no DVC project that git tracks.
    """
    folder = folder.resolve()
    with Monorepo.open(folder, None) as repository:
        root, all_projects = repository.root, repository.projects
    if not all_projects:
        raise RepositoryError(
            f"{root} has no DVC project.",
            why="A project is a folder with a .dvc/config that git tracks.",
            remedy=f"git add {os.path.relpath(root / '.dvc', folder)}"
            if (root / ".dvc/config").is_file()
            else "dvc init",
        )
    inside = normalize(folder.relative_to(root).as_posix())
    own = [project for project in all_projects if inside and is_below(inside, project)]
    projects = (max(own, key=len),) if own else all_projects
    requirements, is_package = _requirements(root, projects)
    return RepositoryFacts(
        root=root,
        projects=projects,
        project=projects[0] if len(projects) == 1 else "",
        forge=_forge_of(_address(root)) or _forge_by_files(root),
        python=_python(root, projects),
        refuses=_refuses(root, requirements),
        requirements=requirements,
        is_package=is_package,
    )


def read_remote(root: Path, project: str) -> DataRemote:
    """The default DVC remote of a project, as git has it: settings of this machine alone do not count in CI."""
    config = ProjectConfig(root / project)
    name, url = config.committed_default()
    is_path = bool(url) and not urlsplit(url).scheme
    place = (config.root / ".dvc" / url).resolve() if is_path else root
    return DataRemote(name=name, url=url, is_here=not place.is_relative_to(root))


def _address(root: Path) -> str:
    try:
        name = find_remote(root, None, "", must_know=False)
        return web_address(root, name) if name else ""
    except HeadwayError:
        return ""


def _forge_of(address: str) -> ForgeKind | None:
    host = urlsplit(address).hostname or ""
    return next((forge for word, forge in _HOSTS.items() if word in host), None)


def _forge_by_files(root: Path) -> ForgeKind | None:
    found = [forge for path, forge in _CI_FILES.items() if (root / path).exists()]
    return found[0] if len(found) == 1 else None


def _folders(projects: tuple[str, ...]) -> Iterator[str]:
    """The folders in which files about the code may be: that of the only project first, then the root."""
    if len(projects) == 1 and projects[0]:
        yield projects[0]
    yield ""


def _requirements(root: Path, projects: tuple[str, ...]) -> tuple[str, bool]:
    """The first file of requirements, and whether it is a package's."""
    for folder in _folders(projects):
        for name in _REQUIREMENTS:
            path = posixpath.join(folder, name)
            project = _toml(root / path) if name == _PROJECT else {}
            if name == _PROJECT and _has_dependencies(project):
                return path, "build-system" in project
            if name != _PROJECT and (root / path).is_file():
                return path, False
    return "", False


def _has_dependencies(document: dict[str, Any]) -> bool:
    tools = document.get("tool", {})
    return "project" in document or (isinstance(tools, dict) and "poetry" in tools)


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes()[:_LIMIT].decode()) if path.is_file() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError):
        return {}


def _python(root: Path, projects: tuple[str, ...]) -> str:
    """The version that the project names, if Headway runs on it; else the oldest that satisfies both."""
    for folder in _folders(projects):
        pinned = root / folder / ".python-version"
        if pinned.is_file() and (found := _VERSION.search(pinned.read_text(errors="replace"))) and found[0] in PYTHONS:
            return found[0]
        project = _toml(root / folder / _PROJECT).get("project", {})
        if isinstance(project, dict) and (needed := project.get("requires-python")):
            return next((each for each in PYTHONS if _satisfies(each, str(needed))), PYTHONS[0])
    return PYTHONS[0]


def _refuses(root: Path, requirements: str) -> str:
    """What a package's ``requires-python`` says, if it excludes each version that Headway runs on."""
    if posixpath.basename(requirements) != _PROJECT:
        return ""
    project = _toml(root / requirements).get("project", {})
    needed = str(project.get("requires-python", "")) if isinstance(project, dict) else ""
    return "" if not needed or any(_satisfies(version, needed) for version in PYTHONS) else needed


def _satisfies(version: str, needed: str) -> bool:
    """Whether a minor version satisfies a specifier; its last patch release stands for it."""
    try:
        return SpecifierSet(needed).contains(f"{version}.99")
    except InvalidSpecifier:
        return True
