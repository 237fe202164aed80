"""Reads PNGs back: how many pixels have a colour, and how much of two images differs."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from PIL import Image, ImageChops, ImageColor

from headway.draw.renderer import Renderer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headway.draw.jobs import Job


def render(jobs: Mapping[str, Job]) -> dict[str, bytes | str]:
    """Draw jobs as the application does."""
    with Renderer(processes=1) as renderer:
        for key, job in jobs.items():
            renderer.submit(key, job)
        return renderer.results()


def open_png(result: bytes | str) -> Image.Image:
    assert isinstance(result, bytes), result
    return Image.open(io.BytesIO(result)).convert("RGB")


def count(image: Image.Image, color: str, *, within: int = 3) -> int:
    """Count the pixels of a colour, give or take what the palette may round."""
    wanted = ImageColor.getrgb(color)
    colors = image.getcolors(1 << 12) or image.getcolors(1 << 24) or []  # the second one clears 16 million places
    return sum(
        number
        for number, found in colors
        if isinstance(found, tuple) and all(abs(a - b) <= within for a, b in zip(found, wanted, strict=True))
    )


def ink_difference(one: Image.Image, other: Image.Image) -> float:
    """Give the share of inked pixels that differ visibly between two images on white."""
    ink = Image.eval(ImageChops.darker(one, other).convert("L"), lambda level: 255 * (level < 200))
    differs = Image.eval(ImageChops.difference(one, other).convert("L"), lambda level: 255 * (level > 60))
    return differs.histogram()[255] / max(ink.histogram()[255], 1)
