"""Foreign pictures: whatever they are, they are read as their maker saw them, or refused with a sentence."""

from __future__ import annotations

import contextlib
import io
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest
from datasets.folders import bomb, encoded, scene
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from headway.datasets.images.image_files import ImageFile
from headway.datasets.images.reading import reduce_image, thumbnail
from headway.draw.decoding import MOST_BYTES, RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping


def file(content: bytes) -> ImageFile:
    return ImageFile("a.png", "hash", partial(io.BytesIO, content))


def small(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(thumbnail(file(content), 200)))
    assert (image.format, image.mode) == ("PNG", "RGB")
    return image


def animated() -> bytes:
    frames = [scene(seed).quantize(256) for seed in range(3)]
    return encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])


READ: Mapping[str, bytes] = {
    "BMP": encoded(scene(0), "BMP"),
    "GIF": encoded(scene(0), "GIF"),
    "GIF animated": animated(),
    "JPEG": encoded(scene(0), "JPEG", quality=95),
    "JPEG CMYK": encoded(scene(0).convert("CMYK"), "JPEG", quality=95),
    "PNG": encoded(scene(0)),
    "PNG palette": encoded(scene(0).quantize(256)),
    "PPM": encoded(scene(0), "PPM"),
    "TIFF": encoded(scene(0), "TIFF", compression="tiff_lzw"),
    "WEBP": encoded(scene(0), "WEBP", quality=95),
}


@pytest.mark.parametrize("name", READ)
def test_every_format_is_read_in_its_first_frame(name: str) -> None:
    image = reduce_image(file(READ[name]))
    assert (image.width, image.height, image.format) == (96, 64, name.split(maxsplit=1)[0])
    wanted = reduce_image(file(READ["PNG"])).grey.astype(float)
    assert np.corrcoef(wanted.ravel(), image.grey.ravel())[0, 1] > 0.98
    assert small(READ[name]).size == (96, 64)


def test_the_exif_orientation_turns_a_picture() -> None:
    image = Image.new("RGB", (80, 40), "red")
    image.paste("blue", (0, 0, 40, 40))
    exif = image.getexif()
    exif[0x0112] = 6  # the camera was held so that the left side is up
    turned = small(encoded(image, "JPEG", exif=exif))
    assert turned.size == (40, 80)
    top, bottom = turned.getpixel((20, 10)), turned.getpixel((20, 70))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[2] > 200
    assert bottom[2] < 60


def test_transparency_is_white() -> None:
    assert small(encoded(Image.new("RGBA", (9, 9), (0, 0, 0, 0)))).getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize(
    "levels",
    [
        np.arange(4096, dtype=np.uint16).reshape(64, 64),  # 12 bits in 16
        np.arange(4096, dtype=np.int32).reshape(64, 64) - 2000,
        np.arange(4096, dtype=np.float32).reshape(64, 64) / 1e4,
    ],
)
def test_deep_greys_are_stretched_to_what_a_page_can_show(levels: np.ndarray) -> None:
    shown = np.asarray(small(encoded(Image.fromarray(levels), "TIFF")))
    assert (shown.min(), shown.max()) == (0, 255)


def test_a_deep_picture_of_nothing_is_black() -> None:
    nothing = Image.fromarray(np.full((9, 9), np.nan, dtype=np.float32))
    assert np.asarray(small(encoded(nothing, "TIFF"))).max() == 0


def test_large_pictures_are_reduced_in_their_shape() -> None:
    assert small(encoded(scene(0, (1000, 50)))).size == (200, 10)
    assert small(encoded(scene(0, (3000, 3)))).size == (200, 1)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not an image that can be read"),
        (b"hello", "not an image that can be read"),
        (b"\x89PNG\r\n\x1a\n broken", "not an image that can be read"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not an image that can be read"),
        (encoded(scene(0), "JPEG")[:700], "broken or cut off"),
        (encoded(scene(0))[:-500], "broken or cut off"),
        (encoded(scene(0), "WEBP")[:200], "broken or cut off"),
        (bomb(9000, 9000), "9000 x 9000 pixels, which is too large"),
        (bomb(60_000, 60_000), "too many pixels"),
        (bomb(4000, 4000), "broken or cut off"),
        (encoded(scene(0)) + b"\0" * MOST_BYTES, "more than 20 MB"),
    ],
    ids=lambda value: str(value)[:30] if isinstance(value, str) else len(value),
)
def test_what_cannot_or_must_not_be_read_is_explained(content: bytes, reason: str) -> None:
    with pytest.raises(RefusedError, match=reason):
        reduce_image(file(content))
    with pytest.raises(RefusedError, match=reason):
        thumbnail(file(content), 200)


@given(st.sampled_from(sorted(READ)), st.data())
def test_a_damaged_file_is_read_or_refused_and_nothing_else(name: str, data: st.DataObject) -> None:
    content = bytearray(READ[name])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(RefusedError):
        assert reduce_image(file(bytes(content))).grey.shape == (32, 32)
        assert thumbnail(file(bytes(content)), 50).startswith(b"\x89PNG")
