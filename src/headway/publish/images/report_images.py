"""The pictures of a report on their way to a forge: which are shown, their bytes, and a report without the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from headway.publish.http.error_responses import for_log
from headway.publish.images.formats import PICTURE_LIMIT, DecodedImage, NotAnImageError
from headway.report import markdown
from headway.report.formatting import count
from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from headway.values.chart import Chart
    from headway.values.report import Include, Report


def shown(report: Report, *, html: bool) -> list[str]:
    """The paths of the pictures that the report's Markdown shows, in reading order.

    Args:
        report: what is rendered.
        html: as for :func:`headway.report.markdown.render`: without, neither dark pictures nor such as do not differ.
    """
    paths: dict[str, str] = {}
    markdown.render(report, html=html, image_url=lambda path: paths.setdefault(path, path))
    return list(paths)


def read(folder: Path, paths: Collection[str], say: Callable[[str], None]) -> dict[str, DecodedImage]:
    """The pictures that are there, by path; ``say`` hears of each file that is none, or leads out of the folder."""
    pictures: dict[str, DecodedImage] = {}
    for path in paths:
        try:
            pictures[path] = DecodedImage(_content(folder.resolve(), path))
        except NotAnImageError as error:
            say(f"{for_log(str(folder / path))} {error}.")
        except (OSError, ValueError):  # it is not there, or its name is one that no file can have
            continue
    return pictures


def _content(root: Path, path: str) -> bytes:
    file = (root / path).resolve()
    if not file.is_relative_to(root):
        raise NotAnImageError("is not published: it is outside the report's folder")
    if not file.is_file():
        raise FileNotFoundError
    with file.open("rb") as stream:
        return stream.read(PICTURE_LIMIT + 1)


def only_with(report: Report, pictures: Collection[str], *, html: bool) -> Report:
    """The report as it stands where only these pictures can be shown, with a footnote about those that are missed.

    Args:
        report: the whole report.
        pictures: the paths of the pictures that can be shown.
        html: as for :func:`shown`; a picture that would not be shown anyway is not missed.
    """
    missed = set(shown(report, html=html)) - set(pictures)
    gone = [item for item in (*report.charts, *report.includes) if item.image in missed]
    return msgspec.structs.replace(
        report,
        charts=tuple(_only_with(chart, pictures) for chart in report.charts),
        includes=tuple(_only_with(section, pictures) for section in report.includes if section not in gone),
        problems=(*report.problems, *_footnote(len(gone))),
    )


Holder = TypeVar("Holder", bound="Chart | Include")


def _only_with(holder: Holder, pictures: Collection[str]) -> Holder:
    light = holder.image if holder.image in pictures else None
    dark = holder.image_dark if light and holder.image_dark in pictures else None
    return msgspec.structs.replace(holder, image=light, image_dark=dark)


def _footnote(missing: int) -> tuple[Problem, ...]:
    what = f"{count(missing, 'picture')} cannot be shown here; the full report has everything"
    return (Problem(where="pictures", what=what),) if missing else ()
