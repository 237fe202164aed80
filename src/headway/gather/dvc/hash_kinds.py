"""Hashes of DVC 2 beside hashes of DVC 3: do they stand for the same content?

DVC 2 hashed a text with its line ends made LF (``md5-dos2unix``), DVC 3 hashes the bytes. So the hashes of a text with
CRLF differ though its bytes do not, and so do those of a folder that holds one; of anything else they are equal. Where
they differ, only content tells, out of DVC's cache, git or the workspace; nothing is downloaded for it but the listing
of a folder.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from contextlib import suppress
from io import BytesIO
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from dvc_data.hashfile.hash import dos2unix
from dvc_data.hashfile.istextfile import DEFAULT_CHUNK_SIZE, istextblock

from headway.gather.dvc.objects import OF_DVC_2, cached_object, decoded_listing, folder_hash
from headway.gather.unavailable import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import BinaryIO

    from dvc.repo import Repo

    from headway.gather.dvc.objects import Listing
    from headway.gather.dvc.project import Project
    from headway.values.snapshot import Snapshot, Stage

_CHUNK_BYTES = 1024 * 1024
"""DVC reads so much at once, and looks at the beginning of each chunk for whether it is text."""
_READ_LIMIT = 64 * 1024 * 1024
"""Bytes of a file in git or the workspace that are read at the most."""


class Digests(NamedTuple):
    """The MD5 of a content as it is, and of its text with line ends made LF and made CRLF."""

    plain: str
    lf: str
    crlf: str

    def of(self, kind: str) -> str:
        """The hash of a kind, ``md5`` or ``md5-dos2unix``."""
        return self.lf if kind == OF_DVC_2 else self.plain


def digests(file: BinaryIO) -> Digests:
    """Hash a content in each way at once."""
    plain, lf, crlf = (hashlib.md5(usedforsecurity=False) for _ in range(3))
    while chunk := file.read(_CHUNK_BYTES):
        is_text = istextblock(chunk[:DEFAULT_CHUNK_SIZE])
        text = dos2unix(chunk) if is_text else chunk
        plain.update(chunk)
        lf.update(text)
        crlf.update(text.replace(b"\n", b"\r\n") if is_text else chunk)
    return Digests(plain.hexdigest(), lf.hexdigest(), crlf.hexdigest())


class _Recorded(NamedTuple):
    """What one side records of a path: a hash, with the bytes where the lock says them."""

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
    """Both snapshots, where a hash of DVC 2 gives way to DVC 3's of the same content.

    What is found of single files is kept in the projects' ``alike``.

    Returns:
        The snapshots, and the pairs of base's and head's hashes of which nobody can tell whether their contents differ.
    """
    before, after = _recorded(*base), _recorded(*head)
    alike: dict[tuple[str, str], str] = {}
    unknown = set()
    for path in before.keys() & after.keys():
        for old, new in product(before[path].values(), after[path].values()):
            if {old.kind, new.kind} != {"md5", OF_DVC_2}:
                continue
            of_2, of_3 = (old, new) if old.kind == OF_DVC_2 else (new, old)
            same = _are_same(path, of_2, of_3)
            if same:
                alike[path, of_2.hash] = of_3.hash
                of_2.project.alike[path, of_2.value] = of_3.value
            elif same is None:
                unknown.add((old.hash, new.hash))
    return _renamed(base[1], alike), _renamed(head[1], alike), frozenset(unknown)


def _recorded(project: Project, snapshot: Snapshot) -> dict[str, dict[str, _Recorded]]:
    """All that a side records, by path and hash: a stage may have read what another has written anew since."""
    found: dict[str, dict[str, _Recorded]] = defaultdict(dict)
    for path, out in (*snapshot.data.items(), *snapshot.others.items()):
        found[path][out.hash] = _Recorded(project, out.hash, out.size)
    for stage in snapshot.stages.values():
        for path, hash_ in (*stage.deps.items(), *stage.outs.items()):
            found[path][hash_] = _Recorded(project, hash_, stage.sizes.get(path))
    return found


def _renamed(snapshot: Snapshot, alike: Mapping[tuple[str, str], str]) -> Snapshot:
    if not alike:
        return snapshot

    def hashes(recorded: Mapping[str, str]) -> dict[str, str]:
        return {path: alike.get((path, hash_), hash_) for path, hash_ in recorded.items()}

    def renamed(stage: Stage) -> Stage:
        return msgspec.structs.replace(stage, deps=hashes(stage.deps), outs=hashes(stage.outs))

    data, others = (
        {path: msgspec.structs.replace(out, hash=alike.get((path, out.hash), out.hash)) for path, out in outs.items()}
        for outs in (snapshot.data, snapshot.others)
    )
    stages = {name: renamed(stage) for name, stage in snapshot.stages.items()}
    return msgspec.structs.replace(snapshot, data=data, others=others, stages=stages)


def _are_same(path: str, of_2: _Recorded, of_3: _Recorded) -> bool | None:
    """Whether two hashes stand for one content; ``None`` where nobody can tell."""
    may_be_same = of_2.size == of_3.size or None in (of_2.size, of_3.size)
    if of_2.value == of_3.value:
        return may_be_same
    is_folder = of_2.value.endswith(".dir")
    if is_folder is not of_3.value.endswith(".dir"):
        return False
    if is_folder:  # asked in any case: the listings of a folder that changed name the files that did
        same = _are_same_folders(path, of_2, of_3, may_be_same=may_be_same)
        return may_be_same and same
    return may_be_same and _are_same_files(path, of_2, of_3)


def _are_same_files(path: str, of_2: _Recorded, of_3: _Recorded) -> bool | None:
    """Told by any content that has one of the hashes; equal texts are the same, as DVC 2 recorded no line ends."""
    for found in _contents(path, of_2, of_3):
        if found.lf == of_2.value:
            return of_3.value in (found.plain, found.crlf)
        if found.plain == of_3.value:
            return False
    return None


def _contents(path: str, of_2: _Recorded, of_3: _Recorded) -> Iterator[Digests]:
    """Every content at hand that may have one of the hashes, that of DVC 3 first, which is no other than recorded."""
    for recorded in (of_3, of_2):
        if cached := cached_object(recorded.project.dvc, recorded.kind, recorded.value):
            yield _digests_of(cached)
    for recorded in (of_3, of_2):
        with suppress(UnavailableError):
            yield from (digests(BytesIO(data)) for _, data in recorded.project.present(path, _READ_LIMIT))


def _are_same_folders(path: str, of_2: _Recorded, of_3: _Recorded, *, may_be_same: bool) -> bool | None:
    sides = (of_2.project, of_3.project) if may_be_same else ()
    old, new = _listing(path, of_2, sides), _listing(path, of_3, sides)
    if may_be_same and old is None and new is not None and (old := rehashed(of_3.project.dvc, new, "md5", OF_DVC_2)):
        if folder_hash(old, OF_DVC_2) != of_2.value:
            return False
    elif may_be_same and new is None and old is not None and (new := rehashed(of_2.project.dvc, old, OF_DVC_2, "md5")):
        # DVC 2 kept one object for texts that differ in line ends, so another hash says nothing.
        new = new if folder_hash(new, "md5") == of_3.value else None
    if old is None or new is None:
        return None
    same = {file: _are_same_entries(f"{path}/{file}", old[file], new[file], of_2, of_3) for file in old.keys() & new}
    if old.keys() != new.keys() or False in same.values():
        return False
    return None if None in same.values() else True


def _are_same_entries(path: str, old: str, new: str, of_2: _Recorded, of_3: _Recorded) -> bool | None:
    """The same of a file in both listings; kept for when the listings are compared."""
    if old == new:
        return True
    same = _are_same_files(path, of_2._replace(hash=f"{OF_DVC_2}:{old}"), of_3._replace(hash=f"md5:{new}"))
    if same is not False:
        of_2.project.alike[path, old] = new if same else ""
    return same


def rehashed(repo: Repo, files: Listing, kind: str, other: str) -> Listing | None:
    """A listing with hashes of the other kind; ``None`` where DVC's cache lacks a file."""
    objects = {file: cached_object(repo, kind, oid) for file, oid in files.items()}
    if not all(objects.values()):
        return None
    return {file: _digests_of(path).of(other) for file, path in objects.items() if path}


def _digests_of(path: Path) -> Digests:
    with path.open("rb") as file:
        return digests(file)


def _listing(path: str, recorded: _Recorded, sides: Iterable[Project]) -> Listing | None:
    """The files of a folder with the hash, as DVC's cache or remote lists them, or as one of the sides holds them."""
    project, kind, value = recorded.project, recorded.kind, recorded.value
    if cached := cached_object(project.dvc, kind, value):
        return decoded_listing(cached.read_bytes())
    with suppress(UnavailableError):
        if project.recorded(path) == value:
            project.fetch((), _READ_LIMIT, [path])
            return project.listing(path)
    for side in sides:
        with suppress(UnavailableError):
            held = side.present(path, _READ_LIMIT)
            files = {file.removeprefix(f"{path}/"): digests(BytesIO(data)).of(kind) for file, data in held}
            if folder_hash(files, kind) == value:
                return files
    return None
