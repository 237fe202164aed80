"""The sections of a report. Each module turns what it shows of a report into blocks, and is listed here once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.report.sections import charts, datasets, includes, metrics, notes, params, stages, tracked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from headway.report.blocks import Section
    from headway.values.report import Report

SECTIONS: tuple[Callable[[Report], Iterator[Section]], ...] = (
    metrics.build,
    params.build,
    stages.build,
    tracked.build,
    datasets.build,
    charts.build,
    includes.build,
    notes.build,
)
"""In reading order."""
