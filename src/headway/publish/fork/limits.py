"""How much of a stranger's report is taken over, so that no report.json can use up the memory or time of a job.

What ``headway report`` writes is reduced already and stays far below every cap. What is above one is left out, and a
footnote says so. Texts outside of charts need no cap: every rendering shortens them.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from headway.report.escaping import clean_block
from headway.values.chart import (
    BarChart,
    Chart,
    ConfusionChart,
    DistributionChart,
    ImageChart,
    LineChart,
    ScatterChart,
    VegaChart,
)
from headway.values.count import LARGEST_COUNT
from headway.values.problem import Problem
from headway.values.report import Include, Report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from headway.values.comparison import Param, StageChange
    from headway.values.verification import Verification

Entry = TypeVar("Entry")

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
    "comparability": 200,
    "unavailable": 500,
}
"""Entries of each list."""
ROWS = 200
"""Entries of each list inside one dataset, one stage's change or the verification."""
POINTS, POINTS_IN_ALL = 50_000, 500_000
"""Points of one chart, both sides together, and of all charts; bars and cells count as points."""
SERIES = 24
CATEGORIES = 120
"""Names on one axis."""
FOLDER = 200
"""Characters of the project's folder, which stands in the comment's marker and the status's name."""
NAME = 500
ALT = 5_000
"""Characters of a name in a chart, and of its text for readers who do not see it."""
PICTURES, TEMPLATES = 20, 12
"""Picture files, in charts and sections, and custom templates: each may take seconds to decode or to run."""
PROGRAM = 4 * 1024 * 1024
"""Bytes of a custom template, filled with its data."""
LEVELS = 50
"""Of lists and tables within each other, in a parameter's value or a template: Python's own stack is finite."""
LINES, CHARACTERS = 2_000, 200_000
"""Of a section's text on one side; the time to compare two texts grows with the square of their lines, and worse."""
LARGEST = 1e100
"""Numbers that are not counts: arithmetic on them must not overflow."""


def within_caps(report: Report) -> tuple[Report, tuple[Problem, ...]]:
    """Take over what keeps within the caps.

    Returns:
        The report without the rest, and a footnote for everything that was left out.
    """
    intake = _Intake()
    lists: dict[str, Any] = {name: intake.first(name, getattr(report, name)) for name in ENTRIES}
    sections = [section for section in lists["includes"] if (section.base, section.head) != (None, None)]
    lists["charts"] = intake.fitting(lists["charts"], "id", intake.chart_misfits)
    lists["includes"] = tuple(map(intake.cut, intake.fitting(sections, "path", intake.turn_misfits)))
    lists["datasets"] = intake.fitting(map(_with_short_lists, lists["datasets"]), "path", _number_misfits)
    lists["comparability"] = tuple(map(_with_short_lists, lists["comparability"]))
    lists["params"] = intake.fitting(lists["params"], "key", _depth_misfits)
    lists["stages"] = tuple(map(intake.with_few_causes, lists["stages"]))
    verification = report.verification and intake.with_few_entries(report.verification)
    capped = msgspec.structs.replace(report, **lists, project=report.project[:FOLDER], verification=verification)
    return capped, tuple(intake.problems)


def is_picture(item: Chart | Include) -> bool:
    """Whether it shows picture files of the repository's own."""
    return isinstance(item, ImageChart) or (isinstance(item, Include) and item.form == "image")


class _Intake:
    """Takes entries over while there is room, and keeps a footnote for everything that is left out."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._points = POINTS_IN_ALL
        self._turns = {"picture": PICTURES, "template": TEMPLATES}

    def _note(self, path: str, what: str) -> None:
        self.problems.append(Problem(path=path, what=what))

    def first(self, name: str, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
        """The first entries of a list of the report."""
        most = ENTRIES[name]
        if len(entries) > most:
            what = f"only the first {most:,} of {len(entries):,} are taken over from the fork's report"
            self.problems.append(Problem(where=name, what=what))
        return entries[:most]

    def fitting(
        self, entries: Iterable[Entry], name: str, misfits: Callable[[Entry], Iterator[str]]
    ) -> tuple[Entry, ...]:
        """The entries that nothing speaks against.

        Args:
            entries: of one list.
            name: the field by which a footnote names an entry.
            misfits: gives the reasons to leave an entry out, of which the first is told.
        """
        found: list[Entry] = []
        for entry in entries:
            if why := next(misfits(entry), ""):
                self._note(getattr(entry, name)[:NAME], f"it is left out: {why}")
            else:
                found.append(entry)
        return tuple(found)

    def chart_misfits(self, chart: Chart) -> Iterator[str]:
        """Why a chart is left out; one that is not has used up its points and its turn."""
        points, series, names = _size(chart)
        caps = ((points, POINTS, "points"), (series, SERIES, "series"), (names, CATEGORIES, "names on one axis"))
        for number, most, noun in caps:
            if number > most:
                yield f"it has {number:,} {noun}; the most that is drawn for a fork is {most:,}"
        if len(chart.alt) > ALT or any(
            len(name) > NAME for name in _within(msgspec.structs.replace(chart, alt=""), str)
        ):
            yield f"it has a name of more than {NAME} characters, or a text of more than {ALT:,}"
        yield from _number_misfits(chart)
        if isinstance(chart, VegaChart):
            yield from _program_misfits(chart)
        if points > self._points:
            yield "the charts before it have used up all points"
        self._points -= points
        yield from self.turn_misfits(chart)

    def turn_misfits(self, item: Chart | Include) -> Iterator[str]:
        """Why a picture or a template is left out: too many came before it."""
        kind = "picture" if is_picture(item) else "template" if isinstance(item, VegaChart) else None
        if kind is None:
            return
        self._turns[kind] -= 1
        if self._turns[kind] < 0:
            yield f"only {PICTURES} pictures and {TEMPLATES} templates are drawn for a fork"

    def cut(self, section: Include) -> Include:
        """A section with the beginning of its text."""
        if section.form == "image":
            return section
        cut = msgspec.structs.replace(section, base=_beginning(section.base), head=_beginning(section.head))
        if cut != section:
            self._note(section.path, f"only its first {LINES:,} lines are taken over from the fork")
        return cut

    def with_few_causes(self, stage: StageChange) -> StageChange:
        """A stage's change with causes that can be shown."""
        causes = tuple(cause for cause in stage.causes[:ROWS] if _is_shallow((cause.base, cause.head)))
        if len(causes) < len(stage.causes):
            self._note(stage.name, f"some of its {len(stage.causes):,} causes are left out")
        return msgspec.structs.replace(stage, causes=causes)

    def with_few_entries(self, verification: Verification) -> Verification:
        """A verification with short lists."""
        few: Verification = _with_short_lists(verification)
        if few != verification:
            what = f"only the first {ROWS:,} entries of each list are kept"
            self.problems.append(Problem(where="verification", what=what))
        return msgspec.structs.replace(few, stages=tuple(map(self.with_few_causes, few.stages)))


def _size(chart: Chart) -> tuple[int, int, int]:
    """How many points and series a chart has, and how many names the axis that has most of them."""
    match chart:
        case LineChart() | ScatterChart():
            types = {"x": chart.x_type, "y": chart.y_type if isinstance(chart, ScatterChart) else "quantitative"}
            nominal = [axis for axis, type_ in types.items() if type_ == "nominal"]
            names = [len({str(value) for side in chart.points for value in getattr(side, axis)}) for axis in nominal]
            points = sum(len(side.x) for side in chart.points)
            return points, len(chart.series), max(names, default=0)
        case BarChart():
            names = [len({bar.label for bar in chart.bars}), len({bar.group for bar in chart.bars})]
            return len(chart.bars), 0, max(names)
        case DistributionChart():
            points = sum(len(panel.labels) + len(panel.edges) for panel in chart.panels)
            return points, len(chart.panels), max((len(panel.labels) for panel in chart.panels), default=0)
        case ConfusionChart():
            names = [len(chart.labels_x), len(chart.labels_y)]
            return 2 * names[0] * names[1], 0, max(names)
    return 0, 0, 0


def _number_misfits(value: object) -> Iterator[str]:
    """Why a chart or a dataset cannot be reckoned with."""
    if any(abs(each) > (LARGEST_COUNT if isinstance(each, int) else LARGEST) for each in _within(value, int, float)):
        yield f"it has a number beyond {LARGEST:g}, or a count beyond {LARGEST_COUNT:,}"


def _program_misfits(chart: VegaChart) -> Iterator[str]:
    if not _is_shallow(chart.spec):
        yield f"its template is nested more than {LEVELS} levels deep"
    elif (size := len(msgspec.json.encode(chart.spec))) > PROGRAM:
        yield f"its template has {size:,} bytes; the most that is drawn for a fork is {PROGRAM:,}"


def _depth_misfits(param: Param) -> Iterator[str]:
    if not _is_shallow((param.base, param.head)):
        yield f"it is nested more than {LEVELS} levels deep"


def _is_shallow(value: object, levels: int = LEVELS) -> bool:
    if not isinstance(value, dict | list | tuple):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return levels > 0 and all(_is_shallow(each, levels - 1) for each in inner)


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


def _beginning(text: str | None) -> str | None:
    if text is None:
        return None
    lines = clean_block(text[:CHARACTERS]).split("\n")
    if len(text) <= CHARACTERS and len(lines) <= LINES:
        return text
    return "\n".join(lines[:LINES])
