from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digits.prepare import PrepareParams, split
from digits.split import SPLITS, assign, check_stratified, class_shares
from digits.stage import PipelineError

SHARES = {"validation": 0.15, "test": 0.25}
PARAMS = PrepareParams(salt="digits-18", validation_share=0.15, test_share=0.25, tolerance=0.05)

ids = st.lists(st.text(min_size=1), unique=True, min_size=1, max_size=40)


def assigned(names: list[str], salt: str = "salt") -> dict[str, str]:
    return dict(zip(names, assign(pd.Series(names, dtype=str), SHARES, salt), strict=True))


@given(old=ids, new=ids)
def test_new_rows_never_move_old_rows(old: list[str], new: list[str]) -> None:
    before = assigned(old)
    after = assigned([*(name for name in new if name not in before), *reversed(old)])
    assert {name: after[name] for name in old} == before


def test_known_assignments_stay_for_ever() -> None:
    assert assigned(["d0000", "d0003", "d0011"], "digits-18") == {
        "d0000": "train",  # at 0.4198
        "d0003": "test",  # at 0.2252
        "d0011": "validation",  # at 0.3045
    }


def test_more_validation_takes_rows_from_train_only() -> None:
    names = pd.Series([f"d{n}" for n in range(500)])
    small = assign(names, SHARES, "salt")
    large = assign(names, {**SHARES, "validation": 0.3}, "salt")
    assert ((small == "test") == (large == "test")).all()
    assert (large[small == "validation"] == "validation").all()
    assert set(small[small != large]) == {"train"}


def test_another_salt_is_another_split() -> None:
    names = [f"d{n}" for n in range(100)]
    assert assigned(names, "one") != assigned(names, "two")


def test_the_real_digits_are_stratified(digits_table: pd.DataFrame) -> None:
    parts = split(digits_table, PARAMS)
    assert {name: len(part) for name, part in parts.items()} == {"train": 1085, "validation": 283, "test": 429}
    assert sorted(name for part in parts.values() for name in part["id"]) == sorted(digits_table["id"])


def test_a_corrected_label_or_another_order_moves_no_row(digits_table: pd.DataFrame) -> None:
    changed = digits_table.sample(frac=1, random_state=1)
    changed.loc[0, "label"] = 9  # it was 0
    before, after = split(digits_table, PARAMS), split(changed, PARAMS)
    assert all(before[name]["id"].tolist() == after[name]["id"].tolist() for name in SPLITS)


def test_shares_are_of_each_class() -> None:
    found = class_shares(pd.Series([0, 0, 1, 1]), pd.Series(["train", "test", "train", "train"]))
    assert found.to_dict("index") == {
        0: {"train": 0.5, "validation": 0.0, "test": 0.5},
        1: {"train": 1.0, "validation": 0.0, "test": 0.0},
    }


def shares(**columns: list[float]) -> pd.DataFrame:
    """Rows are classes 0, 1, ..."""
    return pd.DataFrame(columns)[list(SPLITS)]


def test_an_uneven_class_stops_the_stage_by_name() -> None:
    uneven = shares(train=[0.6, 0.5], validation=[0.15, 0.15], test=[0.25, 0.35])
    with pytest.raises(PipelineError, match=r"class 1 has 0\.350 in test") as caught:
        check_stratified(uneven, SHARES, tolerance=0.09)
    assert "class 1 has 0.500 in train" in str(caught.value)
    assert "class 0" not in str(caught.value)
    assert "prepare.tolerance" in str(caught.value)
    check_stratified(uneven, SHARES, tolerance=0.11)


def test_a_class_that_a_split_lacks_is_never_within_tolerance() -> None:
    with pytest.raises(PipelineError, match=r"class 0 has 0\.000 in test"):
        check_stratified(shares(train=[0.8], validation=[0.2], test=[0.0]), SHARES, tolerance=0.9)
