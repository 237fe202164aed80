"""The report: the value that report.json stores, and that all renderings and comments are functions of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec import UNSET, UnsetType

from headway.values.chart import Chart
from headway.values.comparability import Comparability
from headway.values.comparison import DataChange, Metric, Param, Shown, Slice, StageChange, UnavailableFile
from headway.values.count import Count
from headway.values.dataset import DatasetChange
from headway.values.evidence import Pairing
from headway.values.flips import Flips
from headway.values.gate import Gates
from headway.values.problem import Problem
from headway.values.revision import Revision
from headway.values.rules import Rules
from headway.values.speed import Speed
from headway.values.verification import Verification

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA = "headway.report/2"
IMAGE_FOLDER = "charts"
"""The folder next to report.json that contains all its images."""
SHOWN_IMAGES = (("before", "before_dark"), ("image", "image_dark"), ("difference", "difference_dark"))
"""The fields of an image chart or an image include that name the images to show, in reading order, for both themes."""
IMAGE_ROLES = (*(role for roles in SHOWN_IMAGES for role in roles), "base", "head")
"""Its fields that are paths of images."""
_IMAGES = "_images"


Scope = Literal["all", "data", "description", "speed"]

SectionName = Literal[
    "metrics", "speed", "flips", "parameters", "why", "data", "datasets", "charts", "includes", "notes"
]
Display = Literal["show", "fold", "hide"]


class SectionLayout(msgspec.Struct, frozen=True, kw_only=True):
    """How a section is shown.

    Attributes:
        section: the section.
        display: whether it is shown in full, folded where the place can fold, or left out.
    """

    section: SectionName
    display: Display


class Include(msgspec.Struct, frozen=True, kw_only=True):
    """A section of your own: a file from the repository.

    Attributes:
        path: the file, relative to the repository's root.
        title: the section's heading.
        form: how the file is shown.
        base, head: the file's text, or for an image the path of its copy, relative to report.json; ``None`` if the side
            has no such file.
        image, image_dark: the path of the PNG that shows head of an image, or the only side, or both sides if they are
            identical, for light and for dark pages; ``None`` if there is none.
        width: the width in CSS pixels at which the text of the PNGs has its natural size.
        before, before_dark: the path of the PNG that shows base, if head differs from it.
        difference, difference_dark: the path of the PNG that shows where they differ; ``None`` where it would say
            nothing.
    """

    path: str
    title: str
    form: Literal["text", "markdown", "image"]
    base: str | None
    head: str | None
    image: str | None = None
    image_dark: str | None = None
    width: Count | None = None
    before: str | None = None
    before_dark: str | None = None
    difference: str | None = None
    difference_dark: str | None = None


class Report(Shown, msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag=SCHEMA, dict=True):
    """How far a change moved the model: the comparison of one base and one head.

    Attributes:
        generator: the version of Headway that wrote the report.
        project: the folder of the DVC project, relative to the git repository's root; empty at the root.
        base, head: the revision that the change started from, and the revision with the change.
        notes: sentences for below the headline, such as "Base and head are the same commit, so nothing can differ".
        gates: what became of the gates; absent if the settings declare none.
        metrics: all metrics of both sides, sorted by file and key.
        params: the parameters that changed, sorted by file and key.
        stages: the stages whose recorded run differs, in pipeline order, with the causes.
        data: the tracked files and folders that changed, sorted by path.
        charts: the plots in DVC's order, numbered files in the order of their numbers.
        includes: your own sections.
        problems: the footnotes.
        datasets: what changed inside the tables and folders of ``data``.
        verification: whether dvc.lock is up to date; ``None`` if head is a commit, which Headway does not verify.
        unavailable: the metrics files that a side declares but that could not be read.
        layout: the sections of which the settings say where they stand and how they are shown, in order.
        comparability: why metrics cannot be compared, per stage that writes them.
        same_evaluation: the files and folders that all changed metrics are computed on, if both sides are known to have
            the same rows in them; else empty.
        pairings: how the rows of the tables of predictions are matched between the sides.
        slices: metrics on the rows of single slices, such as those of one site or device.
        flips: the predictions that only one side has right, by table.
        scope: what the report covers: everything, the data alone, a description of head's data, beside which base is
            empty, or the speed alone.
        rules: whose rules judge, and what head changes in base's; absent if neither side declares rules.
        anchor: the second revision that gates judge head against; absent if the settings that judge name none. Its
            ``sha`` is ``None`` if it cannot be read, and a problem says why.
        speed: the speed test; absent if nothing was measured.
    """

    generator: str
    project: str
    base: Revision
    head: Revision
    notes: tuple[str, ...] = ()
    gates: Gates | UnsetType = UNSET
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
    same_evaluation: tuple[str, ...] = ()
    pairings: tuple[Pairing, ...] = ()
    slices: tuple[Slice, ...] = ()
    flips: tuple[Flips, ...] = ()
    unavailable: tuple[UnavailableFile, ...] = ()
    layout: tuple[SectionLayout, ...] = ()
    scope: Scope = "all"
    rules: Rules | UnsetType = UNSET
    anchor: Revision | UnsetType = UNSET
    speed: Speed | UnsetType = UNSET

    @property
    def images(self) -> Mapping[str, bytes]:
        """The images by the paths that the charts and your own sections name, relative to report.json.

        Only the report that :func:`headway.build_report` returned has them. They are no field: report.json holds the
        paths, two reports that differ in nothing else are equal, and a copy or one that was read has none.
        """
        images: Mapping[str, bytes] = self.__dict__.get(_IMAGES, {})
        return images

    def with_images(self, images: Mapping[str, bytes]) -> Report:
        """The same report with the images of its charts, by path, which a notebook shows."""
        report = msgspec.structs.replace(self)
        report.__dict__[_IMAGES] = images
        return report
