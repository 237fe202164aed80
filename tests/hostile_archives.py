"""Zip archives as no honest program writes them: every header field can lie.

``archive(Member("report.json", b"{}"), Member("../x", b""))`` writes what it is told, byte by byte.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

DEFLATE, STORE = 8, 0
FILE, FOLDER, LINK = 0o100644, 0o040755, 0o120777


@dataclass(frozen=True)
class Member:
    """A member; what is ``None`` is told truthfully."""

    name: str
    content: bytes = b""
    method: int = DEFLATE
    flags: int = 0x800
    mode: int = FILE
    says_size: int | None = None
    says_packed: int | None = None
    says_crc: int | None = None
    at: int | None = None


def archive(*members: Member) -> bytes:
    """The archive of some members, in order."""
    body, directory = bytearray(), bytearray()
    for member in members:
        name, packed = member.name.encode("utf-8", "surrogateescape"), _packed(member)
        fields = _fields(member, packed)
        start = len(body) if member.at is None else member.at
        if member.at is None:
            body += struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, *fields, len(name), 0) + name + packed
        more = (len(name), 0, 0, 0, 0, member.mode << 16, start)
        directory += struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 0x314, 20, *fields, *more) + name
    count = min(len(members), 0xFFFF)
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, len(directory), len(body), 0)
    return bytes(body + directory + end)


def bomb(name: str, size: int, **lies: int) -> Member:
    """A member of zeros, a thousand times smaller in the archive."""
    return Member(name, bytes(size), says_size=lies.get("says_size"), says_packed=lies.get("says_packed"))


def _packed(member: Member) -> bytes:
    if member.method != DEFLATE:
        return member.content
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(member.content) + packer.flush()


def _fields(member: Member, packed: bytes) -> tuple[int, ...]:
    """Flags, method, time, date, checksum, packed size, size."""
    crc = zlib.crc32(member.content) if member.says_crc is None else member.says_crc
    size = len(member.content) if member.says_size is None else member.says_size
    packed_size = len(packed) if member.says_packed is None else member.says_packed
    return member.flags, member.method, 0, 0x21, crc, packed_size, size
