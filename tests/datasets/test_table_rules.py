"""Rules of the settings, and rows in two splits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from datasets.tables import compared, csv, rows

from headway.datasets.file_kinds import other_splits
from headway.settings import DataRule, Range

if TYPE_CHECKING:
    from headway.values.dataset import Check

HEAD = rows("a,1,cat", "b,99,dog", "c,,cow", "c,3,cat", header="id,x,label")
BASE = rows("a,1,cat", "b,2,dog", "c,3,dog", "d,3,cat", header="id,x,label")


def check(**rule: Any) -> list[Check]:
    return list(compared(BASE, HEAD, DataRule(**rule)).checks)


@pytest.mark.parametrize(
    ("rule", "what", "rows_", "examples"),
    [
        ({"required": ("x",)}, "`x` is missing", 1, ("row 3",)),
        ({"required": ("y",)}, "there is no column `y`", None, ()),
        ({"ranges": {"x": Range(min=0, max=10)}}, "`x` is not between 0 and 10", 1, ("row 2: 99",)),
        ({"ranges": {"x": Range(min=2)}}, "`x` is not at least 2", 1, ("row 1: 1",)),
        ({"ranges": {"?": Range(max=10)}}, "`x` is not at most 10", 1, ("row 2: 99",)),
        ({"ranges": {"y": Range(max=10)}}, "there is no column `y`", None, ()),
        ({"ranges": {"label": Range(max=10)}}, "`label` contains text, not numbers", None, ()),
        ({"labels": ("cat", "dog")}, "`label` is not one of cat, dog", 1, ("row 3: cow",)),
        ({"id": "id"}, "`id` is not unique", 2, ("row 3: c", "row 4: c")),
        ({"id": "nr"}, "there is no column `nr`", None, ()),
        ({"label": "kind"}, "there is no column `kind`", None, ()),
        (
            {"max_class_share_change": 0.2},
            "the share of 2 classes moved by more than 20 percentage points",
            None,
            ("cow: 0% to 25%", "dog: 50% to 25%"),
        ),
    ],
)
def test_a_broken_rule(rule: dict[str, Any], what: str, rows_: int | None, examples: tuple[str, ...]) -> None:
    (found,) = check(**rule)
    assert (found.what, found.rows, sorted(found.examples)) == (what, rows_, sorted(examples))


def test_a_cell_that_is_no_number_is_in_no_range() -> None:
    head = rows(*map(str, range(20)), "forty", header="x")
    (found,) = compared(head, head, DataRule(ranges={"x": Range(min=0)})).checks
    assert (found.rows, found.examples) == (1, ("row 21: forty",))


def test_the_id_is_named_beside_the_row() -> None:
    found = [each for each in check(id="id", required=("x",)) if each.rule == "required"]
    assert found[0].examples == ("row 3 (c)",)


def test_a_missing_id_is_missing_and_neither_repeated_nor_a_leak() -> None:
    rule = DataRule(id="id", splits=("train.csv",), ranges={"x": Range(max=5)})
    other = csv(rows("7,1", ",2", ",3"), path="train.csv")
    found = compared(None, rows("1,1", ",2", '"",9', "4,9"), rule, [other])
    assert [(check.rule, check.what, check.rows) for check in found.checks] == [
        ("id", "`id` is missing", 2),
        ("ranges", "`x` is not at most 5", 2),
    ]
    assert found.checks[0].examples == ("row 2", "row 3")
    assert found.checks[1].examples == ("row 3: 9", "row 4 (4): 9")
    assert found.leaks == ()


def test_a_missing_label_is_no_class() -> None:
    base, head = '1,cat\n2,""\n3,dog\n', '1,cat\n2,dog\n3," "\n4,\n'
    found = compared(f"id,label\n{base}", f"id,label\n{head}")
    assert [(one.name, one.base, one.head) for one in found.classes] == [("cat", 1, 1), ("dog", 1, 1)]
    (label,) = (column for column in found.columns if column.name == "label")
    assert (label.base_missing, label.head_missing) == (1, 2)


def test_rules_that_hold_say_nothing() -> None:
    rule = DataRule(id="id", label="label", required=("x",), ranges={"x": Range(max=9)}, labels=("cat", "dog"))
    assert compared(HEAD, BASE, rule).checks == ()


def test_labels_may_be_numbers_or_booleans() -> None:
    text = rows("1,1", "2,2", header="id,label")
    assert compared(text, text, DataRule(labels=(1, 2))).checks == ()
    flags = rows("1,true", "2,false", header="id,label")
    assert compared(flags, flags, DataRule(labels=(True, False))).checks == ()


class TestSplits:
    train = rows(*(f"{i},{i / 7}" for i in range(50)))
    test = rows(*(f"{i},{i / 7}" for i in range(47, 60)))

    def test_the_same_ids_are_a_leak(self) -> None:
        other = csv(self.train, path="train.csv")
        (leak,) = compared(None, self.test, others=[other]).leaks
        assert (leak.other, leak.id, leak.rows, leak.examples) == ("train.csv", "id", 3, ("47", "48", "49"))

    def test_a_declared_split_is_a_rule(self) -> None:
        other = csv(self.train, path="train.csv")
        (found,) = compared(None, self.test, DataRule(splits=("train.csv",)), [other]).checks
        assert (found.rule, found.rows) == ("splits", 3)
        assert "3 rows of `t.csv` are also in `train.csv`, by `id`" in found.what

    def test_row_numbers_that_nobody_declared_are_no_leak(self) -> None:
        other = csv(rows(*(f"{i},{i / 3 + 100}" for i in range(50))), path="train.csv")
        assert compared(None, self.test, others=[other]).leaks == ()
        (leak,) = compared(None, self.test, DataRule(id="id"), [other]).leaks
        assert leak.rows == 3

    def test_whole_rows_are_compared_where_there_is_no_id(self) -> None:
        train, test = (rows(*(f"{i / 7},{i}" for i in span), header="x,y") for span in (range(50), range(48, 60)))
        (leak,) = compared(None, test, others=[csv(train, path="train.csv")]).leaks
        assert (leak.id, leak.rows) == (None, 2)

    def test_tables_of_few_different_rows_are_not_compared_whole(self) -> None:
        text = rows(*(f"{i % 3},{i % 2}" for i in range(50)), header="x,y")
        assert compared(None, text, others=[csv(text, path="train.csv")]).leaks == ()

    def test_where_the_settings_forbid_an_equal_row_each_counts_however_common(self) -> None:
        text = rows(*(f"{i % 3},{i % 2}" for i in range(50)), header="x,y")
        rule = DataRule(splits=("train.csv",))
        (found,) = compared(None, text, rule, [csv(text, path="train.csv")]).checks
        assert (found.rule, found.rows) == ("splits", 50)

    def test_repeated_rows_count_as_often_as_they_stand_there(self) -> None:
        train, test = (rows(*(f"{i / 7}" for i in span), header="x") for span in (range(60), [*range(59, 99), 59]))
        (leak,) = compared(None, test, others=[csv(train, path="train.csv")]).leaks
        assert (leak.rows, leak.examples) == (2, (f"x={59 / 7}",))

    def test_other_splits_are_files_named_after_splits(self) -> None:
        paths = ["d/train.csv", "d/valid.csv", "d/test.parquet", "e/test.csv", "d/notes.csv", "d/test.csv"]
        assert other_splits("d/test.csv", paths) == ["d/train.csv", "d/valid.csv"]
        assert other_splits("d/notes.csv", paths) == []
