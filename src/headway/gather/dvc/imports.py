"""The repository that data was imported from: what an import holds is there, and ``dvc push`` never copies it."""

from __future__ import annotations

import posixpath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dvc.fs import LocalFileSystem
from dvc_data.hashfile.build import build
from dvc_data.hashfile.hash import hash_file

from headway.text import error_line, hide_user_info, one_line

if TYPE_CHECKING:
    from dvc.output import Output

    from headway.gather.dvc.cache import TrackedObject


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


def look_up(item: TrackedObject) -> None:
    """See that the source gives a file; raises what DVC and git do where it does not, or cannot be reached."""
    files, path = _place(item)
    with files.open(path, "rb") as file:
        file.read(1)


def read_listing(item: TrackedObject) -> bytes:
    """The listing of a folder, made of what the source holds at the commit that the import names."""
    files, path = _place(item)
    _, _, listing = build(item.out.cache, path, files, item.out.hash_name, dry_run=True)
    return bytes(listing.as_bytes())  # type: ignore[attr-defined]  # a folder's is a tree


def copy(item: TrackedObject, target: Path) -> bool:
    """Copy a file, or the listing of a folder; whether its content has the hash that this project recorded."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if item.oid.endswith(".dir"):
        target.write_bytes(read_listing(item))
    else:
        files, path = _place(item)
        files.get_file(path, str(target))
    _, found = hash_file(str(target), LocalFileSystem(), item.out.hash_name)
    return bool(found.value == item.oid.removesuffix(".dir"))


def _place(item: TrackedObject) -> tuple[Any, str]:
    """The source's file system and the path of a file in it."""
    out, source = item.out, item.out.stage.deps[0]
    below = posixpath.relpath(item.path, Path(out.fs.relpath(out.fs_path, out.repo.root_dir)).as_posix())
    return source.fs, source.fs_path if below == "." else source.fs.join(source.fs_path, below)
