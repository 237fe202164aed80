"""The only way into an image store: bytes that were decoded as an image.

Stores take a :class:`DecodedImage` and nothing else, so no document and no report can publish another file of this
machine, whatever it is called. What follows the end of an image, such as an archive or a page, is cut off. An SVG is a
document that browsers run: one that could run a program is refused.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, NamedTuple, Self
from xml.parsers import expat

from headway.draw.decoding import RefusedError, open_image

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

IMAGE_LIMIT = 10 * 1024 * 1024
"""Bytes of one image that forges show."""

_SVG = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*(?:<!DOCTYPE[^>]*>\s*)?<svg[\s>]", re.DOTALL)
_SVG_BEGINS_WITHIN = 4096
_SVG_NAME = "http://www.w3.org/2000/svg"
_XHTML_NAME = "http://www.w3.org/1999/xhtml"
_PROGRAMS = frozenset({"script", "handler", "listener", "foreignobject", "iframe", "object", "embed"})
_HARMLESS_LINK = re.compile(r"[^:]*\Z|https?:|data:image/(?:png|jpeg|gif|webp|avif)[;,]", re.IGNORECASE)
_PNG_END = b"\0\0\0\0IEND\xaeB`\x82"
_JPEG_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])", re.DOTALL)
_JPEG_SCAN, _JPEG_END = 0xDA, 0xD9
_GIF_END, _GIF_EXTENSION = 0x3B, 0x21


class Format(NamedTuple):
    """A media type and the ending of its files' names."""

    media_type: str
    ending: str


_SVG_FORMAT = Format("image/svg+xml", ".svg")
_SIGNATURES: tuple[tuple[re.Pattern[bytes], Format], ...] = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), Format("image/png", ".png")),
    (re.compile(rb"\xff\xd8\xff"), Format("image/jpeg", ".jpg")),
    (re.compile(rb"GIF8[79]a"), Format("image/gif", ".gif")),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), Format("image/webp", ".webp")),
    (re.compile(rb"....ftypavi[fs]", re.DOTALL), Format("image/avif", ".avif")),
)


class NotAnImageError(Exception):
    """Bytes are not published; the message is a sentence that says why."""


class DecodedImage(bytes):
    """The bytes of an image, from its first to its last, which were decoded; any others raise a NotAnImageError."""

    form: Format

    def __new__(cls, content: bytes) -> Self:
        """Decode the bytes."""
        if len(content) > IMAGE_LIMIT:
            raise NotAnImageError(f"It has more than {IMAGE_LIMIT:,} bytes, and forges do not show such images.")
        form = format_of(content)
        if form is None:
            raise NotAnImageError("It is not a PNG, JPEG, GIF, WebP, AVIF or SVG image.")
        end = _end(content, form)
        if end > len(content):
            raise NotAnImageError("The end of the image is missing.")
        image = super().__new__(cls, content[:end])
        image.form = form
        if form == _SVG_FORMAT:
            _check_svg(image)
        else:
            _check_pixels(image, form)
        return image


def format_of(content: bytes) -> Format | None:
    """The format by the first bytes, with the signatures of the WHATWG's "MIME Sniffing" standard."""
    for signature, form in _SIGNATURES:
        if signature.match(content):
            return form
    begin = content[:_SVG_BEGINS_WITHIN].removeprefix(b"\xef\xbb\xbf")
    return _SVG_FORMAT if _SVG.match(begin) else None


def _check_pixels(content: bytes, form: Format) -> None:
    try:
        open_image(content, (form.media_type.removeprefix("image/").upper(),)).load()
    except RefusedError as error:
        raise NotAnImageError(f"Headway does not decode it: {error}.") from None
    except Exception:  # noqa: BLE001 - decoders have errors of their own, with no base in common
        raise NotAnImageError("The image is broken: it cannot be decoded.") from None


def _end(content: bytes, form: Format) -> int:
    """Where the image ends, by the blocks of its format; beyond the last byte where it is cut off."""
    try:
        return _ENDS[form.ending](content)
    except (ValueError, IndexError):
        return len(content) + 1


def _jpeg_end(content: bytes) -> int:
    at, marker = 2, 0
    while marker != _JPEG_END:
        found = _JPEG_MARKER.search(content, at) if marker == _JPEG_SCAN else _JPEG_MARKER.match(content, at)
        if found is None:
            raise IndexError
        marker, at = found[1][0], found.end()
        if marker != _JPEG_END:
            at += int.from_bytes(content[at : at + 2])
    return at


def _gif_end(content: bytes) -> int:
    at = 13 + _colours(content[10])
    while content[at] != _GIF_END:
        at += 2 if content[at] == _GIF_EXTENSION else 11 + _colours(content[at + 9])
        while size := content[at]:
            at += 1 + size
        at += 1
    return at + 1


def _colours(flags: int) -> int:
    """Bytes of a GIF's table of colours."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _avif_end(content: bytes) -> int:
    at = 0
    while (size := int.from_bytes(content[at : at + 4])) >= 8 and at + size <= len(content):  # noqa: PLR2004 - a box's head
        at += size
    return at


_ENDS: Mapping[str, Callable[[bytes], int]] = {
    ".png": lambda content: content.index(_PNG_END) + len(_PNG_END),
    ".jpg": _jpeg_end,
    ".gif": _gif_end,
    ".webp": lambda content: 8 + int.from_bytes(content[4:8], "little"),
    ".avif": _avif_end,
    ".svg": len,  # an XML document ends with its file
}


def _check_svg(content: bytes) -> None:
    """Refuse what is not well-formed, or could run a program where a browser opens it."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = _check_element
    parser.EntityDeclHandler = parser.ProcessingInstructionHandler = _refuse_declaration
    try:
        parser.Parse(content, True)  # noqa: FBT003 - expat takes it by position
    except expat.ExpatError as error:
        raise NotAnImageError(f"The SVG is broken: {error}.") from None


def _check_element(name: str, attributes: dict[str, str]) -> None:
    space, _, local = name.rpartition(" ")
    if local.lower() in _PROGRAMS or space == _XHTML_NAME or (local == "svg" and space != _SVG_NAME):
        raise NotAnImageError(f"The SVG has the element <{local}>, which Headway does not publish.")
    for attribute, value in attributes.items():
        key = attribute.rpartition(" ")[2].lower()
        animated = key == "attributename" and value.lower().endswith("href")
        if key.startswith("on") or animated or (key == "href" and not _HARMLESS_LINK.match(value.strip())):
            raise NotAnImageError(f"The SVG has the attribute {key}, which could run a program.")


def _refuse_declaration(*_: object) -> None:
    raise NotAnImageError("The SVG declares entities or style sheets, which Headway does not publish.")


def hashed_name(image: DecodedImage) -> str:
    """The name of a stored image, ``"0f3a9c51d2e87b46c3a1f0e5d6b79812.png"``: of its bytes alone, so it has one URL."""
    return f"{hashlib.sha256(image).hexdigest()[:32]}{image.form.ending}"
