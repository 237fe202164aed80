"""Folders of pictures in memory, which remember what was opened."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from PIL import Image

from headway.datasets.images.describe import Described, describe
from headway.datasets.images.image_files import ImageFile

if TYPE_CHECKING:
    from collections.abc import Mapping

Files = dict[str, bytes]


def scene(seed: int, size: tuple[int, int] = (96, 64)) -> Image.Image:
    """A picture with broad shapes and colours, as photographs have; another seed is another picture."""
    blots = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    return Image.fromarray(blots).resize(size, Image.Resampling.BICUBIC)


def encoded(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def picture(seed: int) -> bytes:
    return encoded(scene(seed))


def side(files: Mapping[str, bytes], opened: list[str] | None = None) -> list[ImageFile]:
    """A folder's listing; what is opened later is noted."""

    def open_it(path: str) -> BinaryIO:
        if opened is not None:
            opened.append(path)
        return io.BytesIO(files[path])

    return [
        ImageFile(path, hashlib.md5(content).hexdigest(), partial(open_it, path))  # noqa: S324  DVC's own hash
        for path, content in files.items()
    ]


def described(base: Mapping[str, bytes], head: Mapping[str, bytes]) -> Described:
    return describe("data", side(base), side(head))


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that says it has very many pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(100_000))) + chunk(b"IEND", b"")
