"""The report: the one value that every rendering and every forge is fed from, and report.json word for word."""

from __future__ import annotations

from typing import Literal

import msgspec

from headway.values.chart import Chart
from headway.values.comparability import Comparability
from headway.values.comparison import DataChange, Metric, Param, StageChange, UnavailableFile
from headway.values.dataset import DatasetChange
from headway.values.problem import Problem
from headway.values.revision import Revision
from headway.values.verification import Verification

SCHEMA = "headway.report/2"
IMAGE_FOLDER = "charts"
"""The folder beside report.json that holds every image it names."""
IMAGE_ROLES = ("image", "image_dark", "base", "head")
"""The fields of a chart or of an image include that name an image."""


class Include(msgspec.Struct, frozen=True, kw_only=True):
    """One of your own sections: a file that the report shows, with base and head side by side.

    Attributes:
        path: the file, relative to the repository's root.
        title: the section's heading.
        form: how the file is shown.
        base, head: the text; for an image, the path of its copy, relative to report.json; ``None`` if a side has no
            such file.
        image, image_dark: for an image, the path of the PNG that shows both sides; ``None`` if there is none.
    """

    path: str
    title: str
    form: Literal["text", "markdown", "image"]
    base: str | None
    head: str | None
    image: str | None = None
    image_dark: str | None = None


class Report(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag=SCHEMA):
    """How far a change moved the model.

    Attributes:
        generator: the version of Headway that wrote it.
        project: the DVC project's folder inside the git repository; empty at its root.
        base, head: the two sides.
        notes: sentences for the headline, such as "Base and head are the same commit".
        metrics: all metrics of both sides, sorted by file and key.
        params: the parameters that changed.
        stages: the stages whose recorded run changed, in pipeline order, with the causes.
        data: the tracked files and folders that changed.
        charts: the plots, in DVC's order; the plots of a folder are sorted by the numbers in the files' names.
        includes: your own sections.
        problems: the footnotes.
        datasets: what changed inside the tables and folders of ``data``.
        verification: whether dvc.lock matches the workspace; null if head is a commit, which is not verified.
        unavailable: the metrics files that a side declares but that cannot be read.
        comparability: why metrics may not be comparable, for each stage that writes them.
    """

    generator: str
    project: str
    base: Revision
    head: Revision
    notes: tuple[str, ...] = ()
    metrics: tuple[Metric, ...] = ()
    params: tuple[Param, ...] = ()
    stages: tuple[StageChange, ...] = ()
    data: tuple[DataChange, ...] = ()
    charts: tuple[Chart, ...] = ()
    includes: tuple[Include, ...] = ()
    problems: tuple[Problem, ...] = ()
    datasets: tuple[DatasetChange, ...] = ()
    verification: Verification | None = None
    comparability: tuple[Comparability, ...] = ()
    unavailable: tuple[UnavailableFile, ...] = ()
