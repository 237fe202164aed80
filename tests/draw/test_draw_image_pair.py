"""Image plots: base beside head beside their difference, whatever the files are."""

from __future__ import annotations

import io

import pytest
from draw.pixels import count, open_png
from PIL import Image, ImageDraw

from headway.draw import raster
from headway.draw.decoding import RefusedError
from headway.draw.image_pair import compose
from headway.draw.jobs import ImagePairJob
from headway.draw.theme import THEMES, ThemeName


def image_file(
    color: str = "red", size: tuple[int, int] = (200, 100), spot: str | None = None, form: str = "PNG"
) -> bytes:
    image = Image.new("RGB", size, color)
    if spot:
        ImageDraw.Draw(image).rectangle((20, 20, 29, 29), fill=spot)
    stream = io.BytesIO()
    image.save(stream, form)
    return stream.getvalue()


def composed(base: bytes | None, head: bytes | None, theme: ThemeName = "light") -> Image.Image:
    return open_png(compose(ImagePairJob(base=base, head=head, theme=theme)))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_both_sides_and_what_differs_stand_beside_each_other(theme: ThemeName) -> None:
    whole = composed(image_file("#ff0000"), image_file("#ff0000", spot="#0000ff"), theme)
    scale = 2
    assert count(whole, "#ff0000", within=0) == scale**2 * (2 * 200 * 100 - 100)
    assert count(whole, "#0000ff", within=0) == scale**2 * 100
    assert count(whole, THEMES[theme].worse, within=0) >= scale**2 * 100
    assert whole.getpixel((0, 0)) == Image.new("RGB", (1, 1), THEMES[theme].background).getpixel((0, 0))


def test_identical_files_are_drawn_once() -> None:
    assert count(composed(image_file(), image_file()), "red", within=0) == 4 * 200 * 100


def test_a_new_image_stands_alone() -> None:
    assert count(composed(None, image_file()), "red", within=0) == 4 * 200 * 100


def test_images_of_different_size_have_no_difference() -> None:
    whole = composed(image_file(), image_file("blue", size=(100, 100)))
    assert (count(whole, "red", within=0), count(whole, "blue", within=0)) == (4 * 200 * 100, 4 * 100 * 100)
    assert count(whole, THEMES["light"].worse) == 0


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
def test_every_common_format_is_read(form: str) -> None:
    assert count(composed(None, image_file("#00ff00", form=form)), "#00ff00", within=8) > 70_000


def test_an_svg_is_drawn() -> None:
    svg = b'<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/svg11.dtd">'
    svg += b'<svg xmlns="http://www.w3.org/2000/svg" width="100" height="50">'
    svg += b'<rect width="100" height="50" fill="#00ff00"/></svg>'
    assert count(composed(None, svg), "#00ff00", within=0) >= 4 * 100 * 50


def test_transparency_is_white_on_either_page() -> None:
    stream = io.BytesIO()
    Image.new("RGBA", (200, 100), (0, 0, 0, 0)).save(stream, "PNG")
    assert count(composed(None, stream.getvalue(), "dark"), "white", within=0) >= 4 * 200 * 100


def test_large_images_are_reduced_to_a_page() -> None:
    whole = composed(image_file(size=(4000, 1000)), image_file("blue", size=(4000, 1000)))
    assert whole.width <= 1800


def test_one_broken_side_leaves_the_other() -> None:
    assert count(composed(b"\x89PNG broken", image_file()), "red", within=0) == 4 * 200 * 100


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (b"\x89PNG\r\n\x1a\n broken", "not an image that can be read"),
        (b"", "not an image that can be read"),
        (image_file(size=(9000, 9000)), "9000 x 9000 pixels, which is too large"),
        (image_file() + b"\0" * 20_000_000, "more than 20 MB"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><image href="secret.png"/></svg>', "would load 'secret.png'"),
        (b'<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]><svg>&a;</svg>', "declares entities"),
        (b'<svg xmlns="http://www.w3.org/2000/svg" width="1e9" height="1e9"/>', "too large"),
        (b"<svg", "SVG is broken"),
    ],
)
def test_what_cannot_or_must_not_be_read_is_explained(head: bytes, reason: str) -> None:
    with pytest.raises(RefusedError, match=reason):
        compose(ImagePairJob(base=None, head=head, theme="light"))


def test_an_image_file_keeps_its_pixels() -> None:
    noise = Image.effect_noise((120, 80), 80).convert("RGB")
    assert open_png(raster.encode(noise, error=0)).tobytes() == noise.tobytes()


def test_a_chart_file_is_small_and_keeps_its_page() -> None:
    image = Image.new("RGB", (400, 300), "#0d1117")
    drawing = ImageDraw.Draw(image)
    for level in range(256):
        drawing.line((level, 10, level, 20), fill=(level, level // 2, 255 - level))
    encoded = raster.encode(image)
    assert Image.open(io.BytesIO(encoded)).mode == "P"
    restored = open_png(encoded)
    assert count(restored, "#0d1117", within=0) == count(image, "#0d1117", within=0)
    assert encoded == raster.encode(image)


def test_an_svg_without_a_size_has_that_of_its_view_box_or_is_refused() -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" {}><rect width="40" height="20" fill="#ff0000"/></svg>'
    assert count(composed(None, svg.format('viewBox="0 0 40 20"').encode()), "#ff0000", within=0) > 0
    with pytest.raises(RefusedError, match="40000 x 40000"):
        compose(ImagePairJob(base=None, head=svg.format('viewBox="0 0 40000 40000"').encode(), theme="light"))
    with pytest.raises(RefusedError, match="how large"):
        compose(ImagePairJob(base=None, head=svg.format("").encode(), theme="light"))
