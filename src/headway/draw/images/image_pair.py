"""Image plots, in the child process: each side, and where both differ. The files are foreign.

Each is an image of its own, so that a page shows them beside each other where it is wide enough, and else below.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, cast

from PIL import Image, ImageChops, ImageFilter, ImageOps

from headway.draw import svg
from headway.draw.decoding import RefusedError, check_length, open_image, upright_on_white
from headway.draw.raster import encode, rasterise
from headway.draw.theme import IMAGE_WIDTH, SCALE, THEMES, TITLE_SIZE, Theme
from headway.numbers import format_share

if TYPE_CHECKING:
    from headway.draw.jobs import DifferenceJob, ImageJob

# Lengths in points.
_MARGIN, _HIGHEST = 10, 420
_ROOM = IMAGE_WIDTH - 2 * _MARGIN
_TITLE, _CAPTION, _TOP = 21, 21, 30
"""The baselines of the title and the caption, and the upper edge of the image; a title moves both down by its line."""
_TITLE_LINE = 18

_FADED = 0.2  # how much of an image shines through behind its differences
_FAINTEST = 150  # of 255, how strongly the smallest difference is painted
_SMALLEST = 5  # pixels of the page, the side of a spot that is still seen
_COUNTED = 0.001  # the share below which the number of pixels says more
_FEW_PIXELS, _MOST_PIXELS, _MOST_INK = 0.01, 0.1, 0.5
"""Where more differs, the eye compares two images better than a third one shows.

A tenth of all pixels is a large part of an image. Half of the ink, which is all that has not the colour of the page, is
a drawing that moved: every edge differs, and no place stands out. (Of a line plot shifted by one pixel 63% of the ink
differs, of one with another title 10%, of a confusion matrix with two other cells 4%.) A few pixels are hard to find.
"""
_SAMPLE = 256  # pixels a side in which the colour of the page is looked for


class _Decoded(NamedTuple):
    """An image, and whether it may be drawn in any size, with ``SCALE`` pixels a point now."""

    image: Image.Image
    is_vector: bool


def compose(job: ImageJob) -> bytes:
    """Draw one side, or both where they are identical, as wide as a chart.

    Raises:
        RefusedError: the file cannot be read.
    """
    theme = THEMES[job.theme]
    try:
        decoded = _decode(job.content)
    except RefusedError as error:
        raise RefusedError(f"{job.caption}: {error}") from error
    color, is_bold = (theme.head, True) if job.side == "head" else (theme.base_text, False)
    size = "" if decoded.is_vector else f" · {decoded.image.width:,} x {decoded.image.height:,} pixels"
    caption = svg.span(job.caption, color, bold=is_bold) + svg.span(size, theme.muted)
    return _page(theme, caption, _enlarged(decoded), job.title)


def compose_difference(job: DifferenceJob) -> bytes | None:
    """Paint what differs between two sides over a faded head; ``None`` where that would say nothing."""
    theme = THEMES[job.theme]
    try:
        base, head = _decode(job.base), _decode(job.head)
    except RefusedError:  # the side's own image says why
        return None
    if base.image.size != head.image.size:
        return None
    levels = _largest_channel(ImageChops.difference(base.image, head.image))
    share, total = _share(levels), levels.width * levels.height
    if not share:
        return _page(theme, svg.span("The files differ, the pixels do not.", theme.muted), None)
    if share > _MOST_PIXELS or share > max(_FEW_PIXELS, _MOST_INK * _ink(base.image, head.image)):
        return None
    shown = _enlarged(head)
    faded = Image.blend(
        Image.new("RGB", shown.size, theme.background), ImageOps.grayscale(shown).convert("RGB"), _FADED
    )
    painted = Image.composite(Image.new("RGB", shown.size, theme.worse), faded, _strength(levels, shown.size))
    words = f"{format_share(share)} of pixels" if share >= _COUNTED else f"{round(share * total):,} of {total:,} pixels"
    return _page(theme, svg.span(f"difference: {words}", theme.text), painted)


@lru_cache(2)  # both themes and the difference need both sides
def _decode(data: bytes) -> _Decoded:
    check_length(data)
    is_vector = b"<svg" in data[:4096]
    try:
        image = rasterise(data.decode("utf-8-sig")) if is_vector else open_image(data)
        return _Decoded(upright_on_white(image), is_vector)
    except (OSError, SyntaxError, ValueError) as error:
        raise RefusedError("the file is broken or cut off") from error


def _enlarged(decoded: _Decoded) -> Image.Image:
    """Fit an image to the page: a small one by a whole factor, with its pixels kept, and a large one smoothly."""
    width, height = decoded.image.size
    most = min(_ROOM / width, _HIGHEST / height)
    is_small = most >= 1 and not decoded.is_vector
    zoom = SCALE * int(most) if is_small else min(SCALE * most, 1 if decoded.is_vector else SCALE)
    size = max(1, round(width * zoom)), max(1, round(height * zoom))
    return decoded.image.resize(
        size, Image.Resampling.NEAREST if is_small else Image.Resampling.LANCZOS, reducing_gap=3
    )


def _largest_channel(image: Image.Image) -> Image.Image:
    red, green, blue = image.split()
    return ImageChops.lighter(ImageChops.lighter(red, green), blue)


def _share(levels: Image.Image) -> float:
    """The share of pixels that are not black."""
    return 1 - levels.histogram()[0] / (levels.width * levels.height)


def _ink(base: Image.Image, head: Image.Image) -> float:
    """The share of pixels that have not the colour of the page on either side: head's most frequent colour."""
    sample = head.resize((_SAMPLE, _SAMPLE), Image.Resampling.NEAREST)
    _, color = max(cast("list[tuple[int, tuple[int, ...]]]", sample.getcolors(_SAMPLE**2)))
    paper = Image.new("RGB", head.size, color)
    sides = (_largest_channel(ImageChops.difference(side, paper)) for side in (base, head))
    return _share(ImageChops.lighter(*sides))


def _strength(levels: Image.Image, size: tuple[int, int]) -> Image.Image:
    """How strongly each pixel of a page is painted: the largest difference fully, and none too faintly to be seen."""
    largest = max(level for level, count in enumerate(levels.histogram()) if count)
    strong = levels.point([level * 255 // largest for level in range(256)]).resize(size, Image.Resampling.BOX)
    differs = levels.point([0, *[255] * 255]).resize(size, Image.Resampling.BOX)
    if size < levels.size:
        differs = differs.filter(ImageFilter.MaxFilter(_SMALLEST))
    return ImageChops.lighter(strong, differs.point([0, *[_FAINTEST] * 255]))


def _page(theme: Theme, caption: str, image: Image.Image | None, title: str | None = None) -> bytes:
    """A title, a caption, and an image below them."""
    words = svg.span(svg.fitted(title or "", _ROOM, TITLE_SIZE, bold=True), theme.text, bold=True)
    down = 0 if title is None else _TITLE_LINE
    marks = svg.text(_MARGIN, _TITLE, words, size=TITLE_SIZE), svg.text(_MARGIN, _CAPTION + down, caption)
    height = _TOP + down + (-(-image.height // SCALE) + _MARGIN if image else 0)
    page = rasterise(svg.page(height, theme.background, *marks)).convert("RGB")
    if image:
        page.paste(image, (_MARGIN * SCALE, (_TOP + down) * SCALE))
    return encode(page, error=0)
