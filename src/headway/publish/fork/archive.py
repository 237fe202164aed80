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
from typing import TYPE_CHECKING

from headway.errors import ForgeError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zipfile import ZipInfo

MIB = 1024 * 1024
ARCHIVE_LIMIT, MEMBER_LIMIT, TOTAL_LIMIT = 64 * MIB, 16 * MIB, 128 * MIB
"""Bytes of the archive itself, of one member unpacked, and of all that are read."""
MOST_MEMBERS = 1_000
"""Folders included."""
MOST_RATIO, RATIO_COUNTS_FROM = 100, MIB
"""Unpacked bytes for each packed one, in a larger member. Deflate reaches 1,032; a report, 10."""

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


class Archive:
    """An archive whose entries have been checked; ``names`` are those of its files.

    Raises:
        ForgeError: it is refused; the error says which check failed.
    """

    def __init__(self, data: bytes) -> None:
        self._left = TOTAL_LIMIT
        self._zip = _opened(data)
        entries = self._zip.infolist()
        for entry in entries:
            _check_entry(entry)
        _check_together(entries, len(data))
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
        declared, limit = entry.file_size, min(MEMBER_LIMIT, self._left)
        entry.file_size = limit + 2 * _CHUNK
        content = bytearray()
        try:
            with self._zip.open(entry) as stream:
                while chunk := stream.read(_CHUNK):
                    content += chunk
                    _check_size(entry, len(content), limit)
        except _BROKEN as error:
            raise _refusal(f"{_shown(entry.filename)} is broken: {error}") from error
        finally:
            entry.file_size = declared
        if len(content) != declared:
            raise _refusal(f"{_shown(entry.filename)} has {len(content):,} bytes but declares {declared:,}")
        return bytes(content)


def _refusal(why: str) -> ForgeError:
    return ForgeError(
        "The archive is refused.",
        why=f"{why}.",
        remedy="A report's archive contains report.json and the images that it names, as `headway report` writes them.",
    )


def _opened(data: bytes) -> zipfile.ZipFile:
    """The archive, with its entries read once it is certain that they are few."""
    if len(data) > ARCHIVE_LIMIT:
        raise _refusal(f"It has {len(data):,} bytes; the limit is {ARCHIVE_LIMIT:,}")
    if data.count(_CENTRAL_ENTRY) > MOST_MEMBERS:
        raise _refusal(f"It has more than {MOST_MEMBERS:,} members")
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except _BROKEN as error:
        raise _refusal(f"It is not a zip archive: {error}") from error


def _check_entry(entry: ZipInfo) -> None:
    if entry.flag_bits & _ENCRYPTED:
        raise _refusal(f"{_shown(entry.filename)} is encrypted")
    if entry.compress_type not in _METHODS:
        raise _refusal(f"{_shown(entry.filename)} is packed by a method other than deflate")
    _check_size(entry, entry.file_size, MEMBER_LIMIT)


def _check_size(entry: ZipInfo, size: int, limit: int) -> None:
    if size > limit:
        raise _refusal(f"{_shown(entry.filename)} has more bytes than the limit, {limit:,}")
    if size > max(RATIO_COUNTS_FROM, MOST_RATIO * entry.compress_size):
        raise _refusal(f"{_shown(entry.filename)} unpacks to more than {MOST_RATIO} times its packed size")


def _check_together(entries: Sequence[ZipInfo], length: int) -> None:
    if len(entries) > MOST_MEMBERS:
        raise _refusal(f"It has more than {MOST_MEMBERS:,} members")
    if sum(entry.file_size for entry in entries) > TOTAL_LIMIT:
        raise _refusal(f"Its members have more than {TOTAL_LIMIT:,} bytes together")
    if sum(entry.compress_size for entry in entries) > length:
        raise _refusal("Its members overlap")
    for name, times in Counter(entry.filename for entry in entries).items():
        if times > 1:
            raise _refusal(f"It has {times} members called {_shown(name)}")


def _shown(name: str) -> str:
    """A fork's name for a log: quoted, nothing invisible, not too long."""
    return ascii(name[:80])
