"""The files that hold one table of predictions on one side: the file itself, or the parts in a folder."""

from __future__ import annotations

import posixpath
from hashlib import sha256
from typing import TYPE_CHECKING

from headway.datasets.evaluation_inputs import MOST_BYTES
from headway.datasets.file_kinds import is_table, may_hold_rows
from headway.datasets.folder_listing import list_folder
from headway.gather.read.parsing import UnreadableError
from headway.sorting import sorted_names
from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headway.gather import RevisionReader
    from headway.values.tables import DataFile

MOST_PARTS = 1000
"""Files of one folder that are read as one table."""


def find_prediction_files(view: RevisionReader, path: str) -> tuple[DataFile, ...]:
    """Give the file at a path, or the parts of the table if it is a folder, in natural order of their names.

    What is not on this machine is downloaded unless it is larger than other evaluation data may be.

    Raises:
        UnreadableError: there is no such file, it is not on this machine, or the folder holds no table.
    """
    path = posixpath.normpath(path)
    view.fetch((), [path])
    names = list_folder(view, path)
    if isinstance(names, Problem):
        raise _unavailable(names.what, names.remedy)
    files = [f"{path}/{name}" for name in part_names(names)] if names else [path]
    view.fetch(files, (), MOST_BYTES)
    return tuple(_found(view, file) for file in files)


def hash_predictions(view: RevisionReader, path: str) -> str:
    """The hash of the content of a table, whether it is on this machine or not; empty if it is unknown."""
    view.fetch((), [path])
    names = list_folder(view, path)
    if isinstance(names, Problem):
        return ""
    if names:
        return sha256("".join(f"{hash_} {name}\n" for name, hash_ in sorted(names.items())).encode()).hexdigest()
    file = view.data_file(path)
    return "" if file is None or isinstance(file, Problem) else file.hash


def part_names(names: Iterable[str]) -> list[str]:
    """The parts of one table among the files of a folder: neither hidden, nor markers such as ``_SUCCESS``.

    Raises ``UnreadableError`` if there are none, or too many.
    """
    visible = [name for name in names if not posixpath.basename(name).startswith((".", "_"))]
    parts = list(filter(is_table, visible)) or list(filter(may_hold_rows, visible))
    if not parts:
        raise UnreadableError("is a folder without a table")
    if len(parts) > MOST_PARTS:
        raise UnreadableError(f"is a folder of {len(parts):,} tables, more than the limit of {MOST_PARTS:,}")
    return sorted_names(parts)


def _found(view: RevisionReader, path: str) -> DataFile:
    file = view.data_file(path)
    if file is None:
        raise UnreadableError("does not exist")
    if isinstance(file, Problem):
        raise _unavailable(file.what, file.remedy)
    if file.source is None:
        raise _unavailable("is not on this machine", file.remedy)
    return file


def _unavailable(what: str, remedy: str) -> UnreadableError:
    clause = what.removeprefix("the file ")
    return UnreadableError(f"{clause}; to correct this: {remedy}" if remedy else clause)
