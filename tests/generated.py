"""What hypothesis makes up: names that mean something to a parser, and whole reports that keep the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from hypothesis import settings
from hypothesis import strategies as st

from headway.values.chart import (
    Bar,
    BarChart,
    Chart,
    ConfusionChart,
    DistributionChart,
    DistributionPanel,
    ImageChart,
    LineChart,
    Points,
    ScatterChart,
    Series,
    VegaChart,
)
from headway.values.comparison import Cause, DataChange, Metric, Param, StageChange
from headway.values.dataset import (
    CellChange,
    Check,
    ClassCount,
    ColumnChange,
    Drift,
    EditedColumn,
    FileChange,
    FolderChange,
    Leak,
    RowChanges,
    RowExample,
    Summary,
    TableChange,
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
from headway.values.metric_format import MetricFormat
from headway.values.problem import Problem
from headway.values.report import Include, Report
from headway.values.revision import Revision
from headway.values.rules import RuleChange, Rules
from headway.values.snapshot import Out
from headway.values.typed import TypedPlace
from headway.values.verification import ModifiedOut, Verification

if TYPE_CHECKING:
    from collections.abc import Callable

costly = settings(max_examples=settings().max_examples // 6)
"""For a property whose every example takes a good part of a second."""
rather_costly = settings(max_examples=settings().max_examples * 5 // 8)
"""For a property whose every example takes more than 20 ms."""

_MEANINGFUL = [
    *"|`\\<>[](){}!@#$%&*_~:;-+=./'\"^? \t\n\r",
    *("``", "```", "~~~", "\\|", "<!--", "-->", "</td>", "<script>", "http://", "www.", "a@b.c", "@me", "#1", "GH-1"),
    *(
        "closes ",
        ":tada:",
        "$x$",
        "[a](b)",
        "![a](b)",
        "[^1]",
        "&amp;",
        "1. ",
        "- ",
        "> ",
        "\u202e",
        "\u200b",
        "\u2028",
    ),
    *("\x1b[31m", "\x00", "\x85", "a", "Z", "0", "é", "漢", "🎉", "\u0301", "\u200d"),
]
names = st.text(max_size=60) | st.lists(st.sampled_from(_MEANINGFUL), max_size=12).map("".join)
"""Any name at all, and names of which every part means something to Markdown, HTML, a forge or a terminal."""

_finite = st.floats(allow_nan=False, allow_infinity=False)
_numbers = st.integers(-(2**63), 2**63 - 1) | _finite
_scalars = st.none() | st.booleans() | _numbers | names | st.sampled_from(["NaN", "Infinity", "-Infinity", "9" * 4_300])
_integers_beyond = st.integers().map(str) | st.sampled_from(["9" * 4_300, "-1", "1.0"])
_types = st.lists(
    st.builds(
        TypedPlace,
        place=st.sampled_from(["/base", "/head", "/base/0", "/head/0/0", "/head/~1"]),
        type=st.sampled_from(["null", "string", "integer", "date", "time", "datetime", "other"]),
    ),
    max_size=3,
).map(lambda places: tuple(places) or msgspec.UNSET)
_sides = st.sampled_from(["changed", "unchanged", "added", "removed", "unavailable"])
_json = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=4
)
_pictures = st.none() | st.from_regex(r"charts/[a-z0-9-]{1,12}\.png", fullmatch=True)


def _some(strategy: st.SearchStrategy[Any], most: int = 2) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(strategy, max_size=most).map(tuple)


_revisions = st.builds(
    Revision,
    name=names,
    sha=st.none() | names,
    chosen=names,
    dirty=st.booleans(),
    behind=st.none() | st.integers(0, 99),
)
_metrics = st.builds(
    Metric,
    file=names,
    key=names,
    base=_scalars,
    head=_scalars,
    change=st.none() | _finite,
    relative=st.none() | _finite,
    types=_types,
    exact_change=st.just(msgspec.UNSET) | _integers_beyond,
    direction=st.sampled_from([None, "higher", "lower"]),
    status=_sides,
    format=st.just(msgspec.UNSET)
    | st.builds(
        MetricFormat, digits=st.none() | st.integers(0, 6), percent=st.booleans(), unit=names, title=st.just("") | names
    ),
)
_params = st.builds(Param, file=names, key=names, base=_json, head=_json, status=_sides, types=_types)
_causes = st.builds(
    Cause,
    kind=st.sampled_from(["code", "parameter", "data", "upstream", "command", "stage", "output"]),
    what=names,
    base=_json,
    head=_json,
    change=st.sampled_from(["changed", "added", "removed", "unknown"]),
    types=_types,
)
_stages = st.builds(StageChange, name=names, causes=_some(_causes))
_outs = st.none() | st.builds(
    Out, hash=names, size=st.none() | st.integers(0, 2**40), files=st.none() | st.integers(0, 10**6)
)
_data = st.builds(DataChange, path=names, base=_outs, head=_outs, status=st.sampled_from(["changed", "unknown"]))
_problems = st.builds(Problem, where=names, what=names, remedy=names)


def _points(draw: Callable[..., Any]) -> Points:
    x = draw(st.lists(_finite | names, max_size=4))
    y = draw(st.lists(_finite, min_size=len(x), max_size=len(x)))
    return Points(
        tuple(x), tuple(y), breaks=(1,) * (len(x) > 1), lost=draw(st.integers(0, 99)), end=draw(st.just("") | names)
    )


_columns = st.none() | st.composite(_points)()
_series = st.builds(Series, name=names, base=_columns, head=_columns)
_bars = st.builds(Bar, label=names, group=names, base=st.none() | _finite, head=st.none() | _finite, head_holds=names)
_shared = {"id": names, "title": names, "alt": names, "image": _pictures, "image_dark": _pictures}
_axes = {"x_label": names, "y_label": names}
_matrix = st.none() | st.tuples(*[st.tuples(*[st.integers(0, 99)] * 2)] * 2)
_labels = st.tuples(names, names)
_pair = st.tuples(st.floats(0, 1), st.floats(0, 1))
charts: st.SearchStrategy[Chart] = st.one_of(
    st.builds(LineChart, **_shared, **_axes, series=_some(_series), diagonal=st.booleans()),
    st.builds(ScatterChart, **_shared, **_axes, series=_some(_series), jitter=st.booleans()),
    st.builds(BarChart, **_shared, bars=_some(_bars), value_label=names, category_label=names),
    st.builds(ConfusionChart, **_shared, **_axes, labels_x=_labels, labels_y=_labels, base=_matrix, head=_matrix),
    st.builds(
        DistributionChart,
        **_shared,
        panels=_some(
            st.builds(DistributionPanel, name=names, labels=_labels, base=_pair | st.none(), head=_pair, remark=names)
        ),
    ),
    st.builds(ImageChart, **_shared, base=_pictures, head=_pictures, before=_pictures, difference=_pictures),
    st.builds(VegaChart, **_shared, spec=st.dictionaries(names, _json, max_size=2)),
)
_includes = st.one_of(
    st.builds(
        Include, path=names, title=names, form=st.sampled_from(["text", "markdown"]), base=st.none() | names, head=names
    ),
    st.builds(Include, path=names, title=names, form=st.just("image"), base=_pictures, head=_pictures),
)
_sized = st.none() | st.integers(0, 2**40)
_statuses = st.sampled_from(["added", "removed", "changed"])
_counts = st.integers(0, 99)
_sizes = st.builds(SizeCount, width=_counts, height=_counts, count=_counts)
_images = st.builds(
    FolderImages,
    path=names,
    **dict.fromkeys(("added", "changed", "removed", "moved", "plain", "not_opened", "unreadable_count"), _counts),
    classes=_some(st.builds(ImageClass, split=names, label=names, base=_counts, head=_counts)),
    splits=_some(st.builds(ImageSplit, split=names, base=_counts, head=_counts)),
    **dict.fromkeys(("relabeled", "resplit"), _counts),
    **dict.fromkeys(
        ("moves", "label_changes", "split_changes"),
        _some(st.builds(MoveCount, base=names, head=names, count=_counts)),
    ),
    formats=_some(st.builds(FormatCount, format=names, base=_counts, head=_counts)),
    sizes=st.none() | st.builds(PixelSizes, common=_some(_sizes), distinct=_counts, smallest=_sizes, largest=_sizes),
    unreadable=_some(st.builds(UnreadableImage, path=names, reason=names)),
    copies=_some(
        st.builds(
            Copies,
            kind=st.sampled_from(["identical", "alike"]),
            paths=_some(names),
            new=_some(names),
            count=_counts,
            crosses_splits=st.booleans(),
            crosses_classes=st.booleans(),
        )
    ),
    sheet=st.none() | st.builds(ContactSheet, alt=names, shown=_counts, chart=names),
)
_folders = st.builds(
    FolderChange,
    images=st.none() | _images,
    path=names,
    base_files=_sized,
    head_files=_sized,
    added=_sized,
    removed=_sized,
    changed=_sized,
    files=_some(st.builds(FileChange, path=names, status=_statuses, base=_sized, head=_sized)),
)
_cells = st.builds(CellChange, column=names, base=st.none() | names, head=st.none() | names)
_rows = st.builds(
    RowChanges,
    id=st.none() | names,
    added=st.integers(0, 99),
    removed=st.integers(0, 99),
    edited=st.integers(0, 99),
    examples=_some(
        st.builds(RowExample, id=names, status=st.sampled_from(["added", "removed", "edited"]), cells=_some(_cells))
    ),
    edited_columns=_some(st.builds(EditedColumn, name=names, rows=st.integers(0, 99))),
)
_drifts = st.builds(
    Drift,
    psi=_finite,
    test=st.sampled_from(["Kolmogorov-Smirnov", "chi-squared"]),
    effect=st.floats(0, 1),
    p=st.floats(0, 1),
    adjusted=st.floats(0, 1),
)
_summaries = st.none() | st.builds(
    Summary, **dict.fromkeys(("minimum", "lower", "median", "upper", "maximum", "mean", "deviation"), _finite)
)
_table_columns = st.builds(
    ColumnChange,
    name=names,
    base_type=st.none() | names,
    head_type=st.none() | names,
    base_missing=_sized,
    head_missing=_sized,
    base=_summaries,
    head=_summaries,
    drift=st.none() | _drifts,
)
_tables = st.builds(
    TableChange,
    path=names,
    status=_statuses,
    base_size=_sized,
    head_size=_sized,
    base_rows=_sized,
    head_rows=_sized,
    rows=st.none() | _rows,
    label=st.none() | names,
    classes=_some(st.builds(ClassCount, name=names, base=st.integers(0, 99), head=st.integers(0, 99))),
    columns=_some(_table_columns),
    leaks=_some(
        st.builds(Leak, path=names, other=names, id=st.none() | names, rows=st.integers(0, 9), examples=_some(names))
    ),
    checks=_some(
        st.builds(Check, rule=st.sampled_from(["ranges", "splits"]), what=names, rows=_sized, examples=_some(names))
    ),
)
_verifications = st.builds(
    Verification,
    status=st.sampled_from(["verified", "stale", "modified", "missing"]),
    stages=_some(_stages, 5),
    pull=_some(names),
    modified=_some(st.builds(ModifiedOut, path=names, owner=names, state=st.sampled_from(["modified", "deleted"])), 5),
    unchecked=_some(_problems),
)
_rules = st.builds(
    Rules,
    source=st.sampled_from(["base", "head", "both"]),
    reason=names,
    added=_some(names),
    changes=_some(
        st.builds(
            RuleChange,
            section=st.sampled_from(["metrics", "evaluation"]),
            name=names,
            field=names,
            base=names,
            head=names,
            loosened=st.booleans(),
        )
    ),
)
reports: st.SearchStrategy[Report] = st.builds(
    Report,
    generator=names,
    project=names,
    base=_revisions,
    head=_revisions,
    notes=_some(names),
    metrics=st.lists(_metrics, max_size=4, unique_by=lambda metric: (metric.file, metric.key)).map(tuple),
    params=_some(_params),
    stages=_some(_stages),
    data=_some(_data),
    charts=_some(charts),
    includes=_some(_includes),
    problems=_some(_problems, 5),
    datasets=_some(_folders | _tables, 1),
    verification=st.none() | _verifications,
    rules=st.just(msgspec.UNSET) | _rules,
)
"""Reports as ``headway`` could write them, if everything in the repository were chosen by an enemy."""
