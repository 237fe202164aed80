"""The repository that data was imported from: what an import holds is there, and ``dvc push`` never copies it."""

from __future__ import annotations

import posixpath
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from dvc.fs import LocalFileSystem
from dvc.repo import open_repo
from dvc_data.hashfile.build import build
from dvc_data.hashfile.hash import hash_file

from headway.text import error_line, hide_user_info, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dvc.output import Output


@contextmanager
def clones_removed() -> Iterator[None]:
    """Remove DVC's clones of other repositories afterwards, with those that failed or were interrupted: it keeps these.

    A clone that still runs in a thread of its own finds its folder gone, and cannot make it again.
    """
    made: list[Path] = []

    def mkdtemp(suffix: str) -> str:
        made.append(Path(tempfile.mkdtemp(suffix)))
        return str(made[-1])

    former, open_repo.tempfile = open_repo.tempfile, SimpleNamespace(mkdtemp=mkdtemp)
    try:
        yield
    finally:
        open_repo.tempfile = former
        open_repo.clean_repos()
        for folder in filter(Path.exists, made):
            shutil.rmtree(folder.rename(folder.with_suffix(".removed")), ignore_errors=True)


def source_of(out: Output) -> str | None:
    """The address of the repository that an output was imported from, no password in it; ``None`` for other outputs."""
    return hide_user_info(one_line(str(out.stage.deps[0].def_repo["url"]))) if out.stage.is_repo_import else None


def reach(out: Output) -> None:
    """Open the source of an import, cloned where it is not on this machine; raises what git does."""
    _ = out.stage.deps[0].fs.repo


def first_cause(error: BaseException) -> BaseException:
    """What an error comes from: DVC's own often say no more than "SCM error" or "failed to load directory"."""
    while error.__cause__:
        error = error.__cause__
    return error


def meaning(cause: BaseException) -> str:
    """Why a source gave nothing, without a password."""
    return hide_user_info(error_line(cause)).rstrip(".")


def look_up(out: Output, path: str) -> None:
    """See that the source gives a file of an import; raises what DVC and git do where it does not.

    Args:
        out: the import.
        path: the file, itself or below it, relative to the root of this project.
    """
    files, place = _place(out, path)
    with files.open(place, "rb") as file:
        file.read(1)


def read_listing(out: Output, path: str) -> bytes:
    """The listing of a folder, made of what the source holds at the commit that the import names."""
    files, place = _place(out, path)
    _, _, listing = build(out.cache, place, files, out.hash_name, dry_run=True)
    return bytes(listing.as_bytes())  # type: ignore[attr-defined]  # a folder's is a tree


def copy(out: Output, path: str, oid: str, target: Path) -> bool:
    """Copy a file, or the listing of a folder; whether its content has the hash that this project recorded."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if oid.endswith(".dir"):
        target.write_bytes(read_listing(out, path))
    else:
        files, place = _place(out, path)
        files.get_file(place, str(target))
    _, found = hash_file(str(target), LocalFileSystem(), out.hash_name)
    return bool(found.value == oid.removesuffix(".dir"))


def _place(out: Output, path: str) -> tuple[Any, str]:
    """The source's file system and the path of a file in it."""
    source = out.stage.deps[0]
    below = posixpath.relpath(path, Path(out.fs.relpath(out.fs_path, out.repo.root_dir)).as_posix())
    return source.fs, source.fs_path if below == "." else source.fs.join(source.fs_path, below)
