"""How much of a stranger's report is taken over, so that no report.json can use up the memory or time of a job.

What ``headway report`` writes is reduced already and stays far below every cap. What is above one is left out, and a
footnote says so. Texts outside of charts need no cap: every rendering shortens them.
"""

from __future__ import annotations

from itertools import chain, count, islice
from typing import TYPE_CHECKING, Any

import msgspec

from headway.report.escaping import clean_block
from headway.values.chart import (
    BarChart,
    ConfusionChart,
    DistributionChart,
    ImageChart,
    LineChart,
    ScatterChart,
    VegaChart,
)
from headway.values.count import LARGEST_COUNT
from headway.values.problem import Problem
from headway.values.report import Include

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from headway.values.chart import Chart
    from headway.values.comparison import Param, StageChange
    from headway.values.dataset import DatasetChange
    from headway.values.report import Report
    from headway.values.verification import Verification

ENTRIES = {
    "notes": 20,
    "metrics": 5_000,
    "params": 5_000,
    "stages": 1_000,
    "data": 2_000,
    "charts": 60,
    "includes": 30,
    "problems": 200,
    "datasets": 200,
}
"""Entries of each list."""
POINTS, POINTS_IN_ALL = 50_000, 500_000
"""Points of one chart, both sides together, and of all charts; bars and cells count as points."""
ROWS = 200
"""Entries of each list of one dataset: files, columns, classes, examples, checks."""
CAUSES = 200
"""Of one stage's change."""
VERIFIED = 200
"""Entries of each list of a verification, and files of one output in it."""
SERIES = 24
CATEGORIES = 120
"""Names on one axis."""
FOLDER = 200
"""Characters of the project's folder, which stands in the comment's marker and the status's name."""
NAME = 500
ALT = 5_000
"""Characters of a name in a chart, and of its text for readers who do not see it."""
PICTURES, TEMPLATES = 20, 12
"""Picture files, in charts and sections, and custom templates."""
PROGRAM = 4 * 1024 * 1024
"""Bytes of a custom template, filled with its data."""
LEVELS = 50
"""Of lists and tables within each other, in a parameter's value or a template: Python's own stack is finite."""
LINES, CHARACTERS = 2_000, 200_000
"""Of a section's text on one side; the time to compare two texts grows with the square of their lines, and worse."""
LARGEST = 1e100
"""Numbers of a chart: arithmetic on them must not overflow."""


def within_caps(report: Report) -> tuple[Report, tuple[Problem, ...]]:
    """Take over what keeps within the caps.

    Returns:
        The report without the rest, and a footnote for everything that was left out.
    """
    lists = {name: getattr(report, name)[:most] for name, most in ENTRIES.items()}
    problems = list(_shortened_lists(report))
    lists["charts"] = tuple(_fitting(lists["charts"], problems))
    lists["charts"], lists["includes"] = _few_pictures(lists["charts"], lists["includes"], problems)
    lists["datasets"] = tuple(_measurable(lists["datasets"], problems))
    lists["params"] = tuple(_shallow(lists["params"], problems))
    lists["stages"] = tuple(_with_shallow_causes(stage, problems) for stage in lists["stages"])
    lists["includes"] = tuple(_cut(section, problems) for section in lists["includes"] if _has_a_side(section))
    verification = report.verification and _few_entries(report.verification, problems)
    capped = msgspec.structs.replace(report, **lists, project=report.project[:FOLDER], verification=verification)
    return capped, tuple(problems)


def _shortened_lists(report: Report) -> Iterator[Problem]:
    for name, most in ENTRIES.items():
        total = len(getattr(report, name))
        if total > most:
            yield Problem(
                where=name, what=f"only the first {most:,} of {total:,} are taken over from the fork's report"
            )


def _fitting(charts: Iterable[Chart], problems: list[Problem]) -> Iterator[Chart]:
    left = POINTS_IN_ALL
    for chart in charts:
        points = _points(chart)
        why = _misfit(chart) or ("the charts before it have used up all points" if points > left else "")
        if why:
            problems.append(Problem(where=chart.id[:NAME], what=f"its chart is left out: {why}"))
            continue
        left -= points
        yield chart


def _few_pictures(
    charts: Iterable[Chart], sections: Iterable[Include], problems: list[Problem]
) -> tuple[tuple[Chart, ...], tuple[Include, ...]]:
    """The first pictures and templates: each may take seconds to decode or to run."""
    pictures = islice(count(), PICTURES)
    templates = islice(count(), TEMPLATES)

    def has_turn(item: Chart | Include) -> bool:
        turns = pictures if is_picture(item) else templates if isinstance(item, VegaChart) else None
        if turns is None or next(turns, None) is not None:
            return True
        where = item.path if isinstance(item, Include) else item.id
        problems.append(
            Problem(
                where=where,
                what=f"it is left out: only {PICTURES} pictures and {TEMPLATES} templates are drawn for a fork",
            )
        )
        return False

    return tuple(filter(has_turn, charts)), tuple(filter(has_turn, sections))


def is_picture(item: Chart | Include) -> bool:
    """Whether it shows picture files of the repository's own."""
    return isinstance(item, ImageChart) or (isinstance(item, Include) and item.form == "image")


def _misfit(chart: Chart) -> str:
    """Why a chart is left out; empty for one that fits."""
    return next(_misfits(chart), "")


def _misfits(chart: Chart) -> Iterator[str]:
    if (points := _points(chart)) > POINTS:
        yield f"it has {points:,} points; the most that is drawn for a fork is {POINTS:,}"
    if (series := _series(chart)) > SERIES:
        yield f"it has {series:,} series; the most that is drawn for a fork is {SERIES}"
    if (categories := max(_categories(chart), default=0)) > CATEGORIES:
        yield f"it has {categories:,} names on one axis; the most that is drawn for a fork is {CATEGORIES}"
    if len(chart.alt) > ALT or any(len(name) > NAME for name in _within(msgspec.structs.replace(chart, alt=""), str)):
        yield f"it has a name of more than {NAME} characters, or a text of more than {ALT:,}"
    if any(abs(number) > LARGEST for number in _within(chart, int, float)):
        yield f"it has a number beyond {LARGEST:g}"
    if isinstance(chart, VegaChart):
        yield from _program_misfits(chart)


def _program_misfits(chart: VegaChart) -> Iterator[str]:
    if not _is_shallow(chart.spec, LEVELS):
        yield f"its template is nested more than {LEVELS} levels deep"
    elif (size := len(msgspec.json.encode(chart.spec))) > PROGRAM:
        yield f"its template has {size:,} bytes; the most that is drawn for a fork is {PROGRAM:,}"


def _points(chart: Chart) -> int:
    match chart:
        case LineChart() | ScatterChart():
            return sum(len(column) for column in _columns(chart)) // 2
        case BarChart():
            return len(chart.bars)
        case DistributionChart():
            return sum(len(panel.labels) + len(panel.edges) for panel in chart.panels)
        case ConfusionChart():
            return 2 * len(chart.labels_x) * len(chart.labels_y)
    return 0


def _series(chart: Chart) -> int:
    if isinstance(chart, DistributionChart):
        return len(chart.panels)
    return len(chart.series) if isinstance(chart, LineChart | ScatterChart) else 0


def _columns(chart: LineChart | ScatterChart) -> Iterator[tuple[float | str, ...]]:
    for series in chart.series:
        for side in (series.base, series.head):
            if side is not None:
                yield from (side.x, side.y)


def _categories(chart: Chart) -> Iterator[int]:
    """How many names there are on each axis that has names."""
    match chart:
        case LineChart() | ScatterChart():
            types = (chart.x_type, chart.y_type if isinstance(chart, ScatterChart) else "quantitative")
            for axis, type_ in enumerate(types):
                if type_ == "nominal":
                    yield len({str(value) for column in list(_columns(chart))[axis::2] for value in column})
        case BarChart():
            yield from (len({bar.label for bar in chart.bars}), len({bar.group for bar in chart.bars}))
        case DistributionChart():
            yield from (len(panel.labels) for panel in chart.panels)
        case ConfusionChart():
            yield from (len(chart.labels_x), len(chart.labels_y))


def _measurable(datasets: Iterable[DatasetChange], problems: list[Problem]) -> Iterator[DatasetChange]:
    """The datasets with short lists, whose numbers can be reckoned with."""
    for dataset in datasets:
        cut = _with_short_lists(dataset)
        numbers = _within(cut, int, float)
        if all(abs(number) <= (LARGEST_COUNT if isinstance(number, int) else LARGEST) for number in numbers):
            yield cut
        else:
            problems.append(
                Problem(where=dataset.path, what="it is left out: it has a number beyond what data can hold")
            )


def _with_short_lists(value: Any) -> Any:  # noqa: ANN401 - a struct, or whatever its fields hold
    """The same with no list longer than :data:`ROWS`, at any depth; the types bound the depth."""
    if isinstance(value, tuple):
        return tuple(map(_with_short_lists, value[:ROWS]))
    if isinstance(value, msgspec.Struct):
        fields = {name: _with_short_lists(getattr(value, name)) for name in value.__struct_fields__}
        return msgspec.structs.replace(value, **fields)
    return value


def _within(value: Any, *types: type) -> Iterator[Any]:  # noqa: ANN401 - a struct, or whatever its fields hold
    """Every value of some types, at any depth; what is in a dictionary does not count."""
    if isinstance(value, types):
        yield value
    elif isinstance(value, tuple):
        yield from chain.from_iterable(_within(each, *types) for each in value)
    elif isinstance(value, msgspec.Struct):
        yield from chain.from_iterable(_within(getattr(value, name), *types) for name in value.__struct_fields__)


def _shallow(params: Iterable[Param], problems: list[Problem]) -> Iterator[Param]:
    for param in params:
        if _is_shallow((param.base, param.head), LEVELS):
            yield param
        else:
            problems.append(
                Problem(where=param.key, what=f"it is left out: it is nested more than {LEVELS} levels deep")
            )


def _with_shallow_causes(stage: StageChange, problems: list[Problem]) -> StageChange:
    causes = tuple(cause for cause in stage.causes[:CAUSES] if _is_shallow((cause.base, cause.head), LEVELS))
    if len(causes) == len(stage.causes):
        return stage
    problems.append(Problem(where=stage.name, what=f"some of its {len(stage.causes):,} causes are left out"))
    return msgspec.structs.replace(stage, causes=causes)


def _few_entries(verification: Verification, problems: list[Problem]) -> Verification:
    lists = {name: getattr(verification, name) for name in verification.__struct_fields__ if name != "status"}
    if any(len(entries) > VERIFIED for entries in lists.values()):
        problems.append(
            Problem(where="verification", what=f"only the first {VERIFIED:,} entries of each list are kept")
        )
    few: dict[str, Any] = {name: entries[:VERIFIED] for name, entries in lists.items()}
    few["stages"] = tuple(_with_shallow_causes(stage, problems) for stage in few["stages"])
    for name in ("edited", "missing"):
        few[name] = tuple(msgspec.structs.replace(out, files=out.files[:VERIFIED]) for out in few[name])
    return msgspec.structs.replace(verification, **few)


def _is_shallow(value: object, levels: int) -> bool:
    if not isinstance(value, dict | list | tuple):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return levels > 0 and all(_is_shallow(each, levels - 1) for each in inner)


def _has_a_side(section: Include) -> bool:
    return section.base is not None or section.head is not None


def _cut(section: Include, problems: list[Problem]) -> Include:
    if section.form == "image":
        return section
    texts = {side: _beginning(getattr(section, side)) for side in ("base", "head")}
    if any(texts[side] != getattr(section, side) for side in texts):
        problems.append(
            Problem(where=section.path, what=f"only its first {LINES:,} lines are taken over from the fork")
        )
    return msgspec.structs.replace(section, **texts)


def _beginning(text: str | None) -> str | None:
    if text is None:
        return None
    lines = clean_block(text[:CHARACTERS]).split("\n")
    if len(text) <= CHARACTERS and len(lines) <= LINES:
        return text
    return "\n".join(lines[:LINES])
