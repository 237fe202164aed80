"""Copies of both models, in places whose paths have the same length unless the model has a new name."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from headway.errors import RepositoryError, WriteError
from headway.gather.artifacts import copy_artifact, find_model
from headway.gather.unavailable import UnavailableError
from headway.values.revision import WORKSPACE

if TYPE_CHECKING:
    from headway.gather import RevisionReader


def copy_model(view: RevisionReader, project: str, name: str | None, folder: Path) -> tuple[str, Path]:
    """Copy the model of one side: the workspace's as it is, and any other one as its commit records it.

    Args:
        view: the opened revision.
        project: the project's folder from git's root.
        name: an artifact of dvc.yaml, or the model's path in the project; ``None`` for the only model.
        folder: the folder that gets the copy, in one of its own.

    Returns:
        The model's path in the project, and the copy.

    Raises:
        RepositoryError: there is no such model, or it cannot be had.
        WriteError: the copy cannot be written.
    """
    label, into = view.revision.label, folder / view.side
    if view.project is None:
        raise RepositoryError(f"{label} has no DVC project.", remedy="Name another revision with --base.")
    path = find_model(view.project, project, name, label)
    try:
        into.mkdir()
        here = Path(view.project.dvc.root_dir, path) if view.revision.name == WORKSPACE else None
        if here and here.exists():
            return path, _copy_here(here, into / here.name)
        return path, copy_artifact(view.project, path, into).place
    except UnavailableError as error:
        what = f"The model {path} of {label} cannot be fetched."
        raise RepositoryError(what, why=f"It {error.what}.", remedy=error.remedy) from error
    except OSError as error:
        raise WriteError(
            f"The model {path} of {label} cannot be copied.",
            why=f"{error.strerror or error}.",
            remedy="Free some space in the folder for temporary files, or name another one in TMPDIR.",
        ) from error


def _copy_here(place: Path, target: Path) -> Path:
    if place.is_dir():
        shutil.copytree(place, target, ignore_dangling_symlinks=True)
    else:
        shutil.copyfile(place, target)
    return target


def content_hash(model: Path) -> str:
    """The SHA-256 of a file, or of the names and hashes of all files in a folder."""
    if model.is_file():
        with model.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    files = sorted(each for each in model.rglob("*") if each.is_file())
    listing = "".join(f"{each.relative_to(model).as_posix()}\0{content_hash(each)}\n" for each in files)
    return hashlib.sha256(listing.encode(errors="surrogateescape")).hexdigest()
