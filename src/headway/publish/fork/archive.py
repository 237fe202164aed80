"""A zip archive that a stranger made: named members of it, in memory, or a refusal.

Nothing is ever unpacked to disk: a member is looked up by its exact name and read in memory, so no name and no file
type can lead anywhere. What is guarded is memory and time. The list of members is checked before any is read, and a
single bad entry rejects the archive. The sizes that the archive declares are checked, but never relied on: the bytes
that really come out are counted.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from headway.errors import ForgeError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zipfile import ZipInfo

MIB = 1024 * 1024

_CENTRAL_ENTRY = b"PK\x01\x02"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1 | 0x40 | 0x2000
"""The flags of encryption, of strong encryption, and of an encrypted directory."""
_CHUNK = 64 * 1024
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
    IndexError,
    OverflowError,
)
"""What zipfile raises for archives that are cut off, contradict themselves, or use what it does not know."""


@dataclass(frozen=True, kw_only=True)
class Caps:
    """How large an archive may be.

    Attributes:
        archive: bytes of the archive itself.
        members: entries, folders included.
        member: bytes of one member, unpacked.
        total: bytes of all members, unpacked.
        ratio: unpacked bytes for each packed one, once a member has more than ``ratio_from`` bytes. Deflate reaches
            1,032; a report, 10.
        ratio_from: unpacked bytes below which no ratio is too high.
    """

    archive: int = 64 * MIB
    members: int = 1_000
    member: int = 16 * MIB
    total: int = 128 * MIB
    ratio: int = 100
    ratio_from: int = MIB


class Archive:
    """An archive whose list of members has been judged.

    Args:
        data: the whole archive.
        caps: how large it may be.

    Attributes:
        names: the names of its files.

    Raises:
        ForgeError: it is refused; the error says which check failed.
    """

    def __init__(self, data: bytes, caps: Caps = Caps()) -> None:
        self._caps = caps
        self._left = caps.total
        self._zip = _opened(data, caps)
        entries = self._zip.infolist()
        for entry in entries:
            _check_entry(entry, caps)
        _check_together(entries, len(data), caps)
        self._members = {entry.filename: entry for entry in entries if not entry.filename.endswith("/")}
        self.names = frozenset(self._members)

    def read(self, name: str) -> bytes:
        """One member's bytes.

        Raises:
            ForgeError: there is no such member, or what comes out is not what the archive promises.
        """
        entry = self._members.get(name)
        if entry is None:
            raise refused(f"It has no member {_shown(name)}")
        content = self._content(entry)
        self._left -= len(content)
        return content

    def _content(self, entry: ZipInfo) -> bytes:
        """Every byte that really comes out, up to the cap; zipfile alone would stop where the archive says so."""
        promised, cap = entry.file_size, min(self._caps.member, self._left)
        entry.file_size = cap + 2 * _CHUNK
        try:
            content = self._drain(entry, cap)
        except _BROKEN as error:
            raise refused(f"{_shown(entry.filename)} is broken: {error}") from error
        finally:
            entry.file_size = promised
        if len(content) != promised:
            raise refused(f"{_shown(entry.filename)} has {len(content):,} bytes, but says that it has {promised:,}")
        return content

    def _drain(self, entry: ZipInfo, cap: int) -> bytes:
        content = bytearray()
        with self._zip.open(entry) as stream:
            while chunk := stream.read(_CHUNK):
                content += chunk
                _check_size(entry, len(content), cap)
                _check_ratio(entry, len(content), self._caps)
        return bytes(content)


def refused(why: str) -> ForgeError:
    """The error of an archive that is not read."""
    return ForgeError(
        "The archive is refused.",
        why=f"{why}.",
        remedy="A report's archive holds report.json and the pictures that it names, as `headway report` writes them.",
    )


def _opened(data: bytes, caps: Caps) -> zipfile.ZipFile:
    """The archive with its list of members read, once it is certain that the list is short."""
    if len(data) > caps.archive:
        raise refused(f"It has {len(data):,} bytes; the most that is read is {caps.archive:,}")
    if data.count(_CENTRAL_ENTRY) > caps.members:
        raise refused(f"It has more than {caps.members:,} members")
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except _BROKEN as error:
        raise refused(f"It is no zip archive: {error}") from error


def _check_entry(entry: ZipInfo, caps: Caps) -> None:
    if entry.flag_bits & _ENCRYPTED:
        raise refused(f"{_shown(entry.filename)} is encrypted")
    if entry.compress_type not in _METHODS:
        raise refused(f"{_shown(entry.filename)} is packed by a method other than deflate")
    _check_size(entry, entry.file_size, caps.member)
    _check_ratio(entry, entry.file_size, caps)


def _check_size(entry: ZipInfo, size: int, cap: int) -> None:
    if size > cap:
        raise refused(f"{_shown(entry.filename)} has more than the {cap:,} bytes that are read at the most")


def _check_ratio(entry: ZipInfo, size: int, caps: Caps) -> None:
    if size > max(caps.ratio_from, caps.ratio * entry.compress_size):
        raise refused(f"{_shown(entry.filename)} unpacks to more than {caps.ratio} times its packed size")


def _check_together(entries: Sequence[ZipInfo], length: int, caps: Caps) -> None:
    if len(entries) > caps.members:
        raise refused(f"It has more than {caps.members:,} members")
    if sum(entry.file_size for entry in entries) > caps.total:
        raise refused(f"Its members have more than {caps.total:,} bytes together")
    if sum(entry.compress_size for entry in entries) > length:
        raise refused("Its members overlap")
    name, times = next(iter(Counter(entry.filename for entry in entries).most_common(1)), ("", 0))
    if times > 1:
        raise refused(f"{_shown(name)} is in it twice")


def _shown(name: str) -> str:
    """A stranger's name for a log: quoted, nothing invisible, not too long."""
    return ascii(name[:80])
