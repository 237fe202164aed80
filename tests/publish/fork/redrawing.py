"""Redraws a stranger's report, and makes what a stranger would put into one."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image, PngImagePlugin

from headway.draw.children import Children
from headway.draw.renderer import Renderer
from headway.publish.fork.sanitize import Redrawn, redraw

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SECRET = b"<?php payload ?>"
CHILDREN = Children()
"""The processes that one renderer of a test module leaves to the next; see :func:`end_children`."""


@pytest.fixture(scope="module", autouse=True)
def end_children() -> Iterator[None]:
    with CHILDREN:
        yield


def redrawn(report: Any, files: Mapping[str, bytes], limit: float = 30.0, processes: int = 1) -> Redrawn:
    with Renderer(limit=limit, processes=processes, children=CHILDREN) as renderer:
        return redraw(report, files, renderer)


def picture(color: str = "red", size: tuple[int, int] = (40, 30), form: str = "PNG") -> bytes:
    """A picture with a payload in its metadata and behind its end."""
    stream = io.BytesIO()
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", SECRET.decode())
    options: dict[str, Any] = {"pnginfo": info} if form == "PNG" else {"comment": SECRET} if form == "JPEG" else {}
    Image.new("RGB", size, color).save(stream, form, **options)
    return stream.getvalue() + SECRET


def notes(found: Redrawn) -> str:
    return "\n".join(f"{problem.where}: {problem.what}" for problem in found.report.problems)
