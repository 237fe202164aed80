"""Image plots: each side and their difference, whatever the files are."""

from __future__ import annotations

import io

import pytest
from draw.pixels import count, open_png
from PIL import Image, ImageChops, ImageColor, ImageDraw

from headway.draw import raster
from headway.draw.decoding import RefusedError
from headway.draw.images.image_pair import compose, compose_difference
from headway.draw.jobs import DifferenceJob, ImageJob
from headway.draw.theme import IMAGE_WIDTH, SCALE, TEXT_SIZE, THEMES, TITLE_SIZE, ThemeName


def image_file(
    color: str = "red", size: tuple[int, int] = (200, 100), spot: str | None = None, form: str = "PNG"
) -> bytes:
    image = Image.new("RGB", size, color)
    if spot:
        ImageDraw.Draw(image).rectangle((20, 20, 29, 29), fill=spot)
    return encoded(image, form)


def encoded(image: Image.Image, form: str = "PNG") -> bytes:
    stream = io.BytesIO()
    image.save(stream, form)
    return stream.getvalue()


def stripes(left: int) -> bytes:
    """Thin lines: where they move, all of their pixels differ, and few others."""
    image = Image.new("RGB", (200, 100), "white")
    for x in range(0, 198, 40):
        ImageDraw.Draw(image).line((x + left, 0, x + left, 99), fill="black")
    return encoded(image)


def composed(content: bytes, theme: ThemeName = "light", title: str | None = None) -> Image.Image:
    job = ImageJob(content=content, side="head", caption="head", title=title, theme=theme)
    return open_png(compose(job))


def difference(base: bytes, head: bytes, theme: ThemeName = "light") -> Image.Image | None:
    drawn = compose_difference(DifferenceJob(base=base, head=head, theme=theme))
    return open_png(drawn) if drawn else None


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1, 1), (8, 8), (200, 100), (357, 200), (4000, 1000), (3000, 2), (90, 3000)])
def test_every_image_is_as_wide_as_a_chart_and_low(size: tuple[int, int], theme: ThemeName) -> None:
    page = composed(image_file("#ff0000", size), theme, "Title")
    assert page.width == IMAGE_WIDTH * SCALE
    assert page.height <= (420 + 58) * SCALE
    assert page.getpixel((0, 0)) == ImageColor.getrgb(THEMES[theme].background)
    assert count(page, "#ff0000", within=0) >= 356 * SCALE, "it is shown"


def test_small_images_are_enlarged_by_a_whole_factor_and_keep_their_pixels() -> None:
    image = Image.new("RGB", (8, 8), "#000000")
    image.putpixel((3, 3), (255, 0, 0))
    assert count(composed(encoded(image)), "#ff0000", within=0) == (44 * SCALE) ** 2, "and no colour between"


def test_titles_and_captions_are_as_large_as_those_of_charts() -> None:
    with_title, without = (composed(image_file("#00ff00"), title=title) for title in ("HHHH", None))
    heights = [bottom - top for top, bottom in ink_rows(with_title)]
    assert with_title.height - without.height == 18 * SCALE
    assert heights[0] == round(TITLE_SIZE * 0.69 * SCALE), "capital letters of Liberation Sans"
    assert heights[1] == pytest.approx(TEXT_SIZE * 0.93 * SCALE, abs=1), "from the top of h to the foot of p"


def ink_rows(page: Image.Image) -> list[tuple[int, int]]:
    """The first and last row of each run of rows with ink."""
    inked = [page.crop((0, y, page.width, y + 1)).getextrema() != ((255, 255),) * 3 for y in range(page.height)]
    edges = [y for y in range(1, len(inked)) if inked[y] != inked[y - 1]]
    return list(zip(edges[::2], edges[1::2], strict=False))


def test_any_title_is_drawn() -> None:
    assert composed(image_file(), title="<b>&\x00" * 200).width == IMAGE_WIDTH * SCALE


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_small_difference_is_painted(theme: ThemeName) -> None:
    page = difference(image_file("#ff0000"), image_file("#ff0000", spot="#0000ff"), theme)
    assert page is not None
    assert page.width == IMAGE_WIDTH * SCALE
    assert count(page, THEMES[theme].worse, within=0) == SCALE**2 * 100


def test_one_pixel_of_a_large_image_is_seen() -> None:
    image = Image.new("RGB", (3000, 2000), "white")
    image.putpixel((1500, 1000), (254, 255, 255))
    page = difference(image_file("white", (3000, 2000)), encoded(image))
    assert page is not None
    box = ImageChops.difference(page, Image.new("RGB", page.size, "white")).crop((0, 60, *page.size)).getbbox()
    assert box is not None
    assert box[2] - box[0] == box[3] - box[1] == 5


def test_files_with_the_same_pixels_say_so_in_a_line() -> None:
    page = difference(image_file(), image_file(form="BMP"))
    assert page is not None
    assert page.height < 40 * SCALE


@pytest.mark.parametrize(
    ("base", "head"),
    [
        (image_file(), image_file("blue", size=(100, 100))),
        (image_file(), image_file("blue")),
        (stripes(0), stripes(1)),
        (b"\x89PNG broken", image_file()),
    ],
    ids=["other size", "all of it", "all of the ink", "broken"],
)
def test_a_difference_that_says_nothing_is_not_drawn(base: bytes, head: bytes) -> None:
    assert difference(base, head) is None


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
def test_every_common_format_is_read(form: str) -> None:
    assert count(composed(image_file("#00ff00", form=form)), "#00ff00", within=8) > 70_000


def test_an_svg_is_drawn() -> None:
    svg = b'<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/svg11.dtd">'
    svg += b'<svg xmlns="http://www.w3.org/2000/svg" width="100" height="50">'
    svg += b'<rect width="100" height="50" fill="#00ff00"/></svg>'
    assert count(composed(svg), "#00ff00", within=0) >= 4 * 100 * 50


def test_transparency_is_white_on_either_page() -> None:
    clear = encoded(Image.new("RGBA", (200, 100), (0, 0, 0, 0)))
    assert count(composed(clear, "dark"), "white", within=0) >= 4 * 200 * 100


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (b"\x89PNG\r\n\x1a\n broken", "not an image that can be read"),
        (b"", "not an image that can be read"),
        (encoded(Image.new("1", (9000, 9000))), "9000 x 9000 pixels, which is too large"),
        (image_file() + b"\0" * 20_000_000, "more than 20 MB"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><image href="secret.png"/></svg>', "would load 'secret.png'"),
        (b'<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]><svg>&a;</svg>', "declares entities"),
        (b'<svg xmlns="http://www.w3.org/2000/svg" width="1e9" height="1e9"/>', "too large"),
        (b"<svg", "SVG is broken"),
    ],
)
def test_what_cannot_or_must_not_be_read_is_explained(head: bytes, reason: str) -> None:
    with pytest.raises(RefusedError, match=reason):
        composed(head)


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
    assert count(composed(svg.format('viewBox="0 0 40 20"').encode()), "#ff0000", within=0) > 0
    with pytest.raises(RefusedError, match="40000 x 40000"):
        composed(svg.format('viewBox="0 0 40000 40000"').encode())
    with pytest.raises(RefusedError, match="how large"):
        composed(svg.format("").encode())
