"""The names of metrics, and the headings that they are shown under."""

from __future__ import annotations

import posixpath
from collections import Counter
from typing import TYPE_CHECKING

from headway.report.blocks import Name, line
from headway.report.escaping import NAME_LIMIT, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.report.blocks import Inline
    from headway.values.comparison import Metric

_MANY_FILES = 4
"""Metrics files in one folder from which on the folder is one table."""


class MetricNames:
    """The name of each metric, and the heading that it is shown under."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._files = {metric.file for metric in metrics}
        self._in_folder = Counter(map(posixpath.dirname, self._files))
        self._titles = Counter((metric.file, metric.written.title) for metric in metrics)

    def heading(self, metric: Metric) -> str:
        """Nothing in a report with one file, else the metric's file, or a folder of many files."""
        folder = posixpath.dirname(metric.file)
        if len(self._files) == 1:
            return ""
        return f"{folder}/" if folder and self._in_folder[folder] >= _MANY_FILES else metric.file

    def group(self, name: str) -> str:
        """The heading of a group."""
        return "" if self._files == {name} else name

    def name(self, metric: Metric, *, family: bool = False) -> Inline:
        """The declared title, or the key under its heading; both where several metrics have that title."""
        heading, title = self.heading(metric), metric.written.title
        key = metric.key if heading in {"", metric.file} else f"{metric.file.removeprefix(heading)}:{metric.key}"
        if title and (family or self._titles[metric.file, title] == 1):
            return line(shorten(title, NAME_LIMIT))
        return line(*([f"{shorten(title, NAME_LIMIT)} "] if title else []), Name(key))
