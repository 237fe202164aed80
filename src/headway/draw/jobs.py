"""The messages between the renderer and its child processes: jobs one way, images or reasons the other.

A message is its length as four bytes, then msgpack.
"""

from __future__ import annotations

from typing import IO, Any, TypeVar

import msgspec

from headway.draw.sheet_grid import CELL
from headway.draw.theme import SCALE, ThemeName
from headway.values.revision import Side

_Message = TypeVar("_Message")

THUMBNAIL_SIDE = CELL * SCALE
"""Pixels of a contact sheet's cell: a thumbnail need not be larger."""

_LENGTH_BYTES = 4


class VegaJob(msgspec.Struct, frozen=True, tag="vega"):
    """Draw a Vega-Lite (or Vega) program, which may be foreign: it gets neither network nor files.

    The rows of a built-in chart's Vega-Lite program are better given as ``datasets``, by name, than within it: compiled
    without them, it takes up to a third less time.
    """

    spec: dict[str, Any]
    datasets: dict[str, list[dict[str, Any]]] = {}


class SvgJob(msgspec.Struct, frozen=True, tag="svg"):
    """Turn an SVG, which may be foreign, into pixels; ``to_dark`` exchanges the colours of a light one first."""

    svg: bytes
    to_dark: bool = False


class ImageJob(msgspec.Struct, frozen=True, tag="image", kw_only=True):
    """Show one side of an image plot, or both where they are identical, below a caption.

    Above it is the title, or its empty line, so that the image is as high as the one beside it; ``None`` leaves it out.
    """

    content: bytes
    side: Side | None
    caption: str
    title: str | None
    theme: ThemeName


class DifferenceJob(msgspec.Struct, frozen=True, tag="difference", kw_only=True):
    """Show where the two files of an image plot differ, if that says anything."""

    base: bytes
    head: bytes
    theme: ThemeName


class Thumbnail(msgspec.Struct, frozen=True, kw_only=True):
    """One image of a contact sheet, a PNG, with the words below it."""

    name: str
    image: bytes
    before: bytes | None = None  # the image that it replaced, if that can be shown
    changed: bool = False  # whether it replaced another


class SheetGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Images that belong together, with a title and a remark above them."""

    title: str
    remark: str
    thumbnails: tuple[Thumbnail, ...]


class SheetJob(msgspec.Struct, frozen=True, tag="sheet", kw_only=True):
    """Put many small images on one page, groups from top left to bottom right, and a remark, if any, at its foot."""

    groups: tuple[SheetGroup, ...]
    remark: str
    theme: ThemeName


class ThumbnailJob(msgspec.Struct, frozen=True, tag="thumbnail"):
    """Decode a PNG for a contact sheet, which may be foreign, and encode its pixels again."""

    content: bytes


Job = VegaJob | SvgJob | ImageJob | DifferenceJob | SheetJob | ThumbnailJob


class Order(msgspec.Struct, frozen=True):
    """A job for the child, and the seconds it may take."""

    job: Job
    limit: float


class Reply(msgspec.Struct, frozen=True):
    """An SVG of a program, a PNG of all else, or one sentence that says why there is none.

    Neither where there is nothing to show.
    """

    image: bytes | None = None
    reason: str = ""


def write(stream: IO[bytes], message: msgspec.Struct) -> None:
    """Send one message."""
    body = msgspec.msgpack.encode(message)
    stream.write(len(body).to_bytes(_LENGTH_BYTES, "big") + body)
    stream.flush()


def read(stream: IO[bytes], kind: type[_Message]) -> _Message | None:
    """Wait for one message; ``None`` if the other side has gone."""
    header = stream.read(_LENGTH_BYTES)
    size = int.from_bytes(header, "big")
    body = stream.read(size) if len(header) == _LENGTH_BYTES else b""
    return msgspec.msgpack.decode(body, type=kind) if size and len(body) == size else None
