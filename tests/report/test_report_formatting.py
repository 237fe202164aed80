"""Values as cells show them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from rendered import within
from samples import metric

from headway.compare.metrics import compare_metrics
from headway.numbers import MINUS, MISSING
from headway.report.blocks import Value, Words
from headway.report.escaping import clean, short_sha, shorten
from headway.report.formatting import count, literal_values, notation_of, out_size, size_change
from headway.values.comparison import Param
from headway.values.revision import Revision
from headway.values.snapshot import Out, Snapshot
from headway.values.typed import TypedPlace, json_sides, same

if TYPE_CHECKING:
    from collections.abc import Callable

    from headway.report.formatting import Shown
    from headway.values.comparison import Metric


def metric_values(metric: Metric) -> tuple[Shown, Shown]:
    return notation_of([metric]).values(metric)


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
        (12345.678, 1.5, ("12,345.7", "1.5")),
        (1e-7, 0.5, (f"1e{MINUS}7", "0.5")),
        ("NaN", 0.5, ("NaN", "0.5")),
        (None, 0.5, (MISSING, "0.5")),
        (True, False, ("true", "false")),
    ],
)
def test_two_values_line_up_at_the_point(base: Any, head: Any, texts: tuple[str, str]) -> None:
    assert shown(base, head) == texts


def test_only_the_repositorys_own_words_are_literal() -> None:
    assert metric_values(metric("m", "adam", "NaN")) == (Value("adam"), Words("NaN"))


@pytest.mark.parametrize(
    ("value", "text"),
    [("adam", "adam"), (0.1, "0.1"), (None, "null"), ([1, "a"], '[1,"a"]'), ({"a": True}, '{"a":true}')],
)
def test_a_parameter_reads_as_in_its_file(value: Any, text: str) -> None:
    removed = Param(file="params.yaml", key="k", base=value, head=None, status="removed")
    assert literal_values(removed, ("head",)) == (Value(text), Words(MISSING))


def param(base: Any, head: Any) -> Param:
    return Param(file="params.yaml", key="k", status="changed", **json_sides(base, head))


LIST = [*range(100, 164)]
DEEP = [{"lr": 0.1, "sizes": LIST}] * 9
SHORTER = {"lr": 0.1, "sizes": LIST[:-1]}
LONG = "a very long sentence, of which the beginning is the same "


@pytest.mark.parametrize(
    ("base", "head", "texts"),
    [
        (LIST, [*LIST[:36], 7, *LIST[37:]], ("[… 136 …] (37 of 64)", "[… 7 …] (37 of 64)")),
        (LIST, [*LIST, 7], ("[…] (64 items)", "[… 7] (65 of 65)")),
        (LIST, LIST[1:], ("[100 …] (1 of 64)", "[101 …] (1 of 63)")),
        ([], LIST, ("[]", "[100 …] (1 of 64)")),
        ([LIST], [LIST[:-1]], ("[[… 163]] (1 of 1, 64 of 64)", "[[…]] (1 of 1, 63 items)")),
        (DEEP, [*DEEP[:8], SHORTER], ("163 (9 of 9, sizes, 64 of 64)", "(9 of 9, sizes, 63 items)")),
        ([{"lr": 0.1, "n": LIST}], [{"lr": 0.2, "n": LIST}], ("[{… lr:0.1 …}] (1 of 1)", "[{… lr:0.2 …}] (1 of 1)")),
        ([{"n": LIST}], [{"n": LIST, "m": 1}], ("[{…}] (1 of 1, no m)", "[{… m:1 …}] (1 of 1)")),
        (LONG + "here", LONG + "there", ("… the beginning is the same here", "…the beginning is the same there")),
        ("x" * 99, "x" * 100, ("…xxxxxxxxxxxxxxxxxx (length 99)", "…xxxxxxxxxxxxxxxxxx (length 100)")),
        (10**50, 10**51, ("…0000000000000000000 (length 51)", "…0000000000000000000 (length 52)")),
        ([LONG + "a"], [LONG + "a\u200b"], ('[…nning is the same a"] (1 of 1)', '[…is the same a\\u200b"] (1 of 1)')),
        (0.0001, 1e-5, ("0.0001", "1e-5")),
        (-0.0, 1e22, ("-0.0", "1e22")),
        (0.30000000000000004, 0.3, ("0.30000000000000004", "0.3")),
        ("e\u0301", "é", ('"e\\u0301"', '"\\u00e9"')),
    ],
)  # fmt: skip
def test_the_first_difference_is_seen(base: Any, head: Any, texts: tuple[str, str]) -> None:
    first, second = literal_values(param(base, head))
    assert (within(first, 32), within(second, 32)) == texts


def test_beginnings_that_differ_are_shown_with_the_ends() -> None:
    first, second = literal_values(param("red " * 20 + "end", "blue " * 20 + "end"))
    assert (first, second) == (Value("red " * 20 + "end"), Value("blue " * 20 + "end"))


leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text("ab \u200b1.", max_size=60)
    | st.dates()
    | st.binary()
)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=40) | st.dictionaries(st.text(max_size=20), inner, max_size=4)
)


@st.composite
def similar_values(draw: Callable[..., Any]) -> tuple[Any, Any]:
    """A value, and the same with another leaf somewhere in it."""
    value = draw(values)
    return value, _with_other_leaf(draw, value)


def _with_other_leaf(draw: Callable[..., Any], value: Any) -> Any:
    if not isinstance(value, list | dict) or not value:
        return draw(leaves)
    places = range(len(value)) if isinstance(value, list) else sorted(value)
    place = draw(st.sampled_from(places))
    changed = value.copy()
    changed[place] = _with_other_leaf(draw, value[place])
    return changed


@given(similar_values())
def test_two_values_never_look_the_same_in_any_room(pair: tuple[Any, Any]) -> None:
    assume(not same(*pair))
    shown = literal_values(param(*pair))
    for room in (32, 40, 100):
        base, head = (" ".join(shorten(clean(within(one, room)), room).split()) for one in shown)
        assert base != head


def test_a_side_that_could_not_be_read_is_no_null() -> None:
    unread = Param(
        file="params.yaml",
        key="k",
        base=None,
        head=None,
        status="unavailable",
        types=(TypedPlace(place="/head", type="null"),),
    )
    assert literal_values(unread) == (Words(MISSING), Value("null"))


@pytest.mark.parametrize("kind", ["integer", "date", "null", "other"])
def test_a_type_that_does_not_fit_the_value_spoils_nothing(kind: Any) -> None:
    typed = (TypedPlace(place="/base", type=kind), TypedPlace(place="/head/7", type=kind))
    lying = msgspec.structs.replace(metric("m", "12x", 0.5), types=typed)
    assert metric_values(lying) == (Value("12x"), Words("0.5"))
    assert metric_values(msgspec.structs.replace(metric("m", 3, 4), types=typed)) == (Words("3"), Words("4"))


@pytest.mark.parametrize(
    ("base", "head", "texts"),
    [
        ("1", 1, ('"1"', "1")),
        (True, "true", ("true", '"true"')),
        ("NaN", math.nan, ('"NaN"', "NaN")),
        ("svm", 0.5, ("svm", "0.5")),
        (2**64 - 5, 2**64 + 6, ("18,446,744,073,709,551,611", "18,446,744,073,709,551,622")),
        (10**60, 10**60 + 7, ("…000,000,000,000,000,000,000,000", "…000,000,000,000,000,000,000,007")),
        (LONG + "here", LONG + "there", ("… the beginning is the same here", "…the beginning is the same there")),
    ],
)
def test_two_metrics_that_differ_look_different(base: Any, head: Any, texts: tuple[str, str]) -> None:
    (found,) = compare_metrics(snapshot_of(base), snapshot_of(head), {})
    first, second = metric_values(found)
    assert (within(first, 32), within(second, 32)) == texts


def test_a_long_integer_without_a_base() -> None:
    (found,) = compare_metrics(Snapshot(revision=snapshot_of(1).revision), snapshot_of(10**39), {})
    assert metric_values(found) == (Words(MISSING), Value(f"{10**39:,}"))


def snapshot_of(value: Any) -> Snapshot:
    revision = Revision(name="main", sha=None, chosen="test")
    return Snapshot(revision=revision, metrics={"metrics.json": {"m": value}})


def test_a_sha_is_short_and_anything_else_is_no_sha() -> None:
    assert short_sha("a1b2c3d" + "0" * 33) == "a1b2c3d"
    assert short_sha("@someone#1") == ""


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
