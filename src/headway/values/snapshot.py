"""What ``gather`` reads from one revision. Values are as the files contain them, NaN included."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Literal

import msgspec

from headway.values.count import Count
from headway.values.problem import Problem
from headway.values.revision import Revision

Scalar = bool | int | float | str
"""A metric's value, which may be NaN or infinite."""

ParamValue = Any
"""A parameter's value: a scalar, a date or time, ``None``, a list or a mapping."""


class Out(msgspec.Struct, frozen=True, kw_only=True):
    """A file or folder that DVC tracks, as dvc.lock or its ``.dvc`` file records it.

    Attributes:
        hash: the content hash with its algorithm, such as ``md5:0cc1...``; a folder's hash ends in ``.dir``. DVC 2
            wrote ``md5-dos2unix``: the MD5 of a text file with LF line endings.
        size: the total size in bytes; ``None`` if it is not recorded.
        files: the number of files in a folder; ``None`` for a single file.
    """

    hash: str
    size: Count | None = None
    files: Count | None = None


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """A pipeline stage as ``dvc.lock`` records its last run.

    Attributes:
        cmd: the command line that ran.
        deps: the hash of each dependency, by path.
        params: the values, by parameter file and dotted key.
        outs: the hash of each output, by path.
        sizes: the recorded sizes in bytes of dependencies and outputs, by path.
        always_changed: whether dvc.yaml runs the stage every time, so a new run has no cause.
    """

    cmd: str
    deps: Mapping[str, str] = {}
    params: Mapping[str, Mapping[str, ParamValue]] = {}
    outs: Mapping[str, str] = {}
    sizes: Mapping[str, int] = {}
    always_changed: bool = False


class Axis(msgspec.Struct, frozen=True):
    """One column of one plot file, whose path is relative to the repository's root."""

    file: str
    field: str


_PLOT_FOLDERS = re.compile(r"(^|/)plots/(?:metrics|images|sklearn)/")


class PlotDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """A plot as dvc.yaml or a stage's output declares it, before its data is read.

    Attributes:
        id: DVC's plot id, with the ``dvc.yaml::`` prefix only if the id is used twice.
        source: the dvc.yaml that declares the plot at its top level; empty for the output of a stage.
        form: ``"image"`` for an image file, ``"events"`` for the event files of TensorBoard, else ``"table"``.
        files: the files that the plot reads, in order, each once.
        x: the x columns; empty means the row number. One column serves every y, several pair up with y.
        y: the y columns; empty means the last column of the file. Of event files, the tags; empty means all.
        template: the DVC template's name, by default ``"linear"``.
        custom: the template's Vega-Lite program if it comes from ``.dvc/plots``, else ``None``.
        header: whether a CSV or TSV file begins with column names; otherwise columns are named "0", "1", ...
        borrowed: whether this side has the files but only the other side declares the plot.
        folder: of event files, the folder whose subfolders are the runs; else empty.
    """

    id: str
    form: Literal["table", "image", "events"]
    files: tuple[str, ...]
    x: tuple[Axis, ...] = ()
    y: tuple[Axis, ...] = ()
    template: str = "linear"
    custom: Mapping[str, Any] | None = None
    title: str | None = None
    x_label: str | None = None
    y_label: str | None = None
    header: bool = True
    source: str = ""
    borrowed: bool = False
    folder: str = ""

    @property
    def heading(self) -> str:
        """The declared title, or the file without its ending and without the folders that DVCLive puts plots in."""
        if self.title or self.id not in self.files:
            return self.title or self.id
        return _PLOT_FOLDERS.sub(r"\1", self.id).removeprefix("dvclive/").removesuffix(PurePosixPath(self.id).suffix)


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What Headway knows of one revision before it opens plots and data.

    Metric and parameter keys are dotted paths; a part that contains a dot or a quote, or is empty, is written in double
    quotes as in TOML (``val."mAP@0.5"``), so different keys never look the same.

    Attributes:
        revision: the revision.
        metrics: scalar metrics by file and key. A declared file that could not be read is absent.
        unavailable: metrics files that are declared but missing or unreadable.
        no_metrics: values in metrics files that are not metrics, such as null or a list, by file and key.
        unreadable: metrics and parameter files that are declared but could not be read.
        params: parameters by file and key.
        unavailable_params: parameter files that are declared but missing or unreadable.
        stages: pipeline stages from the lock files, by address (``"train"``, ``"sub/dvc.yaml:train"``).
        unrecorded: the addresses of the stages that have no entry in the lock files.
        data: data and models that DVC caches, by path, without metrics, plots and files in git.
        models: the paths that are declared to be models, as artifacts or outputs of that type.
        others: all other recorded outputs, by path.
        plots: plot definitions in DVC's order.
        incomplete: whether a pipeline file could not be read, so the snapshot may lack something that exists.
        notes: sentences below the report's headline, such as why this side is empty.
        problems: what could not be read.
    """

    revision: Revision
    metrics: Mapping[str, Mapping[str, Scalar]] = {}
    unavailable: tuple[str, ...] = ()
    no_metrics: Mapping[str, Mapping[str, Any]] = {}
    unreadable: frozenset[str] = frozenset()
    params: Mapping[str, Mapping[str, ParamValue]] = {}
    unavailable_params: tuple[str, ...] = ()
    stages: Mapping[str, Stage] = {}
    unrecorded: frozenset[str] = frozenset()
    data: Mapping[str, Out] = {}
    models: frozenset[str] = frozenset()
    others: Mapping[str, Out] = {}
    plots: tuple[PlotDefinition, ...] = ()
    incomplete: bool = False
    notes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
