"""Everything that a project can set, as frozen values."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import msgspec

from headway.values.count import LARGEST_COUNT
from headway.values.gate import GatePolicy, Reference
from headway.values.metric_format import Direction, MetricFormat
from headway.values.registry.names import STAGE
from headway.values.report import Display, SectionName

IMAGES_BRANCH = "headway-images"
"""The default branch for images."""
MOST_INCLUDES = 200
"""Your own sections that a report can have."""

ImagePlace = Literal["auto", "branch", "upload", "bucket", "none"]
"""Where images are stored so that a comment can show them."""


class FormatRule(MetricFormat, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a metric is written: ``digits``, ``percent``, ``unit`` and ``title``."""

    unit: Annotated[str, msgspec.Meta(max_length=20)] = ""
    title: Annotated[str, msgspec.Meta(max_length=100)] = ""


EstimatorName = Literal[
    "accuracy",
    "error",
    "precision",
    "recall",
    "f1",
    "mcc",
    "kappa",
    "balanced_accuracy",
    "roc_auc",
    "average_precision",
    "log_loss",
    "brier",
    "top_k",
    "mae",
    "mse",
    "rmse",
    "r2",
    "mape",
    "quantile_loss",
    "mean",
]
Average = Literal["micro", "macro", "weighted"]
Task = Literal["binary", "multiclass", "multilabel", "regression", "scores"]
Positive = Annotated[float, msgspec.Meta(gt=0)]
NotNegative = Annotated[float, msgspec.Meta(ge=0)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Label = str | int | float | bool

# What :mod:`headway.settings.checks` says in words of a single text, as patterns for the editors that read the schema.
_InProject = Annotated[str, msgspec.Meta(extra_json_schema={"pattern": r"^(?!/|\.\.(/|$))."})]
_OneAsterisk = Annotated[str, msgspec.Meta(extra_json_schema={"pattern": r"^([^*]*\*[^*]*)?$"})]
_Curve = Annotated[str, msgspec.Meta(extra_json_schema={"pattern": r"^.+:.+$"})]
_Stage = Annotated[str, msgspec.Meta(extra_json_schema={"pattern": f"^{STAGE}$"})]


class Estimator(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a metric is computed from predictions.

    Attributes:
        name: the metric, as scikit-learn defines it; ``mean`` is the mean of a column.
        average: how the classes of ``precision``, ``recall``, ``f1``, ``roc_auc`` and so on are averaged.
        class_: the one class that such a metric is about; ``*`` is what the pattern's asterisk stands for in the key.
        k: the number of most probable classes that ``top_k`` accepts.
        quantile: the quantile of ``quantile_loss``.
        column: the column of ``mean``.
    """

    name: EstimatorName
    average: Average | None = None
    class_: Label | None = msgspec.field(default=None, name="class")
    k: Annotated[int, msgspec.Meta(ge=1)] = 5
    quantile: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.5
    column: str = ""


class Tolerance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The largest change that a gate allows; if both are given, neither may be exceeded.

    Attributes:
        absolute: in the metric's own unit.
        relative: as a share of the base's absolute value.
    """

    absolute: NotNegative | None = None
    relative: NotNegative | None = None


class GateLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What head must satisfy. Every rule that is given must pass.

    Attributes:
        margin: the evidence must show that head is not worse by more than this, in the metric's own unit.
        require_improvement: the evidence must show that head is better.
        min, max: the smallest and the largest value allowed.
        max_regression, max_improvement: the largest change allowed towards worse and towards better, as a number
            without an interval: in the metric's own unit, or a table with ``absolute``, ``relative`` or both.
        on_cannot_tell: what a rule that cannot tell means; by default ``warn``, and ``pass`` for a metric of one class
            and on slices.
    """

    margin: Positive | None = None
    require_improvement: bool = False
    min: float | None = None
    max: float | None = None
    max_regression: NotNegative | Tolerance | None = None
    max_improvement: NotNegative | Tolerance | None = None
    on_cannot_tell: GatePolicy | None = None


class GateRule(GateLimits, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The gate of a metric.

    Attributes:
        slices: what each slice of its predictions must satisfy.
        against: what head, and each of its slices, is judged against: ``base``, ``anchor`` or both; by default both if
            the settings name an anchor, else base. ``max_improvement`` and ``max_slowdown`` always judge the change
            from base, and ``min`` and ``max`` judge head alone.
        max_slowdown: the share by which head may take more time than base, by the 90% interval: 0.1 is a tenth. It
            applies to metrics that depend on the machine, which only ``headway speed`` measures.
    """

    slices: GateLimits | None = None
    max_slowdown: Positive | None = None
    against: Annotated[tuple[Reference, ...], msgspec.Meta(min_length=1)] | None = None


class MetricRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule for the metrics that a pattern matches.

    Attributes:
        direction: ``higher`` or ``lower``, whichever is better. Without it, a change is shown but never called better
            or worse.
        machine: whether the metric depends on the machine, as a latency does. Such a metric of a file is shown, not
            compared; it is judged where ``headway speed`` measures both sides.
        estimator: how the metric is computed from predictions: a name, or a table with more than a name. Without it,
            predictions say nothing about the metric.
        margin: the largest change, in the metric's own unit, that does not matter.
        rows: how many rows the metric is computed on, or the key of a metric that says so; used where there are no
            predictions.
        predictions: the path of the table that the metric is computed from, if the pipeline does not show it.
        gate: what the metric must satisfy. ``margin`` above serves the words of the verdict; it is no gate.
        unit: short for the unit in ``format``; in settings that were read, it is empty, and ``format`` has the unit.
        format: how the metric is written: ``percent``, or a table of what differs from the default.
    """

    direction: Direction | None = None
    machine: bool = False
    estimator: EstimatorName | Estimator | None = None
    margin: Positive | None = None
    rows: Annotated[int, msgspec.Meta(ge=1, le=LARGEST_COUNT)] | str | None = None
    predictions: str | None = None
    gate: GateRule | None = None
    unit: Annotated[str, msgspec.Meta(max_length=20)] = ""
    format: Literal["percent"] | FormatRule | None = None

    @property
    def estimating(self) -> Estimator | None:
        """The estimator as a table, also if only its name is given."""
        return Estimator(name=self.estimator) if isinstance(self.estimator, str) else self.estimator


class ExamplesRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the report shows of an example that was fixed or broken.

    Attributes:
        image: the column with the path of an image, relative to the project's root.
        pixels: a pattern over the columns with the gray levels of a square image, row by row.
        text: the columns with texts.
        table: the table with these columns, by default the predictions; it has the same ``id``.
    """

    image: str = ""
    pixels: str = ""
    text: tuple[str, ...] = ()
    table: str = msgspec.field(default="", name="from")


class PredictionsRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table with one row per example that the model was tested on.

    Attributes:
        path: the table, or a folder of its parts, relative to the project's root.
        id: the column that identifies an example; without it, nothing pairs the rows, and the sides are independent.
        actual: the column with the correct answer; for ``multilabel`` a pattern over the columns of the labels. A task
            of ``scores`` has none.
        predicted: the column with the answer of the model, likewise.
        probabilities: the columns with the probability of each class: a pattern (``p_*``) whose asterisk stands for the
            class, or the column of each class by its name.
        score: the column with the score of the positive class.
        positive: the positive class of a binary task; by default the last of both in natural order.
        group: the column that says which rows belong together, such as a user or a patient.
        slices: columns whose values divide the rows into slices.
        task: what is predicted; by default found from the columns.
        overlap: the share of all ids that both sides must have for their metrics to be compared.
        examples: what the report shows of the examples that were fixed or broken.
    """

    path: _InProject
    id: str = ""
    actual: str = ""
    predicted: str = ""
    probabilities: _OneAsterisk | dict[str, str] = ""
    score: str = ""
    positive: Label | None = None
    group: str = ""
    slices: tuple[str, ...] = ()
    task: Task | None = None
    overlap: Share = 0.8
    examples: ExamplesRule | None = None


class IncludeRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of your own sections.

    Attributes:
        path: a text, Markdown or image file, relative to the project's root.
        title: the section's heading; by default, the path.
    """

    path: str
    title: str | None = None


class Range(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The numbers allowed in a column.

    Attributes:
        min: the smallest number allowed; ``None`` is no limit.
        max: the largest number allowed, likewise.
    """

    min: float | None = None
    max: float | None = None


class DataRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule for the tables that a pattern matches.

    Attributes:
        id: the column that identifies a row.
        label: the column with the class.
        splits: tables that must not share a row, relative to the project's root.
        required: columns that must exist and have no missing value.
        ranges: the numbers allowed, by column name or by a glob over column names.
        labels: the classes allowed.
        max_class_share_change: how much a class's share of the rows may change, from 0 to 1.
    """

    id: str | None = None
    label: str | None = None
    splits: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    ranges: dict[str, Range] = {}
    labels: tuple[str | int | float | bool, ...] = ()
    max_class_share_change: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None


class TrainingRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a curve of head's training must satisfy: a column with one value for each epoch, on validation data.

    Attributes:
        direction: which direction of the curve is better.
        train: the same on training data: a column of the same file, or ``file:column``.
        best_before_last: the best value is not in the last row, as it is if training was stopped too early.
        finite: all values of both columns are finite numbers.
        max_gap: by how much validation may be worse than train in the row with the best value.
        on_cannot_tell: what a rule that cannot tell means; by default ``warn``.
    """

    direction: Direction | None = None
    train: str = ""
    best_before_last: bool = False
    finite: bool = False
    max_gap: NotNegative | None = None
    on_cannot_tell: GatePolicy | None = None


class OtherGates(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Gates on what is no metric.

    Attributes:
        data: what a change of files and folders needs, by path or pattern over the paths that DVC records.
        params: what a change of parameters needs, by pattern, as under ``metrics``.
        training: what curves must satisfy, by ``file:column``.
    """

    data: dict[str, Literal["approval"]] = {}
    params: dict[str, Literal["approval"]] = {}
    training: dict[_Curve, TrainingRule] = {}


class StageRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a version must satisfy to be promoted to a stage.

    Attributes:
        after: the stage that the version must have had before.
        margins: by how much the version may be worse than the one in the stage, by rule of ``metrics``. Each must be
            smaller than the margin of that rule's gate. Without margins, the version must be better.
    """

    after: str = ""
    margins: dict[str, Positive] = {}


class AcceptedRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody accepts that a gate fails, for a time.

    Attributes:
        what: the gate: a metric, a path, a parameter or a curve, or a pattern over these.
        by: who accepts it.
        why: the reason.
        until: the last day on which it is accepted, at most a year ahead.
    """

    what: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    by: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    why: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    until: date


class ImageSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where images are stored so that a comment can show them.

    Attributes:
        store: the kind of store; ``auto`` lets Headway choose.
        branch: the branch for images, on GitHub.
        bucket: the bucket, such as ``"s3://bucket/folder"``; empty for none.
        bucket_url: the public URL of the bucket's content.
    """

    store: ImagePlace = "auto"
    branch: str = IMAGES_BRANCH
    bucket: str = ""
    bucket_url: str = ""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that a project can set.

    Attributes:
        base: the branch, tag or commit to compare with if neither the command line nor CI names a base.
        metrics: rules by pattern: a metric's key, a glob over keys (``precision.*``), or either one after a file
            (``reports/latency.json:*``). The first pattern that matches applies.
        headline: the metrics that the first line of a report names, each a key or a pattern as under ``metrics``. If
            the key is missing, the first three rules of ``metrics`` name them, or the first three metrics at the top
            level of the first metrics file.
        sections: which sections come first, in this order, and how each is shown: ``show``, ``fold`` or ``hide``. The
            notes cannot be hidden.
        include: your own sections, in the order listed.
        data: rules by path of a table, or by a glob over the paths of tables that DVC tracks. The first pattern that
            matches applies.
        evaluation: the files and folders that metrics are computed on, relative to the project's root. If the key is
            missing, they are found in the pipeline; if it is empty, every change may be judged.
        predictions: tables of predictions. Their ids and correct answers show whether both sides were tested on the
            same examples, and their rows are the evidence for metrics with an estimator.
        threshold: the decision threshold that ROC and precision-recall curves mark: a number, or a parameter that
            contains it, as ``key`` or ``file:key``.
        runs: a pattern over metrics files of other seeds, one file a run; the runs are paired if both sides have the
            same paths. Where it matches files, they are the evidence for metrics without predictions.
        anchor: the tag, branch or commit that gates judge head against besides base, such as the released version; or a
            stage of the model registry (``production``, ``digits#production``), for the version that has it.
        gates: gates on data, parameters and training; those on metrics are under ``metrics``.
        stages: what a version must satisfy to be promoted, by stage of the model registry. If the key is missing, any
            stage may be named, and a version must be better than the one in the stage.
        accepted: gates that may fail for a time, and who accepts that. Of all that judges, only this key comes from
            head's settings.
        images: where images are stored when a report is posted: the kind of store, or all of its settings. The commands
            that talk to a forge read only this key, and they read it from the folder that they run in.
    """

    base: str | None = None
    metrics: dict[str, MetricRule] = {}
    headline: tuple[str, ...] | None = None
    sections: dict[SectionName, Display] = {}
    include: Annotated[tuple[IncludeRule, ...], msgspec.Meta(max_length=MOST_INCLUDES)] = ()
    data: dict[str, DataRule] = {}
    evaluation: tuple[str, ...] | None = None
    predictions: tuple[PredictionsRule, ...] = ()
    threshold: Annotated[float, msgspec.Meta(ge=0, le=1)] | str | None = None
    runs: str = ""
    anchor: str | None = None
    gates: OtherGates = OtherGates()
    stages: dict[_Stage, StageRule] = {}
    accepted: tuple[AcceptedRule, ...] = ()
    images: ImagePlace | ImageSettings = ImageSettings()
