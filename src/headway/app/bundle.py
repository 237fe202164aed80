"""A report with its images, and how it is written to a folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from headway.errors import ReportFileError
from headway.report import codec, html, markdown
from headway.values.report import IMAGE_FOLDER, Report
from headway.writing import write_files

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Bundle:
    """A report and the pictures that it names, by path."""

    report: Report
    pictures: Mapping[str, bytes]


def write_report(bundle: Bundle, out: Path) -> None:
    """Write report.json, report.md, report.html and the pictures that they name; see :mod:`headway.writing`."""
    report = bundle.report
    documents = {
        "report.json": codec.encode(report),
        "report.md": markdown.render(report).encode(),
        "report.html": html.render(report, bundle.pictures).encode(),
    }
    write_files(out, bundle.pictures, documents, stale=_pictures_of_last_report(out))


def _pictures_of_last_report(out: Path) -> set[str]:
    try:
        last = codec.decode((out / "report.json").read_bytes())
    except (OSError, ReportFileError):  # no report yet, or one of another version: its pictures stay
        return set()
    return pictures_of(last)


def pictures_of(report: Report) -> set[str]:
    """The paths of the pictures that stand in a report's own folder."""
    return {path for _, path in codec.picture_paths(report) if path.startswith(f"{IMAGE_FOLDER}/")}
