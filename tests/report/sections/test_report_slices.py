"""Slices in the report: what got worse comes first and in the headline, the rest is folded, the most changed on top."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from rendered import github
from samples import evidence_of, make_metric, make_report

from headway.numbers import MINUS
from headway.report import markdown
from headway.report.sections.headline import combined_headline, headline
from headway.values.comparison import Slice


def make_slice(line: str, value: str | None, *, column: str = "site", rows: int = 100, **parts: Any) -> Slice:
    """A slice from a metric's line; one without a verdict has no evidence."""
    evidence = parts.pop("evidence", {})
    metric = make_metric(line)
    if metric.evidence:
        given = {"family": "slices", "family_size": 4} | evidence
        metric = msgspec.structs.replace(metric, evidence=evidence_of(metric, **given))
    return Slice(column=column, value=value, rows=rows, metric=metric, **parts)


WEST = make_slice("acc 0.86 -> 0.73 higher worse", "west", shrunk=0.75, bound=0.72, shrunk_change=-0.11)
NORTH = make_slice("acc 0.85 -> 0.87 higher improved", "north", shrunk=0.87, bound=0.85, shrunk_change=0.02)
EAST = make_slice("acc 0.85 -> 0.86 higher no_difference", "east", shrunk=0.86, bound=0.84, shrunk_change=0.01)
NONE = make_slice("acc 0.85 -> 0.90 higher no_difference", None, shrunk=0.86, bound=0.84, shrunk_change=0.004)
LOSS = make_slice("loss 0.41 -> 0.52 lower worse", "west", shrunk=0.48, bound=0.53, shrunk_change=0.08)
METRICS = "acc 0.85 -> 0.86 higher no_difference\nloss 0.40 -> 0.41 lower no_difference"


def text(*slices: Slice) -> str:
    return markdown.render(make_report(METRICS, slices=slices))


def test_what_got_worse_is_in_the_headline_and_above_what_is_folded() -> None:
    report = make_report(METRICS, slices=(EAST, NORTH, WEST, LOSS))
    assert "1 of 3 slices worse" in headline(report).sentence
    shown = markdown.render(report)
    worse = f"Worse in 1 slice: `site` is `west` (`acc` {MINUS}0.13, `loss` +0.11)."
    assert worse in shown
    assert shown.index(worse) < shown.index("Better in 1 slice: `site` is `north`") < shown.index("<details>")


def test_several_projects_add_their_slices_up() -> None:
    reports = [make_report(METRICS, slices=(WEST, EAST)), make_report(METRICS, slices=(WEST,))]
    assert "2 of 3 slices worse" in combined_headline(reports).sentence


@pytest.mark.parametrize("slices", [(), (NORTH, EAST)])
def test_the_headline_names_no_slices_if_none_got_worse(slices: tuple[Slice, ...]) -> None:
    assert "slice" not in headline(make_report(METRICS, slices=slices)).sentence


def test_the_most_changed_come_first_by_the_shrunk_change() -> None:
    rows = [line.split(" | ")[0] for line in text(NONE, EAST, NORTH, WEST).splitlines() if "(≥" in line]
    assert rows == ["| `west`", "| `north`", "| `east`", "| no value"]


def test_shrunk_values_stand_beside_the_bound_on_the_side_that_matters() -> None:
    shown = text(WEST, EAST, LOSS)
    assert "0.750 (≥ 0.720)" in shown
    assert "0.480 (≤ 0.530)" in shown
    assert "adjusted for 4 tests of slices" in shown


def test_each_metric_and_column_is_a_group() -> None:
    shown = text(LOSS, WEST, make_slice("acc 0.85 -> 0.86 higher no_difference", "phone", column="device"), EAST)
    assert [line for line in shown.splitlines() if " by " in line and line.startswith("`")] == [
        "`loss by site`",
        "`acc by site`",
        "`acc by device`",
    ]
    assert "Slices: 2 by <code>site</code>, 1 by <code>device</code>" in shown


def test_slices_without_a_value_are_named_with_the_reason() -> None:
    none = make_slice("acc - -> - higher", "depot", problem="is undefined: no row is `1`")
    held = make_slice("acc 0.5 -> 0.5 higher cannot_tell", "pier", evidence={"withheld": "no row moves it"})
    shown = text(EAST, none, held)
    assert "Not tested: `acc` where `site` is `depot` (is undefined: no row is `1`)." in shown
    assert "Not tested: `acc` where `site` is `pier` (no row moves it)." in shown


def test_too_few_rows_are_shown_with_what_they_say() -> None:
    few = make_slice("acc 0.5 -> 0.6 higher too_few", "depot", rows=3, evidence={"withheld": "only 3 groups"})
    assert "| `depot` | +0.1 too few rows to tell |" in text(EAST, few)


def test_names_of_slices_are_escaped() -> None:
    hostile = make_slice("acc 0.86 -> 0.73 higher worse", "<b>|`x`\n@all", column="a|b")
    rendered = github(text(hostile))
    assert "<b>" in rendered.text
    assert not rendered.elements("b")
    assert not rendered.linked_by_a_forge
