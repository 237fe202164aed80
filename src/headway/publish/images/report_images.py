"""The images of a report on their way to a forge: which are shown, their bytes, and a report without the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from headway.publish.http.error_responses import for_log
from headway.publish.images.formats import IMAGE_LIMIT, DecodedImage, NotAnImageError
from headway.report import markdown
from headway.report.blocks import images_of
from headway.report.formatting import count
from headway.values.problem import Problem
from headway.values.report import SHOWN_IMAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from headway.values.chart import Chart
    from headway.values.report import Include, Report

Holder = TypeVar("Holder", bound="Chart | Include")


def shown_images(report: Report, *, html: bool) -> list[str]:
    """The paths of the images that the report's Markdown shows, in reading order; fewer without HTML."""
    paths: dict[str, str] = {}
    markdown.render(report, html=html, image_url=lambda path: paths.setdefault(path, path))
    return list(paths)


def read_images(folder: Path, paths: Collection[str], log: Callable[[str], None]) -> dict[str, DecodedImage]:
    """The images that exist, by path; ``log`` gets each file that is not an image or is outside the folder."""
    images: dict[str, DecodedImage] = {}
    for path in paths:
        try:
            images[path] = DecodedImage(_content(folder.resolve(), path))
        except NotAnImageError as error:
            log(f"{for_log(str(folder / path))} is not published. {error}")
        except (OSError, ValueError):  # it does not exist, or its name is one that no file can have
            continue
    return images


def _content(root: Path, path: str) -> bytes:
    file = (root / path).resolve()
    if not file.is_relative_to(root):
        raise NotAnImageError("It is outside of the report's folder.")
    if not file.is_file():
        raise FileNotFoundError
    with file.open("rb") as stream:
        return stream.read(IMAGE_LIMIT + 1)


def with_only(report: Report, images: Collection[str], *, html: bool) -> Report:
    """The report with no image but these, and a footnote about those that would be shown and are missing."""
    missing = set(shown_images(report, html=html)) - set(images)
    gone = [item for item in (*report.charts, *report.includes) if missing & {one.path for one in images_of(item)}]
    what = f"{count(len(gone), 'image')} cannot be shown here; the full report has everything"
    return msgspec.structs.replace(
        report,
        charts=tuple(_with_only(chart, images) for chart in report.charts),
        includes=tuple(_with_only(section, images) for section in report.includes if section not in gone),
        problems=(*report.problems, *([Problem(where="images", what=what)] if gone else [])),
    )


def _with_only(holder: Holder, images: Collection[str]) -> Holder:
    """A chart or section with its images, or with none of them, as one of two sides alone would mislead."""
    is_whole = all(shown.path in images for shown in images_of(holder))
    kept: dict[str, str | None] = {}
    for light, dark in SHOWN_IMAGES:
        if hasattr(holder, light):
            kept[light] = getattr(holder, light) if is_whole else None
            kept[dark] = getattr(holder, dark) if is_whole and getattr(holder, dark) in images else None
    return msgspec.structs.replace(holder, **kept)
