"""An artifact of ``dvc.yaml`` at one commit: where it is, and a verified copy of it.

Names follow GTO and DVC: ``digits`` is declared in the ``dvc.yaml`` at git's root, ``models/de:digits`` in
``models/de/dvc.yaml``.
"""

from __future__ import annotations

import posixpath
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from headway.errors import RepositoryError, UndeclaredArtifactError
from headway.gather.repository import Repository
from headway.gather.unavailable import UnavailableError
from headway.paths import normalize
from headway.public_files import OUTSIDE, repository_root
from headway.text import first_names

if TYPE_CHECKING:
    from pathlib import Path

    from headway.gather.dvc.project import Project
    from headway.gather.network import Network
    from headway.gather.revision_reader import RevisionReader

_GIT_LIMIT = 512 * 1024 * 1024
"""Bytes of a file that git keeps, which is read as a whole."""


@dataclass(frozen=True, kw_only=True)
class FetchedArtifact:
    """A copy of an artifact.

    Attributes:
        place: the copy, a file or a folder.
        path: the artifact's path in the commit, from the root of its DVC project.
        files, size: how many files it has, and how many bytes.
    """

    place: Path
    path: str
    files: int
    size: int


def fetch_artifact(folder: Path, name: str, sha: str, network: Network, into: Path) -> FetchedArtifact:
    """Copy the file or folder of an artifact at a commit into a folder, under its own name.

    Everything that DVC tracks is checked against the hash that the commit records.

    Args:
        folder: a folder of the git repository.
        name: the artifact, such as ``digits`` or ``models/de:digits``.
        sha: the commit's full SHA.
        network: what may be fetched.
        into: an empty folder.

    Raises:
        RepositoryError: the commit does not exist or does not declare the artifact, or its files cannot be had.
        OSError: the copy cannot be written.
    """
    declared_in = name.rpartition(":")[0]
    root = repository_root(folder.resolve())
    start = root / declared_in if root and declared_in else folder
    with Repository.open(start, network, head=sha) as repository:
        revision = repository.resolve_head(sha)
        if revision.sha != sha:
            raise RepositoryError(f"{sha} is not a commit.", why=f"It is a tag of the commit {revision.sha}.")
        project = repository.open_revision(revision, "head").project
        if project is None:
            raise RepositoryError(f"The commit {sha[:7]} has no DVC project in {start}.")
        path = _declared_path(project, repository.project, name, sha)
        try:
            return copy_artifact(project, path, into)
        except UnavailableError as error:
            raise RepositoryError(_failure(name, sha), why=f"{path} {error.what}.", remedy=error.remedy) from error


def require_artifact(reader: RevisionReader, folder: str, name: str) -> None:
    """Raise an error for an artifact that a commit does not declare.

    Args:
        reader: the opened commit.
        folder: the project's folder from git's root.
        name: the artifact, such as ``digits`` or ``models/de:digits``.

    Raises:
        UndeclaredArtifactError: it does not declare it.
    """
    sha = reader.revision.sha or ""
    if reader.project is None:
        raise UndeclaredArtifactError(f"The commit {sha[:7]} has no DVC project that could declare {name!r}.")
    _declared_path(reader.project, folder, name, sha)


def _declared_path(project: Project, folder: str, name: str, sha: str) -> str:
    """The artifact's path from the project's root, which is in ``folder`` from git's root."""
    declared = _declared(project, folder)
    if name not in declared:
        known = f"It declares {first_names(sorted(declared))}." if declared else "It declares no artifacts."
        raise UndeclaredArtifactError(
            f"The commit {sha[:7]} does not declare the artifact {name!r}.",
            why=known,
            remedy="Name one of those, or declare it under `artifacts` in dvc.yaml; DIR:NAME is declared in "
            "DIR/dvc.yaml, seen from git's root.",
        )
    path = normalize(declared[name])
    if "://" in path or _leads_out(normalize(posixpath.join(folder, path))):
        raise RepositoryError(_failure(name, sha), why=f"Its path {path} {OUTSIDE}.")
    if posixpath.basename(path) in ("", ".."):
        raise RepositoryError(_failure(name, sha), why="Its path is a whole project, not a file or folder in one.")
    return path


def _declared(project: Project, folder: str) -> dict[str, str]:
    """The paths of all artifacts by their full names."""
    return {
        _full_name(normalize(posixpath.join(folder, posixpath.dirname(file.path))), own): path
        for file in project.files
        for own, path in file.artifacts.items()
    }


def _failure(name: str, sha: str) -> str:
    return f"The artifact {name!r} of {sha[:7]} cannot be fetched."


def _leads_out(path: str) -> bool:
    """Whether a normalized path leads out of the folder that it is relative to."""
    return posixpath.isabs(path) or path == ".." or path.startswith("../")


def _full_name(folder: str, name: str) -> str:
    return f"{folder}:{name}" if folder else name


def find_model(project: Project, folder: str, name: str | None, label: str) -> str:
    """The path of a model from the project's root.

    Args:
        project: one revision.
        folder: the project's folder from git's root.
        name: an artifact of dvc.yaml, or the path of a file or folder; ``None`` for the only model that dvc.yaml
            declares.
        label: the name of the revision, for errors.

    Raises:
        RepositoryError: there is no such model, or there are several.
    """
    if name is None:
        models = sorted({normalize(path) for file in project.files for path in file.models})
        if len(models) == 1:
            return _inside_project(models[0], folder, label)
        found = f"It declares {first_names(models)}." if models else "It declares no artifact of the type model."
        raise RepositoryError(
            f"{label} does not say which model is meant.",
            why=found,
            remedy="Name an artifact of dvc.yaml, or the path of a file or folder, with --model.",
        )
    declared = _declared(project, folder)
    meant = [name] if name in declared else [own for own in sorted(declared) if own.endswith(f":{name}")]
    if len(meant) > 1:
        raise RepositoryError(
            f"{label} has several artifacts {name!r}.",
            why=f"It declares {first_names(meant)}.",
            remedy=f"Name one of them: --model {shlex.quote(meant[0])}",
        )
    return _inside_project(declared[meant[0]] if meant else name, folder, label)


def _inside_project(path: str, folder: str, label: str) -> str:
    path = normalize(path)
    if "://" in path or _leads_out(normalize(posixpath.join(folder, path))):
        raise RepositoryError(f"The model of {label} cannot be read.", why=f"Its path {path} {OUTSIDE}.")
    if posixpath.basename(path) in ("", "..", "."):
        raise RepositoryError(f"The model of {label} cannot be read.", why="Its path is a whole project.")
    return path


def copy_artifact(project: Project, path: str, into: Path) -> FetchedArtifact:
    """Copy a file or folder of a revision into a folder, under its own name.

    Args:
        project: the revision.
        path: the file or folder, from the project's root.
        into: an empty folder.

    Raises:
        UnavailableError: it does not exist, or cannot be had.
        OSError: the copy cannot be written.
    """
    place = into / posixpath.basename(path)
    files = project.fetch_whole(path)
    targets = {file: place if file == path else place / _inside(file, path) for file in files}
    for file, target in targets.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        project.copy(file, target, _GIT_LIMIT)
    size = sum(target.stat().st_size for target in targets.values())
    return FetchedArtifact(place=place, path=path, files=len(files), size=size)


def _inside(file: str, folder: str) -> str:
    """The path of a file from the folder that it is in; a listing may name any path, but none may lead elsewhere."""
    path = file.removeprefix(f"{folder}/")
    if posixpath.normpath(path) != path or _leads_out(path):
        raise UnavailableError(f"lists a file that is not in the folder: {path!r}")
    return path
