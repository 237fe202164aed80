"""Image plots, in the child process: base beside head, and where they differ. The files are foreign."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image, ImageChops, ImageDraw, ImageFont, ImageOps

from headway.draw.decoding import RefusedError, check_length, open_image, upright_on_white
from headway.draw.raster import encode, rasterise
from headway.draw.theme import THEMES, Theme
from headway.numbers import format_share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.draw.jobs import ImagePairJob

# Lengths are pixels of the PNG, which a page shows at half their size, as it does charts.
_WIDTH, _HEIGHT = 1800, 1400
_MARGIN, _GAP, _CAPTION = 20, 28, 44
_FONT_SIZE = 26
_LARGEST_ZOOM = 2
_FADED = 0.2  # how much of an image shines through behind its differences
_FAINTEST = 90  # of 255, how strongly the smallest difference is painted
_REASON_LETTERS = 30  # in a line


class _Panel(NamedTuple):
    """A caption, its colour, and the image below it."""

    caption: str
    color: str
    image: Image.Image
    is_readable: bool = True  # else it holds the reason, and is not enlarged


def compose(job: ImagePairJob) -> bytes:
    """Draw base, head and their difference beside each other; equal files are drawn once.

    Raises:
        RefusedError: neither side can be read.
    """
    theme = THEMES[job.theme]
    if job.base == job.head and job.head is not None:
        both = _Panel("base and head are identical", theme.text, _decode(job.head))
        return encode(_arrange([both], theme), error=0)
    panels: list[_Panel] = []
    reasons: list[str] = []
    for data, caption, color in ((job.base, "base", theme.base_text), (job.head, "head", theme.head)):
        if data is None:
            continue
        try:
            panels.append(_Panel(caption, color, _decode(data)))
        except RefusedError as error:
            reasons.append(f"{caption}: {error}")
            panels.append(_Panel(caption, color, _placeholder(str(error), theme), is_readable=False))
    images = [panel.image for panel in panels if panel.is_readable]
    if not images:
        raise RefusedError("; ".join(reasons) or "neither side has the image")
    if len({image.size for image in images}) == 1 < len(images):
        panels.append(_difference(images[0], images[1], theme))
    return encode(_arrange(panels, theme), error=0)


def _decode(data: bytes) -> Image.Image:
    check_length(data)
    try:
        is_svg = b"<svg" in data[:4096]
        return upright_on_white(rasterise(data.decode("utf-8-sig")) if is_svg else open_image(data))
    except (OSError, SyntaxError, ValueError) as error:
        raise RefusedError("the file is broken or cut off") from error


def _difference(base: Image.Image, head: Image.Image, theme: Theme) -> _Panel:
    """Paint what differs over a faded head, the largest difference at full strength."""
    red, green, blue = ImageChops.difference(base, head).split()
    sizes = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    counts = sizes.histogram()
    largest = max(size for size, count in enumerate(counts) if count)
    if not largest:
        return _Panel("the files differ, the pixels do not", theme.muted, _faded(head, theme))
    strength = sizes.point([0, *(_FAINTEST + (255 - _FAINTEST) * size // largest for size in range(1, 256))])
    painted = Image.composite(Image.new("RGB", head.size, theme.worse), _faded(head, theme), strength)
    share = 1 - counts[0] / (head.width * head.height)
    return _Panel(f"difference: {format_share(share)} of pixels", theme.text, painted)


def _faded(image: Image.Image, theme: Theme) -> Image.Image:
    page = Image.new("RGB", image.size, theme.background)
    return Image.blend(page, ImageOps.grayscale(image).convert("RGB"), _FADED)


def _placeholder(reason: str, theme: Theme) -> Image.Image:
    image, font = Image.new("RGB", (460, 240), theme.cell), ImageFont.load_default(_FONT_SIZE)
    text = "\n".join(textwrap.wrap(reason, _REASON_LETTERS))
    ImageDraw.Draw(image).multiline_text((24, 24), text, fill=theme.muted, font=font, spacing=8)
    return image


def _arrange(panels: Sequence[_Panel], theme: Theme) -> Image.Image:
    """Put panels in a row that fits a page, all enlarged or reduced alike."""
    font = ImageFont.load_default(_FONT_SIZE)
    room = _WIDTH - 2 * _MARGIN - _GAP * (len(panels) - 1)
    sizes = [panel.image.size for panel in panels if panel.is_readable]
    widest, tallest = (max(lengths) for lengths in zip(*sizes, strict=True))
    zoom = min(_LARGEST_ZOOM, room / len(panels) / widest, _HEIGHT / tallest)
    images = [_zoomed(panel.image, zoom) if panel.is_readable else panel.image for panel in panels]
    captions = [int(font.getlength(panel.caption)) + 1 for panel in panels]
    columns = [max(image.width, caption) for image, caption in zip(images, captions, strict=True)]
    width = sum(columns) + _GAP * (len(panels) - 1) + 2 * _MARGIN
    height = max(image.height for image in images) + _CAPTION + 2 * _MARGIN
    page = Image.new("RGB", (width, height), theme.background)
    left = _MARGIN
    for panel, image, column in zip(panels, images, columns, strict=True):
        ImageDraw.Draw(page).text((left, _MARGIN), panel.caption, fill=panel.color, font=font)
        page.paste(image, (left, _MARGIN + _CAPTION))
        left += column + _GAP
    return page


def _zoomed(image: Image.Image, zoom: float) -> Image.Image:
    size = max(1, round(image.width * zoom)), max(1, round(image.height * zoom))
    return image.resize(size, Image.Resampling.NEAREST if zoom >= _LARGEST_ZOOM else Image.Resampling.LANCZOS)
