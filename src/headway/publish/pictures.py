"""The pictures of a report on their way to a forge: which are shown, their bytes, and a report without the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from headway.report import markdown
from headway.report.formatting import count
from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from headway.values.chart import Chart
    from headway.values.report import Report

PICTURE_LIMIT = 10 * 1024 * 1024
"""Bytes of one picture that are published at the most: more, and no forge shows it."""


def shown(report: Report) -> list[str]:
    """The paths of the pictures that the report's Markdown shows, in reading order."""
    paths: dict[str, str] = {}
    markdown.render(report, image_url=lambda path: paths.setdefault(path, path))
    return list(paths)


def read(folder: Path, paths: Collection[str]) -> dict[str, bytes]:
    """The pictures that are there, by path; one that leads out of the folder is not."""
    root = folder.resolve()
    found = {path: (root / path).resolve() for path in paths}
    return {
        path: file.read_bytes()
        for path, file in found.items()
        if file.is_relative_to(root) and file.is_file() and file.stat().st_size <= PICTURE_LIMIT
    }


def only_with(report: Report, pictures: Collection[str]) -> Report:
    """The report as it stands where only these pictures can be shown, with a footnote about the others."""
    charts = tuple(_only_with(chart, pictures) for chart in report.charts)
    includes = [section for section in report.includes if section.form == "image"]
    gone = [section for section in includes if not {section.base, section.head} - {None} <= set(pictures)]
    missing = sum(bool(chart.image and not kept.image) for chart, kept in zip(report.charts, charts, strict=True))
    return msgspec.structs.replace(
        report,
        charts=charts,
        includes=tuple(section for section in report.includes if section not in gone),
        problems=(*report.problems, *_footnote(missing + len(gone))),
    )


def _only_with(chart: Chart, pictures: Collection[str]) -> Chart:
    light = chart.image if chart.image in pictures else None
    dark = chart.image_dark if light and chart.image_dark in pictures else None
    return msgspec.structs.replace(chart, image=light, image_dark=dark)


def _footnote(missing: int) -> tuple[Problem, ...]:
    what = f"{count(missing, 'picture')} cannot be shown here; the full report has everything"
    return (Problem(where="pictures", what=what),) if missing else ()
