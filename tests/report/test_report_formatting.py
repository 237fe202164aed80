"""Values as cells show them."""

from __future__ import annotations

from typing import Any

import pytest
from samples import metric

from headway.numbers import MINUS, MISSING
from headway.report.formatting import Shown, count, literal_values, metric_values, out_size, short_sha, size_change
from headway.values.comparison import Param
from headway.values.snapshot import Out


def shown(base: Any, head: Any) -> tuple[str, str]:
    first, second = metric_values(metric("m", base, head))
    return first.text, second.text


@pytest.mark.parametrize(
    ("base", "head", "texts"),
    [
        (0.9, 0.9733, ("0.9000", "0.9733")),
        (1, 0.5, ("1.0", "0.5")),
        (17, 28, ("17", "28")),
        (-0.5, 0.25, (f"{MINUS}0.50", "0.25")),
        (12345.678, 1.5, ("12,346.0", "1.5")),
        (1e-7, 0.5, (f"1e{MINUS}7", "0.5")),
        ("NaN", 0.5, ("NaN", "0.5")),
        (None, 0.5, (MISSING, "0.5")),
        (True, False, ("true", "false")),
    ],
)
def test_two_values_line_up_at_the_point(base: Any, head: Any, texts: tuple[str, str]) -> None:
    assert shown(base, head) == texts


def test_only_the_repositorys_own_words_are_literal() -> None:
    assert metric_values(metric("m", "adam", "NaN")) == (Shown("adam", literal=True), Shown("NaN"))


@pytest.mark.parametrize(
    ("value", "text"),
    [("adam", "adam"), (0.1, "0.1"), (None, "null"), ([1, "a"], '[1,"a"]'), ({"a": True}, '{"a":true}')],
)
def test_a_parameter_reads_as_in_its_file(value: Any, text: str) -> None:
    param = Param(file="params.yaml", key="k", base=value, head=None, status="removed")
    assert literal_values(param, ("head",)) == (Shown(text, literal=True), Shown(MISSING))


def test_a_sha_is_short_and_anything_else_is_no_sha() -> None:
    assert short_sha("a1b2c3d" + "0" * 33) == Shown("a1b2c3d")
    assert short_sha("@someone#1").literal


@pytest.mark.parametrize(
    ("base", "head", "change"),
    [
        (Out(hash="1", size=1000), Out(hash="2", size=3500), "+2.5 kB"),
        (Out(hash="1", size=3500), Out(hash="2", size=1000), f"{MINUS}2.5 kB"),
        (Out(hash="1", size=3500), Out(hash="2", size=3500), "same size"),
        (Out(hash="1"), Out(hash="2", size=3500), "changed"),
        (None, Out(hash="2", size=3500), "added"),
        (Out(hash="1"), None, "removed"),
    ],
)
def test_a_change_of_size_keeps_its_sign(base: Out | None, head: Out | None, change: str) -> None:
    assert size_change(base, head) == change


def test_the_size_of_a_folder_counts_its_files() -> None:
    assert out_size(Out(hash="1.dir", size=48_120, files=1)) == "48 kB in 1 file"
    assert out_size(None) == MISSING


def test_counting() -> None:
    assert [count(0, "metric"), count(1, "metric"), count(1797, "file")] == ["0 metrics", "1 metric", "1,797 files"]
    assert count(2, "chart without a difference") == "2 charts without a difference"
