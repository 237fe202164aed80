"""Decodes foreign images within limits, or refuses them with a sentence."""

from __future__ import annotations

import io
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

MOST_BYTES = 20_000_000
MOST_PIXELS = 40_000_000
FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP")


class RefusedError(Exception):
    """An image is not drawn; the message is a sentence for the reader."""


def check_length(data: bytes) -> None:
    """Raise a ``RefusedError`` for a file of more than ``MOST_BYTES``."""
    if len(data) > MOST_BYTES:
        raise RefusedError(f"the file has more than {MOST_BYTES // 10**6} MB")


def open_image(data: bytes, formats: tuple[str, ...] = FORMATS) -> Image.Image:
    """Read an image's header; its pixels are not decoded yet, and fit into memory.

    Raises:
        RefusedError: it has too many bytes or pixels, or another format.
    """
    check_length(data)
    try:
        with warnings.catch_warnings(action="ignore"):
            image = Image.open(io.BytesIO(data), formats=formats)
    except UnidentifiedImageError as error:
        raise RefusedError(f"the file is not an image that can be read ({', '.join(formats)})") from error
    except Image.DecompressionBombError as error:
        raise RefusedError("the image has too many pixels") from error
    if image.width * image.height > MOST_PIXELS:
        raise RefusedError(f"the image has {image.width} x {image.height} pixels, which is too large")
    return image


def upright_on_white(image: Image.Image) -> Image.Image:
    """Decode the first frame, turn it upright, and put it on white where it is transparent."""
    with warnings.catch_warnings(action="ignore"):
        upright = ImageOps.exif_transpose(image)
        if not upright.has_transparency_data:
            return upright.convert("RGB")
        upright = upright.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", upright.size, "white"), upright).convert("RGB")
