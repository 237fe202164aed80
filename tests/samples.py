"""Reports for tests, without a repository: a small language, one realistic report and one hostile one.

``make_report(metrics="acc 0.90 -> 0.92 higher", params="train.lr 0.1 -> 0.01")`` writes what it means. One line is one
entry; ``-`` stands for a side that has no value; a word after the values says which way is better; ``file:`` before a
key names another file than the usual one.
"""

from __future__ import annotations

import base64
import json
import math
import random
from typing import TYPE_CHECKING, Any, Literal, get_args

import msgspec

from headway.report.links import Links
from headway.report.markdown import MarkdownReport, MarkdownWriter
from headway.values.chart import (
    Bar,
    BarChart,
    Chart,
    ConfusionChart,
    ImageChart,
    LineChart,
    Points,
    ScatterChart,
    Series,
    VegaChart,
)
from headway.values.comparability import Comparability, EvaluationInput, InputState, Withheld
from headway.values.comparison import (
    Cause,
    DataChange,
    Metric,
    Param,
    SinceAnchor,
    StageChange,
    Status,
    UnavailableFile,
)
from headway.values.dataset import (
    CellChange,
    Check,
    ClassCount,
    ColumnChange,
    EditedColumn,
    FileChange,
    FolderChange,
    Leak,
    RowChanges,
    RowExample,
    TableChange,
)
from headway.values.evidence import Evidence
from headway.values.flips import ClassFlips, ConfusionChange, ExampleText, Flip, Flips
from headway.values.gate import (
    Acceptance,
    AcceptanceState,
    Gate,
    GateCheck,
    Gates,
    GateSubject,
    OtherGate,
    Reference,
    UnmatchedGate,
)
from headway.values.imagery import (
    ContactSheet,
    Copies,
    FolderImages,
    FormatCount,
    ImageClass,
    ImageSplit,
    MoveCount,
    PixelSizes,
    SizeCount,
    UnreadableImage,
)
from headway.values.problem import Problem
from headway.values.report import Include, Report
from headway.values.revision import Revision
from headway.values.rules import RuleChange, Rules
from headway.values.snapshot import Out
from headway.values.verification import MissingOut, ModifiedOut, NotRunCached, Verification

if TYPE_CHECKING:
    from collections.abc import Iterator

METRICS_FILE = "reports/metrics.json"
PARAMS_FILE = "params.yaml"
CLASSES = tuple("0123456789")
AMOUNTS = {"full": 1.0, "compact": 0.5, "headline": 0.0}
"""Everything, some of the sections, and none: the share of a report's rungs."""

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""The smallest picture."""


def shown(report: Report, amount: float, full_report: str = "", **writer: Any) -> str:
    """The Markdown of a report with only so much of it."""
    page = MarkdownReport(report, MarkdownWriter(**writer), Links(run=full_report))
    return page.text if amount == 1 else page.at(round(amount * (page.rungs - 1)))


def make_report(metrics: str | tuple[Metric, ...] = "", params: str | tuple[Param, ...] = "", **parts: Any) -> Report:
    """A report from lines such as ``"acc 0.90 -> 0.92 higher"``; every other part as the contract has it."""
    read = tuple(map(make_metric, _lines(metrics))) if isinstance(metrics, str) else metrics
    given: dict[str, Any] = {
        "generator": "0.1.0",
        "project": "",
        "base": revision("main", "a1b2c3d", "the merge-base with origin/main"),
        "head": revision("feature", "e4f5a6b", "the commit that is checked out"),
        "metrics": tuple(sorted(read, key=lambda metric: (metric.file, metric.key))),
        "params": tuple(map(make_param, _lines(params))) if isinstance(params, str) else params,
    }
    return Report(**given | parts)


def revision(name: str, start: str, chosen: str, **more: Any) -> Revision:
    return Revision(name=name, sha=start.ljust(40, "0"), chosen=chosen, **more)


def make_metric(line: str) -> Metric:
    """Read ``[file:]key base -> head [higher|lower [verdict]]``; a metric with a verdict has evidence, too."""
    name, base, head, *declared = line.replace("->", " ").split()
    file, key = _name(name, METRICS_FILE)
    read = metric(key, _value(base), _value(head), declared[0] if declared else None, file=file)
    if not declared[1:]:
        return read
    return msgspec.structs.replace(read, verdict=declared[1], evidence=evidence_of(read))


def evidence_of(metric: Metric, **parts: Any) -> Evidence:
    """Evidence for a change, with intervals of 0.02 and 0.016 around it."""
    change = metric.change or 0.0
    given: dict[str, Any] = {
        "method": "mcnemar",
        "covers": "rows",
        "base": metric.base,
        "head": metric.head,
        "estimate": change,
        "p": 0.01,
        "p_adjusted": 0.02,
        "low": change - 0.01,
        "high": change + 0.01,
        "gate_low": change - 0.008,
        "gate_high": change + 0.008,
        "rows": 429,
        "fixed": 12,
        "broken": 3,
        "detectable": 0.014,
        "sources": ("reports/predictions.csv",),
    }
    return Evidence(**given | parts)


def metric(key: str, base: Any, head: Any, direction: Any = None, file: str = METRICS_FILE) -> Metric:
    numbers = all(isinstance(side, int | float) and not isinstance(side, bool) for side in (base, head))
    change = round(head - base, 12) if numbers else None
    return Metric(
        file=file,
        key=key,
        base=base,
        head=head,
        change=change,
        relative=change / base if change is not None and base > 0 else None,
        direction=direction,
        status=_status(base, head),
        rank=0 if direction else None,
    )


def make_param(line: str) -> Param:
    """Read ``[file:]key base -> head``."""
    name, values = line.split(maxsplit=1)
    base, head = (_value(value.strip()) for value in values.split("->"))
    file, key = _name(name, PARAMS_FILE)
    return Param(file=file, key=key, base=base, head=head, status=_status(base, head))


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _name(name: str, usual: str) -> tuple[str, str]:
    file, colon, key = name.rpartition(":")
    return (file, key) if colon else (usual, name)


def _value(word: str) -> Any:
    if word in {"-", "NaN", "Infinity", "-Infinity"}:
        return None if word == "-" else word
    try:
        return json.loads(word)
    except ValueError:
        return word


def _status(base: object, head: object) -> Status:
    if base is None:
        return "added"
    if head is None:
        return "removed"
    return "unchanged" if base == head else "changed"


def digits_report() -> Report:
    """What a pull request on the digits classifier gives: a lower learning rate and a longer training."""
    return make_report(
        metrics=with_key_metrics(_digits_metrics(), "accuracy", "macro_f1", "log_loss"),
        params="""
            train.epochs 20 -> 30
            train.learning_rate 0.1 -> 0.01
            train.scheduler - -> {"name":"cosine","warmup":2}
        """,
        base=revision("main", "a1b2c3d", "the merge-base with origin/main", behind=3, **_commit("Fix the split", 27)),
        head=revision(
            "workspace", "e4f5a6b", "the default", dirty=True, branch="longer", **_commit("Train longer", 28)
        ),
        stages=(
            StageChange(
                name="train",
                causes=(
                    Cause(kind="parameter", what="params.yaml:train.epochs", base=20, head=30),
                    Cause(kind="parameter", what="params.yaml:train.learning_rate", base=0.1, head=0.01),
                    Cause(kind="code", what="src/digits/train.py"),
                ),
            ),
            StageChange(name="evaluate", causes=(Cause(kind="upstream", what="train"),)),
        ),
        data=(
            DataChange(
                path="models/digits.safetensors",
                base=Out(hash="md5:1a", size=118_344),
                head=Out(hash="md5:2b", size=118_344),
            ),
            DataChange(
                path="models/samples",
                base=Out(hash="md5:1a.dir", size=48_120, files=24),
                head=Out(hash="md5:2b.dir", size=51_990, files=26),
            ),
        ),
        charts=digits_charts(),
        includes=(
            Include(
                path="reports/classification_report.txt",
                title="Classification report",
                form="text",
                base=_classification_report(0),
                head=_classification_report(1),
            ),
            Include(path="docs/model_card.md", title="Model card", form="markdown", base=_CARD, head=_CARD),
        ),
        problems=(
            Problem(
                path="reports/plots/attention.csv",
                side="base",
                what="the file is in the cache neither here nor on a remote",
                remedy="run `dvc fetch --all-commits` where the cache is",
            ),
        ),
        verification=_digits_verification(),
    )


def with_key_metrics(lines: str, *keys: str) -> tuple[Metric, ...]:
    """Metrics as for :func:`make_report`, some of which the first line names."""
    made = make_report(lines).metrics
    return tuple(msgspec.structs.replace(one, headline=keys.index(one.key)) if one.key in keys else one for one in made)


def _commit(subject: str, day: int) -> dict[str, str]:
    return {"subject": subject, "author": "Ada Lovelace", "date": f"2026-11-{day}T12:00:00+01:00"}


def _digits_verification() -> Verification:
    """The learning rate was changed once more after the training, and a metric by hand."""
    rate = Cause(kind="parameter", what="params.yaml:train.learning_rate", base=0.01, head=0.02)
    return Verification(
        status="stale",
        stages=(
            StageChange(name="train", causes=(rate, Cause(kind="code", what="src/digits/train.py"))),
            StageChange(name="evaluate", causes=(Cause(kind="upstream", what="train"),)),
        ),
        modified=(ModifiedOut(path=METRICS_FILE, owner="evaluate", state="modified"),),
        uncommitted=(METRICS_FILE,),
    )


_CARD = """# Digits

A small convolutional network for 8 x 8 digits. **Not** for cheques.

| Split | Rows |
| --- | ---: |
| train | 1,081 |
| test | 358 |
"""


def _digits_metrics() -> str:
    per_class = [
        f"{kind}.{label} {value:.4f} -> {head:.4f} higher"
        for kind, shift in (("precision", 3), ("recall", 5))
        for label in range(10)
        for value in [0.95 + (label * shift % 7) / 150]
        for head in [value + ((label * shift) % 4 - 1) / 300 if label % 3 == 0 else value]
    ]
    return "\n".join(
        [
            "accuracy 0.9821 -> 0.9860 higher",
            "macro_f1 0.98197 -> 0.98584 higher",
            "log_loss 0.0712 -> 0.0533 lower",
            "brier 0.0301 -> 0.0248 lower",
            "roc_auc_ovr 0.99943 -> 0.99961 higher",
            "epochs 20 -> 30",
            "best_epoch 17 -> 28",
            "rows 358 -> 358",
            "parameters 29034 -> 29034",
            *per_class,
            "reports/latency.json:median_ms 0.412 -> 0.435 lower",
            "reports/latency.json:p95_ms 0.733 -> 0.733 lower",
        ]
    )


def digits_charts() -> tuple[Chart, ...]:
    epochs = tuple(float(epoch) for epoch in range(1, 31))
    return (
        LineChart(
            id="learning curve",
            title="Learning curve",
            alt="Line chart. Validation loss ends at 0.0533, was 0.0712.",
            series=tuple(
                Series(
                    name=name,
                    base=Points(epochs[:20], _decay(start, 0.18, end, 20)),
                    head=Points(epochs, _decay(start, 0.15, end * 0.75, 30)),
                )
                for name, start, end in (("train_loss", 2.2, 0.03), ("val_loss", 2.1, 0.0712))
            ),
            x_label="epoch",
            y_label="loss",
            **_images("learning-curve"),
        ),
        ConfusionChart(
            id="confusion",
            title="Confusion",
            alt="Confusion matrix of 10 classes. 353 of 358 right, was 351.",
            labels_x=CLASSES,
            labels_y=CLASSES,
            base=_confusion(((8, 1), (1, 8), (3, 9), (5, 9), (4, 7), (2, 3), (7, 4))),
            head=_confusion(((8, 1), (1, 8), (3, 9), (5, 3), (6, 8))),
            x_label="predicted",
            y_label="actual",
            **_images("confusion"),
        ),
        _curve("ROC", ("false positive rate", "true positive rate"), _rising(0.020), _rising(0.015)),
        _curve("Precision and recall", ("recall", "precision"), _falling(), _falling()),
        LineChart(
            id="calibration",
            title="Calibration",
            alt="Line chart against the diagonal.",
            series=(
                Series(
                    name="",
                    base=Points(_tenths(), tuple(min(1.0, x * 0.9 + 0.03) for x in _tenths())),
                    head=Points(_tenths(), tuple(min(1.0, x * 0.97 + 0.01) for x in _tenths())),
                ),
            ),
            x_label="predicted probability",
            y_label="share right",
            diagonal=True,
            **_images("calibration"),
        ),
        BarChart(
            id="f1 per class",
            title="F1 per class",
            alt="Bar chart of 10 classes. The largest change is +0.02 in class 3.",
            bars=tuple(
                Bar(label=label, base=0.96 + int(label) * 0.003, head=0.97 + int(label) * 0.0025) for label in CLASSES
            ),
            value_label="F1",
            category_label="class",
            **_images("f1-per-class"),
        ),
    )


def _images(stem: str) -> dict[str, Any]:
    return {"image": f"charts/{stem}.png", "image_dark": f"charts/{stem}-dark.png"}


def _decay(start: float, rate: float, end: float, epochs: int) -> tuple[float, ...]:
    noise = random.Random(epochs)  # noqa: S311  a seeded wobble, no secret
    return tuple(
        round(end + (start - end) * math.exp(-rate * epoch) * noise.uniform(0.9, 1.1), 4) for epoch in range(epochs)
    )


def _tenths() -> tuple[float, ...]:
    return tuple(step / 10 for step in range(11))


def _curve(title: str, labels: tuple[str, str], base: Points, head: Points) -> LineChart:
    stem = title.lower().replace(" ", "-")
    return LineChart(
        id=stem,
        title=title,
        alt=f"{title}: one curve.",
        series=(Series(name="", base=base, head=head),),
        x_label=labels[0],
        y_label=labels[1],
        **_images(stem),
    )


def _rising(bend: float) -> Points:
    return Points(_fiftieths(), tuple(round(x ** (bend * 4), 4) for x in _fiftieths()))


def _falling() -> Points:
    return Points(_fiftieths(), tuple(round(1 - x**80, 4) for x in _fiftieths()))


def _fiftieths() -> tuple[float, ...]:
    return tuple(step / 50 for step in range(51))


def _confusion(errors: tuple[tuple[int, int], ...]) -> tuple[tuple[int, ...], ...]:
    counts = [[36 if row == column else 0 for column in range(10)] for row in range(10)]
    for actual, predicted in errors:
        counts[actual][predicted] += 1
        counts[actual][actual] -= 1
    return tuple(map(tuple, counts))


def _classification_report(better: int) -> str:
    lines = [f"{'':>12}{'precision':>11}{'recall':>9}{'f1-score':>10}{'support':>9}", ""]
    for label in range(10):
        score = 0.96 + (label * 3 % 4) / 100 + (better / 100 if label % 4 == 0 else 0)
        lines.append(f"{label:>12}{score:>11.2f}{score - 0.01:>9.2f}{score:>10.2f}{36:>9}")
    lines += ["", f"{'accuracy':>12}{'':>20}{0.9821 + better * 0.0039:>10.4f}{358:>9}"]
    return "\n".join(lines) + "\n"


HOSTILE = (
    "@everyone closes #1 [x](https://evil.example) ![y](//evil.example/z.png) <img src=x onerror=alert(1)> | ` `` </td>"
    " <!-- www.evil.example a@evil.example :tada: $x$ \u202egnp.exe\u200b\x1b[31m\x07\r\n\n# heading\n```\n"
    "</script>[bold]"
)
"""A name that tries everything at once."""


def hostile_report() -> Report:
    """Every place that a repository can write into holds :data:`HOSTILE`, shortened or not."""
    return make_report(
        generator=HOSTILE,
        project=HOSTILE,
        base=Revision(name=HOSTILE, sha=HOSTILE, chosen=HOSTILE, behind=1),
        head=Revision(name=HOSTILE, sha=None, chosen=HOSTILE, dirty=True),
        anchor=Revision(name=HOSTILE, sha=f"{HOSTILE} 2", chosen=HOSTILE),
        notes=(HOSTILE,),
        metrics=(
            _hostile_since(metric(HOSTILE, 1, 2, "higher", file=HOSTILE)),
            metric(f"{HOSTILE} 2", HOSTILE, "b", file="other"),
            _hostile_gate(metric("same", HOSTILE, HOSTILE, file=HOSTILE)),
        ),
        gates=Gates(
            outcome="pass",
            failed=(HOSTILE,),
            warned=(HOSTILE,),
            unmatched=(UnmatchedGate(pattern=HOSTILE, outcome="warn", reason=HOSTILE),),
            others=tuple(_hostile_other(on) for on in get_args(GateSubject)),
            acceptances=tuple(map(_hostile_acceptance, get_args(AcceptanceState))),
        ),
        params=(Param(file=HOSTILE, key=HOSTILE, base=HOSTILE, head=[HOSTILE], status="changed"),),
        stages=(
            StageChange(
                name=HOSTILE,
                causes=tuple(Cause(kind=kind, what=HOSTILE, base=HOSTILE, head=HOSTILE) for kind in _KINDS),
            ),
        ),
        data=(DataChange(path=HOSTILE, base=None, head=Out(hash=HOSTILE)),),
        charts=_hostile_charts(),
        includes=tuple(
            Include(path=HOSTILE, title=HOSTILE, form=form, base=base, head=HOSTILE, image=HOSTILE, image_dark=HOSTILE)
            for form in _FORMS
            for base in (None, "other", HOSTILE)
        ),
        problems=(
            Problem(path=HOSTILE, what=HOSTILE, remedy=HOSTILE),
            Problem(path="gone.json", side="base", what=HOSTILE, remedy=HOSTILE),
        ),
        datasets=_hostile_datasets(),
        verification=hostile_verification(),
        comparability=tuple(_hostile_comparability()),
        unavailable=(UnavailableFile(path="gone.json", side="base"), UnavailableFile(path=HOSTILE, side="head")),
        flips=(_hostile_flips(),),
        rules=Rules(
            source="both", added=(HOSTILE,), changes=(_hostile_rule(loosened=True), _hostile_rule(loosened=False))
        ),
    )


def _hostile_flips() -> Flips:
    texts = (ExampleText(column=HOSTILE, base=HOSTILE, head=HOSTILE), ExampleText(column="b", base="", head=HOSTILE))
    flip = Flip(id=HOSTILE, actual=HOSTILE, base=HOSTILE, head=HOSTILE, confidence=0.5, texts=texts)
    return Flips(
        path=HOSTILE,
        rows=2,
        fixed_count=1,
        broken_count=1,
        fixed=(flip,),
        broken=(flip,),
        confusions=(ConfusionChange(actual=HOSTILE, predicted=HOSTILE, base=0, head=1),),
        classes=(ClassFlips(name=HOSTILE, rows=2, base=1, head=1, fixed=1, broken=1),),
    )


def _hostile_rule(*, loosened: bool) -> RuleChange:
    texts = dict.fromkeys(("name", "field", "base", "head"), HOSTILE)
    return RuleChange(section="metrics", loosened=loosened, **texts)


def _hostile_since(metric: Metric) -> Metric:
    return msgspec.structs.replace(metric, headline=0, since_anchor=SinceAnchor(anchor=1, change=1, low=0, high=2))


def _hostile_gate(metric: Metric) -> Metric:
    references: tuple[Reference, ...] = ("base", "anchor")
    checks = tuple(
        GateCheck(rule="margin", limit=0.01, outcome="fail", against=each, reason=HOSTILE) for each in references
    )
    gate = Gate(
        outcome="fail", rule="margin", against="base", low=None, high=None, on_cannot_tell="warn", checks=checks
    )
    return msgspec.structs.replace(metric, gate=gate)


def _hostile_other(on: GateSubject) -> OtherGate:
    checks = (
        GateCheck(rule="finite", outcome="fail", value=1, reason=HOSTILE),
        GateCheck(rule="max_gap", outcome="fail"),
    )
    return OtherGate(on=on, name=f"{HOSTILE}:{on}", outcome="fail", checks=checks)


def _hostile_acceptance(state: AcceptanceState) -> Acceptance:
    texts = dict.fromkeys(("what", "by", "why", "until"), HOSTILE)
    return Acceptance(state=state, added=True, covers=(HOSTILE, f"{HOSTILE}:data"), **texts)


def _hostile_comparability() -> Iterator[Comparability]:
    states: tuple[InputState, ...] = ("changed", "unknown", "same")
    reasons: tuple[Withheld | None, ...] = ("evaluation", None, "rerun")
    for state, withheld in zip(states, reasons, strict=True):
        inputs = (EvaluationInput(path=HOSTILE, state=state, what=HOSTILE),)
        yield Comparability(stage=HOSTILE, files=(HOSTILE,), withheld=withheld, inputs=inputs, trains=True)


def _hostile_images() -> FolderImages:
    copies = Copies(kind="alike", paths=(HOSTILE, HOSTILE), new=(HOSTILE,), count=2, distance=3)
    size = SizeCount(width=1, height=2, count=1)
    return FolderImages(
        path=HOSTILE,
        added=1,
        changed=0,
        removed=0,
        moved=1,
        classes=(ImageClass(split=HOSTILE, label=HOSTILE, base=1, head=2),),
        splits=(ImageSplit(split=HOSTILE, base=1, head=2),),
        moves=(MoveCount(base=HOSTILE, head=HOSTILE, count=1),),
        relabeled=1,
        label_changes=(MoveCount(base=HOSTILE, head=HOSTILE, count=1),),
        resplit=1,
        split_changes=(MoveCount(base=HOSTILE, head=HOSTILE, count=1),),
        formats=(FormatCount(format=HOSTILE, base=0, head=1),),
        sizes=PixelSizes(common=(size,), distinct=2, smallest=size, largest=size),
        unreadable=(UnreadableImage(path=HOSTILE, reason=HOSTILE),),
        unreadable_count=1,
        copies=(copies, msgspec.structs.replace(copies, crosses_splits=True)),
        copies_count=2,
        sheet=ContactSheet(alt=HOSTILE, shown=1, chart=HOSTILE),
    )


def _hostile_datasets() -> tuple[FolderChange, TableChange]:
    cells = (CellChange(column=HOSTILE, base=HOSTILE, head=None),)
    return (
        FolderChange(
            path=HOSTILE,
            added=1,
            removed=0,
            changed=0,
            files=(FileChange(path=HOSTILE, status="added", head=1),),
            images=_hostile_images(),
        ),
        TableChange(
            path=HOSTILE,
            status="changed",
            base_rows=1,
            head_rows=2,
            rows=RowChanges(
                id=HOSTILE,
                added=1,
                removed=0,
                edited=1,
                examples=(
                    RowExample(id=HOSTILE, status="edited", cells=cells),
                    RowExample(id=HOSTILE, status="added"),
                ),
                edited_columns=(EditedColumn(name=HOSTILE, rows=1),),
            ),
            label=HOSTILE,
            classes=(ClassCount(name=HOSTILE, base=1, head=2),),
            columns=(ColumnChange(name=HOSTILE, base_type=HOSTILE, head_type="text", base_missing=0, head_missing=1),),
            columns_total=1,
            leaks=(Leak(path=HOSTILE, other=HOSTILE, id=HOSTILE, rows=1, examples=(HOSTILE,)),),
            checks=(Check(rule="ranges", what=HOSTILE, rows=1, examples=(HOSTILE,)),),
        ),
    )


def hostile_verification() -> Verification:
    """Every text of a verification, and none of its numbers, is an enemy's."""
    return Verification(
        status="stale",
        stages=(
            StageChange(
                name=HOSTILE,
                causes=tuple(Cause(kind=kind, what=HOSTILE, base=HOSTILE, head=HOSTILE) for kind in _KINDS[:3]),
            ),
        ),
        pull=(HOSTILE,),
        modified=(ModifiedOut(path=HOSTILE, owner=HOSTILE, state="modified", files=(HOSTILE,)),),
        missing=(MissingOut(path=HOSTILE, owner=HOSTILE, remote=HOSTILE, objects=1, files=(HOSTILE,)),),
        uncommitted=(HOSTILE,),
        unchecked=(Problem(path=HOSTILE, what=HOSTILE, remedy=HOSTILE),),
        remote=(HOSTILE,),
        not_run_cached=(NotRunCached(stage=HOSTILE, outs=(HOSTILE,)),),
    )


_KINDS: tuple[Literal["code", "parameter", "command", "output"], ...] = ("code", "parameter", "command", "output")
_FORMS: tuple[Literal["text", "markdown", "image"], ...] = ("text", "markdown", "image")


def _hostile_charts() -> tuple[Chart, ...]:
    points = Points((HOSTILE, "b"), (1.0, 2.0))
    return (
        LineChart(
            id=HOSTILE,
            title=HOSTILE,
            alt=HOSTILE,
            image=f"charts/{HOSTILE}.png",
            series=(Series(name=HOSTILE, base=points, head=points),),
            x_label=HOSTILE,
            y_label=HOSTILE,
            x_type="nominal",
        ),
        ScatterChart(
            id="scatter",
            title=HOSTILE,
            alt=HOSTILE,
            series=(Series(name=HOSTILE, head=points),),
            x_label=HOSTILE,
            y_label=HOSTILE,
            x_type="nominal",
        ),
        VegaChart(
            id="vega",
            title=HOSTILE,
            alt=HOSTILE,
            spec={
                "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
                "usermeta": {"embedOptions": {"actions": True, "ast": False, "loader": None}},
                "data": {"url": "https://evil.example/data.csv"},
                "mark": {"type": "image", "url": "https://evil.example/z.png"},
                "encoding": {"href": {"value": "javascript:alert(1)"}, "tooltip": {"value": HOSTILE}},
                "title": HOSTILE,
            },
        ),
        ImageChart(
            id="image", title=HOSTILE, alt=HOSTILE, image="charts/image.png", base=None, head="charts/image.png"
        ),
    )
