from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.bounded import MAX_DEPTH
from headway.gather.read.flatten import MAX_VALUES, dotted_key, flatten_metrics, flatten_params
from headway.gather.read.parsing import UnreadableError
from headway.values.typed import MAX_DIGITS

if TYPE_CHECKING:
    from collections.abc import Callable


def nested(depth: int, leaf: object) -> Any:
    return leaf if depth == 0 else {"k": nested(depth - 1, leaf)}


def test_nested_metrics_get_dotted_keys_in_order() -> None:
    tree = {"train": {"loss": 0.5, "acc": 1}, "note": "x", "ok": True}
    assert flatten_metrics(tree) == ({"train.loss": 0.5, "train.acc": 1, "note": "x", "ok": True}, {})
    assert list(flatten_metrics(tree)[0]) == ["train.loss", "train.acc", "note", "ok"]


def test_a_bare_number_has_the_empty_key_and_an_empty_name_is_quoted() -> None:
    assert flatten_metrics(0.9) == ({"": 0.9}, {})
    assert flatten_metrics({"": 0.9}) == ({'""': 0.9}, {})


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("mAP@0.5", '"mAP@0.5"'),
        ('say "x"', '"say \\"x\\""'),
        ('a.\\"', '"a.\\\\\\""'),
        ("a|b\nc", "a|b\nc"),
        ("naïve 🎯", "naïve 🎯"),
        (3, "3"),
        (True, "true"),
        (None, "null"),
        (0.5, '"0.5"'),
    ],
)
def test_a_part_is_quoted_only_where_the_dots_would_lie(name: object, key: str) -> None:
    assert dotted_key("val", name) == f"val.{key}"


@given(st.lists(st.text(), min_size=1, max_size=4), st.lists(st.text(), min_size=1, max_size=4))
def test_two_paths_never_share_a_key(one: list[str], other: list[str]) -> None:
    assert (dotted_key(*one) == dotted_key(*other)) == (one == other)


def test_lists_nulls_and_dates_are_no_metrics() -> None:
    tree = {"a": [1, 2], "b": {"c": None, "d": 1}, "e": dt.date(2025, 1, 1)}
    assert flatten_metrics(tree) == ({"b.d": 1}, {"a": [1, 2], "b.c": None, "e": dt.date(2025, 1, 1)})


def test_nan_and_infinity_stay_floats() -> None:
    metrics, dropped = flatten_metrics({"a": math.nan, "b": -math.inf})
    assert math.isnan(metrics["a"])  # type: ignore[arg-type]  # it is a float, as the next line would show
    assert metrics["b"] == -math.inf
    assert not dropped


@pytest.mark.parametrize("value", [2**53 + 1, 2**63, 2**64 - 1, -(2**63) - 1, 10**400, 10**MAX_DIGITS - 1])
def test_integers_of_any_size_stay_exact(value: int) -> None:
    assert flatten_metrics({"a": value})[0] == flatten_params({"a": value}) == {"a": value}
    assert flatten_params({"a": [{"b": value}]}) == {"a": [{"b": value}]}


@pytest.mark.parametrize("flatten", [flatten_metrics, flatten_params])
@pytest.mark.parametrize("tree", [{"a": 10**MAX_DIGITS}, {-(10**MAX_DIGITS): 1}])
def test_an_integer_that_python_cannot_print_is_refused(flatten: Callable[[object], object], tree: object) -> None:
    with pytest.raises(UnreadableError, match=f"{MAX_DIGITS:,} digits"):
        flatten(tree)


def test_a_number_and_its_text_as_names_are_two_keys() -> None:
    assert flatten_metrics({1: 0.1, "1": 0.2, "2": 0.3})[0] == {"1": 0.1, '"1"': 0.2, "2": 0.3}
    assert flatten_params({"a": [{None: 1, "null": 2, True: 3}]}) == {"a": [{"null": 1, '"null"': 2, "true": 3}]}


def test_a_section_without_anything_in_it_is_a_parameter_and_no_metric() -> None:
    assert flatten_params({"a": {}, "b": {"c": {}}}) == {"a": {}, "b.c": {}}
    assert flatten_params({}, "train") == {"train": {}}
    assert flatten_params({}) == {}
    assert flatten_metrics({"a": {}, "b": 1}) == ({"b": 1}, {})


def test_a_hundred_levels_are_followed() -> None:
    assert flatten_metrics(nested(MAX_DEPTH, 1))[0] == {".".join("k" * MAX_DEPTH): 1}


def test_a_hundred_thousand_leaves_are_read_and_a_bomb_of_aliases_is_refused() -> None:
    assert len(flatten_metrics({f"k{i}": i for i in range(100_000)})[0]) == 100_000
    bomb: Any = 1
    for _ in range(12):
        bomb = dict.fromkeys("abcdefghij", bomb)
    with pytest.raises(UnreadableError, match=f"{MAX_VALUES:,}"):
        flatten_metrics(bomb)


def test_parameters_keep_lists_nulls_and_dates() -> None:
    moment = dt.datetime(2025, 1, 2, 3, 4, tzinfo=dt.UTC)
    tree = {"layers": [64, (32, 16)], "seed": None, "tags": {"b", "a", 1, "1"}, "steps": [{"at": moment, 1: 10**20}]}
    assert flatten_params(tree) == {
        "layers": [64, [32, 16]],
        "seed": None,
        "tags": [1, "1", "a", "b"],
        "steps": [{"at": moment, "1": 10**20}],
    }


def test_parameters_below_a_tracked_section_keep_its_key() -> None:
    assert flatten_params({"lr": 0.1, "opt": {"name": "adam"}}, "train") == {"train.lr": 0.1, "train.opt.name": "adam"}
