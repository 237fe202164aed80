"""Read named members of a fork's zip archive in memory, or refuse the archive.

Nothing is unpacked to disk: a member is looked up by its exact name and read in memory, so no name and no file type can
lead anywhere. The limits guard memory and time. All entries are checked before any is read, and one bad entry rejects
the archive. The sizes that the archive declares are checked but not relied on: the bytes that come out are counted.
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
class ArchiveLimits:
    """How large an archive may be.

    Attributes:
        archive: bytes of the archive itself.
        members: entries, folders included.
        member: bytes of one member, unpacked.
        total: bytes of all members, unpacked.
        ratio: unpacked bytes for each packed one, once a member has more than ``ratio_from`` bytes. Deflate reaches
            1,032; a report, 10.
        ratio_from: unpacked bytes up to which any ratio is accepted.
    """

    archive: int = 64 * MIB
    members: int = 1_000
    member: int = 16 * MIB
    total: int = 128 * MIB
    ratio: int = 100
    ratio_from: int = MIB


class Archive:
    """An archive whose entries have been checked; ``names`` are those of its files.

    Raises:
        ForgeError: it is refused; the error says which check failed.
    """

    def __init__(self, data: bytes, limits: ArchiveLimits = ArchiveLimits()) -> None:
        self._limits = limits
        self._left = limits.total
        self._zip = _opened(data, limits)
        entries = self._zip.infolist()
        for entry in entries:
            _check_entry(entry, limits)
        _check_together(entries, len(data), limits)
        self._members = {entry.filename: entry for entry in entries if not entry.filename.endswith("/")}
        self.names = frozenset(self._members)

    def read(self, name: str) -> bytes:
        """One member's bytes.

        Raises:
            ForgeError: there is no such member, or what comes out is not what the archive declares.
        """
        entry = self._members.get(name)
        if entry is None:
            raise _refusal(f"It has no member {_shown(name)}")
        content = self._content(entry)
        self._left -= len(content)
        return content

    def _content(self, entry: ZipInfo) -> bytes:
        """Every byte that comes out, up to the limit; zipfile alone would stop at the declared size."""
        declared, limit = entry.file_size, min(self._limits.member, self._left)
        entry.file_size = limit + 2 * _CHUNK
        try:
            content = self._drain(entry, limit)
        except _BROKEN as error:
            raise _refusal(f"{_shown(entry.filename)} is broken: {error}") from error
        finally:
            entry.file_size = declared
        if len(content) != declared:
            raise _refusal(f"{_shown(entry.filename)} has {len(content):,} bytes but declares {declared:,}")
        return content

    def _drain(self, entry: ZipInfo, limit: int) -> bytes:
        content = bytearray()
        with self._zip.open(entry) as stream:
            while chunk := stream.read(_CHUNK):
                content += chunk
                _check_size(entry, len(content), limit)
                _check_ratio(entry, len(content), self._limits)
        return bytes(content)


def _refusal(why: str) -> ForgeError:
    return ForgeError(
        "The archive is refused.",
        why=f"{why}.",
        remedy="A report's archive holds report.json and the images that it names, as `headway report` writes them.",
    )


def _opened(data: bytes, limits: ArchiveLimits) -> zipfile.ZipFile:
    """The archive, with its entries read once it is certain that they are few."""
    if len(data) > limits.archive:
        raise _refusal(f"It has {len(data):,} bytes; the limit is {limits.archive:,}")
    if data.count(_CENTRAL_ENTRY) > limits.members:
        raise _refusal(f"It has more than {limits.members:,} members")
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except _BROKEN as error:
        raise _refusal(f"It is not a zip archive: {error}") from error


def _check_entry(entry: ZipInfo, limits: ArchiveLimits) -> None:
    if entry.flag_bits & _ENCRYPTED:
        raise _refusal(f"{_shown(entry.filename)} is encrypted")
    if entry.compress_type not in _METHODS:
        raise _refusal(f"{_shown(entry.filename)} is packed by a method other than deflate")
    _check_size(entry, entry.file_size, limits.member)
    _check_ratio(entry, entry.file_size, limits)


def _check_size(entry: ZipInfo, size: int, limit: int) -> None:
    if size > limit:
        raise _refusal(f"{_shown(entry.filename)} has more bytes than the limit, {limit:,}")


def _check_ratio(entry: ZipInfo, size: int, limits: ArchiveLimits) -> None:
    if size > max(limits.ratio_from, limits.ratio * entry.compress_size):
        raise _refusal(f"{_shown(entry.filename)} unpacks to more than {limits.ratio} times its packed size")


def _check_together(entries: Sequence[ZipInfo], length: int, limits: ArchiveLimits) -> None:
    if len(entries) > limits.members:
        raise _refusal(f"It has more than {limits.members:,} members")
    if sum(entry.file_size for entry in entries) > limits.total:
        raise _refusal(f"Its members have more than {limits.total:,} bytes together")
    if sum(entry.compress_size for entry in entries) > length:
        raise _refusal("Its members overlap")
    for name, times in Counter(entry.filename for entry in entries).items():
        if times > 1:
            raise _refusal(f"It has {times} members called {_shown(name)}")


def _shown(name: str) -> str:
    """A fork's name for a log: quoted, nothing invisible, not too long."""
    return ascii(name[:80])
