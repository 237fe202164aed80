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
    from collections.abc import Iterable, Iterator

    from dvc.output import Output
    from dvc_data.hashfile.db import HashFileDB
    from fsspec.callbacks import Callback  # type: ignore[import-untyped]  # fsspec carries no types

    from headway.gather.dvc.objects import TrackedObject
    from headway.gather.network import Network


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


class ImportSource:
    """The repository that an output was imported from.

    Attributes:
        address: its URL, without a password.
        label: its name in a sentence.
    """

    def __init__(self, out: Output) -> None:
        self._out = out
        self.address = hide_user_info(one_line(str(out.stage.deps[0].def_repo["url"])))
        self.label = f"the repository that it was imported from ({self.address})"

    def refusal(self, network: Network, again: str) -> tuple[str, str] | None:
        """Why it is not asked, as the end of a sentence, and what to do: cloning is git's business, as for history."""
        return None if network.history else (f"Headway contacts {self.label} only with --fetch or in CI", again)

    def copy(self, items: Iterable[TrackedObject], staging: HashFileDB, meter: Callback) -> dict[str, BaseException]:
        """Copy files, or listings, and check them; the errors by hash."""
        _ = self._out.stage.deps[0].fs.repo  # is cloned here; an error of that is one of all files
        errors: dict[str, BaseException] = {}
        for item in items:
            path = Path(staging.oid_to_path(item.oid))
            try:
                self._copy(item, path)
            except Exception as error:  # noqa: BLE001 - whatever git, DVC or a storage library raises
                errors[item.oid] = error
                path.unlink(missing_ok=True)  # half of it may have come
            else:
                meter.count(files=1, size=path.stat().st_size if path.exists() else 0)
        return errors

    def _copy(self, item: TrackedObject, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        if item.oid.endswith(".dir"):
            target.write_bytes(self.read_listing(item))
        else:
            files, place = self._place(item)
            files.get_file(place, str(target))
        _, found = hash_file(str(target), LocalFileSystem(), self._out.hash_name)
        if found.value != item.oid.removesuffix(".dir"):
            target.unlink()

    def read_listing(self, item: TrackedObject) -> bytes:
        """The listing of a folder, made of what the source holds at the commit that the import names."""
        files, place = self._place(item)
        _, _, listing = build(self._out.cache, place, files, self._out.hash_name, dry_run=True)
        return bytes(listing.as_bytes())  # type: ignore[attr-defined]  # a folder's is a tree

    def _place(self, item: TrackedObject) -> tuple[Any, str]:
        """The source's file system and the path of a file in it."""
        out, source = self._out, self._out.stage.deps[0]
        below = posixpath.relpath(item.path, Path(out.fs.relpath(out.fs_path, out.repo.root_dir)).as_posix())
        return source.fs, source.fs_path if below == "." else source.fs.join(source.fs_path, below)

    def explain(self, error: BaseException) -> str:
        """Why it gave nothing, without a password, as the end of a sentence."""
        return f"{self.label} does not give it: {hide_user_info(error_line(first_cause(error))).rstrip('.')}"


def first_cause(error: BaseException) -> BaseException:
    """What an error comes from: DVC's own often say no more than "SCM error" or "failed to load directory"."""
    while error.__cause__:
        error = error.__cause__
    return error
