"""What ``gather`` reads of one revision. Values here are as the files hold them, NaN included."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from headway.values.count import Count
from headway.values.problem import Problem
from headway.values.revision import Revision

Scalar = bool | int | float | str
"""A metric's value. Numbers may be NaN or infinite here."""

ParamValue = Any
"""A parameter's value: a scalar, a date or time, ``None``, or a list as the file holds it."""


class Out(msgspec.Struct, frozen=True, kw_only=True):
    """A file or folder that DVC tracks, as its ``.dvc`` file or dvc.lock records it.

    Attributes:
        hash: the content hash with its algorithm, ``"md5:0cc1..."``; a folder's ends in ``.dir``. DVC 2 wrote
            ``md5-dos2unix``, the MD5 of a text with its line endings converted to LF.
        size: the total size in bytes; ``None`` if dvc.lock does not record it.
        files: the number of files in a folder; ``None`` for a single file.
    """

    hash: str
    size: Count | None = None
    files: Count | None = None


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """A pipeline stage as ``dvc.lock`` records its last run.

    Attributes:
        cmd: the command line that ran.
        deps: hash of each dependency by path.
        params: values by parameter file and dotted key.
        outs: hash of each output by path.
        sizes: bytes of each dependency and output by path, where the lock says.
        always_changed: whether dvc.yaml runs the stage every time; such a stage says nothing about causes.
    """

    cmd: str
    deps: Mapping[str, str] = {}
    params: Mapping[str, Mapping[str, ParamValue]] = {}
    outs: Mapping[str, str] = {}
    sizes: Mapping[str, int] = {}
    always_changed: bool = False


class Axis(msgspec.Struct, frozen=True):
    """One column of one plot file, paths relative to the repository's root."""

    file: str
    field: str


class PlotDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """A plot as dvc.yaml or a stage's output declares it, with files resolved but no data read.

    Attributes:
        id: DVC's plot id, with the ``dvc.yaml::`` prefix only where the id is used twice.
        source: the dvc.yaml that declares it at its top level; empty for the output of a stage.
        form: ``"image"`` for an image file, else ``"table"``.
        files: every data file the plot reads, in order, without repeats.
        x: the x columns; empty means the row number. One column serves every y; several pair up with y.
        y: the y columns; empty means the last column of the file.
        template: the DVC template's name; ``"linear"`` where none is given.
        custom: the template's own Vega-Lite program where it comes from ``.dvc/plots``, else ``None``.
        header: whether a CSV or TSV begins with column names; without, columns are called "0", "1", ...
        borrowed: whether this side has the files and only the other side declares the plot.
    """

    id: str
    form: Literal["table", "image"]
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


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Everything Headway knows of one revision before it opens a plot file.

    Metric and parameter keys are dotted paths; a part that itself holds a dot, a quote or nothing is written in
    double quotes as in TOML (``val."mAP@0.5"``), so two different keys never look the same.

    Attributes:
        revision: which revision this is.
        metrics: scalar metrics by file and key. A declared file that could not be read is absent.
        unavailable: metrics files that are declared and missing, or could not be read.
        no_metrics: what metrics files hold that is no metric, such as null or a list, likewise.
        unreadable: metric and parameter files that are declared but could not be read (missing from the cache, broken).
        params: parameters by file and key.
        stages: pipeline stages by address (``"train"``, ``"sub/dvc.yaml:train"``) from the lock files.
        unrecorded: addresses of the stages that have no entry in the lock files.
        data: data and models that DVC keeps, by path, without metrics, plots and what stands in git.
        models: the paths that are declared to be models, as artifacts or outputs of that type.
        others: the recorded outputs that are no such data, by path.
        plots: plot definitions in DVC's order.
        incomplete: whether a pipeline file could not be read, so that what the snapshot lacks may be there.
        notes: lines for the report's headline, such as why this side is empty.
        problems: what could not be read.
    """

    revision: Revision
    metrics: Mapping[str, Mapping[str, Scalar]] = {}
    unavailable: tuple[str, ...] = ()
    no_metrics: Mapping[str, Mapping[str, Any]] = {}
    unreadable: frozenset[str] = frozenset()
    params: Mapping[str, Mapping[str, ParamValue]] = {}
    stages: Mapping[str, Stage] = {}
    unrecorded: frozenset[str] = frozenset()
    data: Mapping[str, Out] = {}
    models: frozenset[str] = frozenset()
    others: Mapping[str, Out] = {}
    plots: tuple[PlotDefinition, ...] = ()
    incomplete: bool = False
    notes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
