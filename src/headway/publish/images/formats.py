"""What a picture's bytes are, and a name that changes with them. Pure: nothing is decoded, nothing is opened.

Only pictures are ever published: bytes are looked at, not endings, so that a document cannot carry any other file of
the machine out into the world.
"""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

_DIGEST = 32
_SVG = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*(?:<!DOCTYPE[^>]*>\s*)?<svg[\s>]", re.DOTALL)
_SVG_BEGINS_WITHIN = 4096


class Format(NamedTuple):
    """A picture's format: its media type and the ending of its name."""

    media_type: str
    ending: str


_SIGNATURES: tuple[tuple[re.Pattern[bytes], Format], ...] = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), Format("image/png", ".png")),
    (re.compile(rb"\xff\xd8\xff"), Format("image/jpeg", ".jpg")),
    (re.compile(rb"GIF8[79]a"), Format("image/gif", ".gif")),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), Format("image/webp", ".webp")),
    (re.compile(rb"....ftypavi[fs]", re.DOTALL), Format("image/avif", ".avif")),
)
SHOWN = "PNG, JPEG, GIF, WebP, AVIF or SVG"
"""The formats, for people."""


def format_of(content: bytes) -> Format | None:
    """The format of a picture; ``None`` for anything else.

    The signatures are those of the WHATWG's "MIME Sniffing" standard.
    """
    for signature, form in _SIGNATURES:
        if signature.match(content):
            return form
    begin = content[:_SVG_BEGINS_WITHIN].removeprefix(b"\xef\xbb\xbf")
    return Format("image/svg+xml", ".svg") if _SVG.match(begin) else None


def media_type(content: bytes) -> str:
    """The media type of a picture; that of any bytes for anything else."""
    form = format_of(content)
    return form.media_type if form else "application/octet-stream"


def hashed_name(content: bytes) -> str:
    """The name of a picture wherever it is stored: that of its bytes alone, so that one picture has one address.

    Args:
        content: of a known format.

    Returns:
        Such as ``"0f3a9c51d2e87b46c3a1f0e5d6b79812.png"``.
    """
    form = format_of(content)
    return f"{hashlib.sha256(content).hexdigest()[:_DIGEST]}{form.ending if form else ''}"
