"""The files of a folder by their content hashes: of one that DVC tracks, of one inside it, or of one in git."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.paths import is_below
from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headway.gather import RevisionReader


def list_folder(view: RevisionReader, path: str) -> Mapping[str, str] | Problem:
    """Hash by name of the files below a folder; empty where it is none."""
    tracked = next((out for out in view.snapshot().data if is_below(path, out)), None)
    if tracked is None:
        files = [file for file in view.files_below(path) if file != path]
        return {file.removeprefix(f"{path}/"): _hash(view, file) for file in files}
    listing = view.folder(tracked)
    if listing is None or isinstance(listing, Problem):
        return listing or {}
    prefix = f"{path}/".removeprefix(f"{tracked}/")
    return {name.removeprefix(prefix): hash_ for name, hash_ in listing.items() if name.startswith(prefix)}


def _hash(view: RevisionReader, file: str) -> str:
    found = view.data_file(file)
    return found.hash if found and not isinstance(found, Problem) else ""
