"""Hashes of DVC 2 beside hashes of DVC 3: do they stand for the same content?

DVC 2 hashed a text with its line ends made LF (``md5-dos2unix``), DVC 3 hashes the bytes, so the hashes of a text with
CRLF differ, as do those of a folder that holds one. Where they differ, the content that DVC 3 recorded decides, if it
is on this machine. Nothing is downloaded for it but the listing of a folder.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from io import BytesIO
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from dvc_data.hashfile.hash import file_md5, fobj_md5

from headway.gather.dvc.objects import OF_DVC_2, cached_object, decode_listing, folder_hash, md5
from headway.gather.unavailable import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headway.gather.dvc.objects import Listing
    from headway.gather.dvc.project import Project
    from headway.values.snapshot import Out, Snapshot, Stage

_READ_LIMIT = 64 * 1024 * 1024
"""The largest file that is read from git or the workspace, in bytes."""


class _Recorded(NamedTuple):
    """A hash that one side records for a path, and the size if the lock has it."""

    project: Project
    hash: str
    size: int | None

    @property
    def kind(self) -> str:
        return self.hash.partition(":")[0]

    @property
    def value(self) -> str:
        return self.hash.partition(":")[2]


def comparable(
    base: tuple[Project, Snapshot], head: tuple[Project, Snapshot]
) -> tuple[Snapshot, Snapshot, frozenset[tuple[str, str]]]:
    """Replace each hash of DVC 2 with DVC 3's hash of the same content; the projects' ``equivalents`` get single files.

    Returns:
        Both snapshots, and the pairs of base's and head's hashes that may or may not stand for the same content.
    """
    before, after = _recorded(*base), _recorded(*head)
    equivalents: dict[tuple[str, str], str] = {}
    unknown = set()
    for path in before.keys() & after.keys():
        for old, new in product(before[path].values(), after[path].values()):
            if {old.kind, new.kind} != {"md5", OF_DVC_2}:
                continue
            of_2, of_3 = (old, new) if old.kind == OF_DVC_2 else (new, old)
            same = _are_same(path, of_2, of_3)
            if same:
                equivalents[path, of_2.hash] = of_3.hash
                of_2.project.equivalents[path, of_2.value] = of_3.value
            elif same is None:
                unknown.add((old.hash, new.hash))
    return _replace_hashes(base[1], equivalents), _replace_hashes(head[1], equivalents), frozenset(unknown)


def _recorded(project: Project, snapshot: Snapshot) -> dict[str, dict[str, _Recorded]]:
    """All that a side records, by path and hash: a stage may have read what another has since overwritten."""
    found: dict[str, dict[str, _Recorded]] = defaultdict(dict)
    for path, out in (*snapshot.data.items(), *snapshot.others.items()):
        found[path][out.hash] = _Recorded(project, out.hash, out.size)
    for stage in snapshot.stages.values():
        for path, hash_ in (*stage.deps.items(), *stage.outs.items()):
            found[path][hash_] = _Recorded(project, hash_, stage.sizes.get(path))
    return found


def _replace_hashes(snapshot: Snapshot, equivalents: Mapping[tuple[str, str], str]) -> Snapshot:
    if not equivalents:
        return snapshot

    def hashes(recorded: Mapping[str, str]) -> dict[str, str]:
        return {path: equivalents.get((path, hash_), hash_) for path, hash_ in recorded.items()}

    def replaced(stage: Stage) -> Stage:
        return msgspec.structs.replace(stage, deps=hashes(stage.deps), outs=hashes(stage.outs))

    def outs(recorded: Mapping[str, Out]) -> dict[str, Out]:
        known = hashes({path: out.hash for path, out in recorded.items()})
        return {path: msgspec.structs.replace(out, hash=known[path]) for path, out in recorded.items()}

    stages = {name: replaced(stage) for name, stage in snapshot.stages.items()}
    return msgspec.structs.replace(snapshot, data=outs(snapshot.data), others=outs(snapshot.others), stages=stages)


def _are_same(path: str, of_2: _Recorded, of_3: _Recorded) -> bool | None:
    """Whether two hashes stand for one content; ``None`` if that is unknown."""
    may_be_same = of_2.size == of_3.size or None in (of_2.size, of_3.size)
    if of_2.value == of_3.value:
        return may_be_same
    is_folder = of_2.value.endswith(".dir")
    if is_folder is not of_3.value.endswith(".dir"):
        return False
    # Folders are compared in any case: that is how the files inside become comparable.
    if is_folder:
        same = _are_same_folders(path, of_2, of_3)
    else:
        same = _are_same_files(path, of_2.value, of_3.value, of_3.project)
    return may_be_same and same


def _are_same_files(path: str, of_2: str, of_3: str, project: Project) -> bool | None:
    """Compare the hashes of two files; the project is the one that recorded the hash of DVC 3."""
    if cached := cached_object(project.dvc, "md5", of_3):
        return file_md5(str(cached), name=OF_DVC_2) == of_2
    with suppress(UnavailableError):
        data = project.tree.read(path, _READ_LIMIT) or b""
        if md5(data) == of_3:
            return fobj_md5(BytesIO(data), name=OF_DVC_2) == of_2
    return None


def _are_same_folders(path: str, of_2: _Recorded, of_3: _Recorded) -> bool | None:
    old, new = _listing(path, of_2), _listing(path, of_3)
    if new is None:
        return None
    if old is None:
        texts = _texts_of(new, of_3.project)
        return None if texts is None else folder_hash(texts, OF_DVC_2) == of_2.value
    same = {_are_same_entries(f"{path}/{file}", old[file], new[file], of_2, of_3) for file in old.keys() & new}
    if old.keys() != new.keys() or False in same:
        return False
    return None if None in same else True


def _texts_of(files: Listing, project: Project) -> Listing | None:
    """The hashes that DVC 2 gives to the files of a listing of DVC 3; ``None`` if the cache lacks one."""
    objects = {file: cached_object(project.dvc, "md5", oid) for file, oid in files.items()}
    hashes = {file: file_md5(str(path), name=OF_DVC_2) for file, path in objects.items() if path}
    return hashes if len(hashes) == len(files) else None


def _are_same_entries(path: str, old: str, new: str, of_2: _Recorded, of_3: _Recorded) -> bool | None:
    """Compare a file in both listings, and keep the answer for when the listings are compared."""
    if old == new:
        return True
    same = _are_same_files(path, old, new, of_3.project)
    if same is not False:
        of_2.project.equivalents[path, old] = new if same else ""
    return same


def _listing(path: str, recorded: _Recorded) -> Listing | None:
    """The files of a folder with this hash, as DVC's cache or remote lists them."""
    project = recorded.project
    if cached := cached_object(project.dvc, recorded.kind, recorded.value):
        return decode_listing(cached.read_bytes())
    with suppress(UnavailableError):
        if project.recorded(path) == recorded.value:
            return project.listing(path)
    return None
