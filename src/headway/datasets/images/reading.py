"""Open an image of unknown origin under limits: its size, its format, and the grey levels that a comparison needs."""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image

from headway.datasets.file_kinds import IMAGE_FORMATS
from headway.draw.decoding import MOST_BYTES, RefusedError, open_image, upright_on_white

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from headway.datasets.images.image_files import ImageFile

_GREY_SIDE = 32
_ENOUGH = 128  # pixels a side from which 32 x 32 levels are taken
_TURNED = {5, 6, 7, 8}  # EXIF's orientations that swap width and height
_ORIENTATION = 0x0112
_DEEP = {"I", "F", "I;16", "I;16B", "I;16L", "I;16N"}
_NOT_MIXED = {"1", "P", "PA"}  # neighbouring values are no neighbouring colours


class AbsentError(RefusedError):
    """The file is not on this machine."""


class ReducedImage(NamedTuple):
    """What is kept of an opened image.

    Attributes:
        width, height: in pixels, as seen upright.
        format: Pillow's name of its format, by content.
        grey: 32 x 32 levels from 0 to 255.
    """

    width: int
    height: int
    format: str
    grey: NDArray[np.uint8]


def reduce_image(file: ImageFile) -> ReducedImage:
    """Open an image and reduce it; raises ``RefusedError`` where it cannot be read."""
    with _refusing():
        image = _open(file)
        turned = image.getexif().get(_ORIENTATION) in _TURNED
        width, height = (image.height, image.width) if turned else image.size
        small = _decode(image, (min(image.width, _ENOUGH), min(image.height, _ENOUGH)), "L").convert("L")
        grey = small.resize((_GREY_SIDE, _GREY_SIDE), Image.Resampling.LANCZOS)
        return ReducedImage(width, height, image.format or "", np.asarray(grey, dtype=np.uint8))


def thumbnail(file: ImageFile, side: int) -> bytes:
    """The image as PNG, reduced to fit into a square; raises ``RefusedError`` where it cannot be read."""
    with _refusing():
        image = _open(file)
        scale = min(1, side / image.width, side / image.height)
        stream = io.BytesIO()
        small = _decode(image, (max(1, round(image.width * scale)), max(1, round(image.height * scale))))
        small.save(stream, "PNG", compress_level=1)
        return stream.getvalue()


@contextlib.contextmanager
def _refusing() -> Iterator[None]:
    """Turn whatever error a broken or hostile file provokes into the reason why it is not read."""
    try:
        yield
    except RefusedError:
        raise
    except Exception as error:
        raise RefusedError("the file is broken or cut off") from error


def _open(file: ImageFile) -> Image.Image:
    try:
        stream = file.open()
        if stream is None:
            raise AbsentError("the file is not on this machine")
        with stream:
            data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise RefusedError(f"the file cannot be opened: {error.strerror or 'no reason given'}") from error
    return open_image(data, IMAGE_FORMATS)


def _decode(image: Image.Image, size: tuple[int, int], mode: str | None = None) -> Image.Image:
    """Reduce an image before anything else needs memory for all of its pixels; then turn it upright, on white.

    A JPEG is decoded at an eighth, a quarter or half of its size where that is enough, in grey where ``mode`` says so.
    """
    image.draft(mode, size)
    if image.mode in _DEEP:
        image = _eight_bits(image)
    elif image.mode in _NOT_MIXED:
        image = image.convert("RGBA")
    return upright_on_white(image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3))


def _eight_bits(image: Image.Image) -> Image.Image:
    """Stretch deep greys to all of 256 levels: the darkest of 12 bits in 16 would all look black."""
    levels = np.array(image, dtype=np.float32)
    np.nan_to_num(levels, copy=False, posinf=0, neginf=0)
    levels -= levels.min()
    levels *= 255 / max(float(levels.max()), 1e-30)
    return Image.fromarray(levels.astype(np.uint8))
