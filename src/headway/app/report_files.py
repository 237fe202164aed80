"""How a report becomes files in a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.errors import ReportFileError
from headway.report import codec, html, markdown
from headway.values.report import IMAGE_FOLDER
from headway.writing import write_files

if TYPE_CHECKING:
    from pathlib import Path

    from headway.app.bundle import Bundle
    from headway.values.report import Report


def write_report(bundle: Bundle, out: Path) -> None:
    """Write report.json, report.md, report.html and their images; see :mod:`headway.writing`."""
    report = bundle.report
    documents = {
        "report.json": codec.encode(report),
        "report.md": markdown.render(report).encode(),
        "report.html": html.render(report, bundle.images).encode(),
    }
    write_files(out, bundle.images, documents, stale=_last_images(out))
    if bundle.remember:
        bundle.remember(bundle.images)


def _last_images(out: Path) -> set[str]:
    try:
        return image_paths(codec.decode((out / "report.json").read_bytes()))
    except (OSError, ReportFileError):  # no report yet, or one of another version: its images stay
        return set()


def image_paths(report: Report) -> set[str]:
    """The paths of the images in a report's own folder."""
    return {path for _, path in codec.image_paths(report) if path.startswith(f"{IMAGE_FOLDER}/")}
