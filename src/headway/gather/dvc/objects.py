"""The objects that DVC keeps in its cache and remotes: files by their hash, and the listings of folders (``.dir``)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
from dvc_data.hashfile.hash_info import HashInfo
from dvc_data.hashfile.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Callable

    from dvc.output import Output
    from dvc.repo import Repo

MD5 = re.compile(r"[0-9a-f]{32}(\.dir)?")
"""A hash as DVC records it, of a file or of a folder's listing."""
OF_DVC_2 = "md5-dos2unix"
"""The kind of hash of DVC 2: the MD5 of a text after its line ends are made LF."""
MD5_KINDS = ("md5", OF_DVC_2)
_TAG = "etag:"
"""Marks a storage's own tag in place of a hash."""
Listing = dict[str, str]
"""MD5 or storage's tag by path relative to the folder; empty if neither is known."""


@dataclass(frozen=True)
class TrackedObject:
    """A file, or the listing of a folder, as DVC keeps it.

    Attributes:
        path: the file or folder, relative to the project's root.
        out: the output that it is or belongs to.
        recorded: its hash, or its storage's tag; empty if only the remote knows it.
    """

    path: str
    out: Output
    recorded: str

    @property
    def oid(self) -> str:
        """The hash by which it is kept; empty if it is known by its storage's tag or by its name alone."""
        return "" if self.recorded.startswith(_TAG) else self.recorded

    @property
    def cached(self) -> Path | None:
        """Its path in the cache; ``None`` if the cache lacks it."""
        return _object(Path(self.out.cache.oid_to_path(self.oid))) if self.oid else None


def _object(path: Path) -> Path | None:
    """An object of the cache; DVC makes no links there, and one could lead to any file of this machine."""
    return path if path.is_file() and not path.is_symlink() else None


class _Entry(msgspec.Struct):
    """A line of a folder's listing."""

    relpath: str
    md5: Annotated[str, msgspec.Meta(pattern=rf"\A{MD5.pattern}\Z")]


_LISTING = msgspec.json.Decoder(list[_Entry])


def output_object(path: str, out: Output) -> TrackedObject:
    """The object of an output as a whole: the file, or the listing of the folder."""
    return TrackedObject(path, out, str(out.hash_info.value) if out.hash_info else "")


def read_listing(item: TrackedObject, ask: Callable[[], bytes | None]) -> Listing | None:
    """The files of a tracked folder; ``None`` if its listing cannot be had, or is damaged.

    ``ask`` gives a listing that the cache does not have in order. A cloud-versioned folder has none: the lock names its
    files.
    """
    if item.out.files:
        return {file["relpath"]: file.get("md5") or f"{_TAG}{file.get('etag', '')}" for file in item.out.files}
    if item.cached and (listing := _checked_listing(item, item.cached.read_bytes())) is not None:
        return listing
    data = ask()
    return None if data is None else _checked_listing(item, data)


def _checked_listing(item: TrackedObject, data: bytes) -> Listing | None:
    is_damaged = item.out.hash_name == "md5" and md5(data) != item.oid.removesuffix(".dir")
    return None if is_damaged else decode_listing(data)


def decode_listing(data: bytes) -> Listing | None:
    """The files of a folder from its object; ``None`` if it is damaged."""
    try:
        return {entry.relpath: entry.md5 for entry in _LISTING.decode(data)}
    except msgspec.DecodeError:
        return None


def cached_object(repo: Repo, kind: str, oid: str) -> Path | None:
    """An object of DVC's cache, which keeps those of DVC 2 apart; ``None`` if it lacks it."""
    database = repo.cache.legacy if kind == OF_DVC_2 else repo.cache.local
    return _object(Path(database.oid_to_path(oid)))


def folder_hash(files: Listing, kind: str) -> str:
    """The hash that DVC gives to a folder of files, with the hashes of one kind."""
    tree = Tree()  # type: ignore[no-untyped-call]  # of dvc_data
    for path, oid in files.items():
        tree.add(tuple(path.split("/")), None, HashInfo(kind, oid))
    return f"{md5(tree.as_bytes())}.dir"


def md5(data: bytes) -> str:
    """The hash by which DVC keeps content."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
