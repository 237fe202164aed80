"""Numbers as people read them: the examples, and the promise that rounding never tells a lie."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from headway.numbers import (
    MINUS,
    MISSING,
    as_percentage,
    common_decimals,
    format_bytes,
    format_change,
    format_decimals,
    format_pair,
    format_relative,
    format_share,
    format_value,
    interval_decimals,
)

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, MISSING),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (0.0, "0"),
        (-0.0, "0"),
        (0.97, "0.97"),
        (0.973333333, "0.9733"),
        (0.30000000000000004, "0.3"),
        (0.99996, "0.99996"),
        (0.9999999, "0.9999999"),
        (1.00004, "1.00004"),
        (1.0, "1"),
        (-0.5, "-0.5"),
        (1797, "1797"),
        (12345, "12,345"),
        (-1234567, "-1,234,567"),
        (123456.7, "123,457"),
        (12.34567, "12.35"),
        (0.0001234, "0.0001234"),
        (0.000012345, "1.234e-5"),
        (1e300, "1e300"),
        (18446744073709551611, "18,446,744,073,709,551,611"),
        (-(2**127), "-170,141,183,460,469,231,731,687,303,715,884,105,728"),
        (10**400, "1e400"),
        ("NaN", "NaN"),
        ("Infinity", "∞"),
        ("-Infinity", "-∞"),
        (math.nan, "NaN"),
        (-math.inf, "-∞"),
        ("resnet", "resnet"),
    ],
)
def test_values(value: float | str | None, text: str) -> None:
    assert format_value(value) == text.replace("-", MINUS)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (None, MISSING),
        (0, "0"),
        (0.0033333, "+0.00333"),
        (-0.013, "-0.013"),
        (0.3 - 0.1, "+0.2"),
        (2, "+2"),
        (-12345, "-12,345"),
        (12.345, "+12.3"),
        (-1e-9, "-1e-9"),
        (math.nan, "NaN"),
        (math.inf, "+∞"),
    ],
)
def test_changes_carry_their_sign(change: float | None, text: str) -> None:
    assert format_change(change) == text.replace("-", MINUS)


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (None, MISSING),
        (0, "0%"),
        (0.0123, "+1.2%"),
        (-0.384, "-38%"),
        (1, "+100%"),
        (0.999, "+99.9%"),
        (-0.9999, "-99.99%"),
        (12.345, "+1234%"),
        (1e-7, "+1e-5%"),
    ],
)
def test_relative_changes(share: float | None, text: str) -> None:
    assert format_relative(share) == text.replace("-", MINUS)


@pytest.mark.parametrize(
    ("share", "text"), [(0, "0%"), (1, "100%"), (0.973, "97.3%"), (0.9999, "99.99%"), (1 / 3, "33.3%")]
)
def test_shares(share: float, text: str) -> None:
    assert format_share(share) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (None, MISSING),
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (1234, "1.2 kB"),
        (10**6, "1 MB"),
        (34_512_000, "35 MB"),
        (123_456_789, "123 MB"),
        (5 * 10**18, "5000 PB"),
    ],
)
def test_sizes(size: int | None, text: str) -> None:
    assert format_bytes(size) == text


def test_a_pair_shows_enough_digits_to_differ() -> None:
    assert format_pair(0.97331, 0.97334) == ("0.97331", "0.97334")
    assert format_pair(0.97, 0.98) == ("0.97", "0.98")
    assert format_pair(None, 0.98) == (MISSING, "0.98")
    assert format_pair("NaN", 1) == ("NaN", "1")


def _read(text: str) -> float:
    return float(text.replace(",", "").replace(MINUS, "-").replace("∞", "inf").rstrip("%"))


@given(FINITE)
@example(5e-324)
@example(0.99999999999999989)
def test_only_zero_reads_zero_and_only_one_reads_one(value: float) -> None:
    read = _read(format_value(value))
    assert (read == 0) == (value == 0)
    assert (abs(read) == 1) == (abs(value) == 1)
    assume(abs(value) < 1e308)  # above, four digits may round up to infinity
    assert read == pytest.approx(value, rel=1e-3)


@given(FINITE)
def test_a_change_never_loses_its_sign(change: float) -> None:
    read = _read(format_change(change))
    assert math.copysign(1, read) == math.copysign(1, change) or change == 0
    assert (read == 0) == (change == 0)


@pytest.mark.parametrize(
    ("rows", "decimals"),
    [
        ([], None),
        ([[17, 28, 11]], 0),
        ([[0.9, 0.9733, 0.0733]], 4),
        ([[0.01104, 0.009337, -0.001703]], 5),
        ([[0.99324, 0.99307, -0.00017]], 5),
        ([[0.999918, 0.999924, 6e-6]], 6),
        ([[1.0, 0.975, -0.025], [0.95556, 0.97727, 0.02171]], 4),
        ([[12345.678, 1.5, -12344.178]], 1),
        ([[1e-7, 0.5, 0.4999999]], None),
        ([[0.5, 0.25, -0.25], [1e-9, 2e-9, 1e-9]], 2),
        ([[10**20, 0.5]], None),
    ],
)
def test_decimals_that_numbers_share(rows: list[list[float]], decimals: int | None) -> None:
    assert common_decimals(rows) == decimals


@given(st.lists(st.tuples(*[st.floats(-1e6, 1e6) | st.integers(-(10**6), 10**6)] * 2), min_size=1, max_size=4))
@example([(0.1, 0.1 + 1e-5), (0.99999, 1.0)])
def test_shared_decimals_never_mislead(pairs: list[tuple[float, float]]) -> None:
    for base, head in pairs:
        if (decimals := common_decimals([(base, head)])) is not None:
            texts = [format_decimals(value, decimals) for value in (base, head)]
            assert (texts[0] == texts[1]) == (base == head)
            assert [_read(text) == 0 for text in texts] == [base == 0, head == 0]
            assert [abs(_read(text)) == 1 for text in texts] == [abs(base) == 1, abs(head) == 1]
    decimals = common_decimals(pairs)
    alone = [common_decimals([pair]) for pair in pairs]
    assert decimals is None or any(one is not None for one in alone)


@pytest.mark.parametrize(
    ("low", "high", "decimals"),
    [
        (0.003, 0.039, 3),
        (-0.0099, 0.0099, 4),
        (-12.0, 30.0, 0),
        (-3e-9, 5e-9, None),
        (-1e308, 1e308, None),
        (0.5, 0.5, None),
        (2.0, 1.0, None),
    ],
)
def test_half_of_an_interval_has_two_significant_digits(low: float, high: float, decimals: int | None) -> None:
    assert interval_decimals(low, high) == decimals


@given(FINITE, FINITE)
def test_the_ends_of_an_interval_keep_their_signs(low: float, high: float) -> None:
    assume(low < high)
    for end in (low, high):
        text = format_change(end, interval_decimals(low, high))
        assert text[0] == ("+" if end > 0 else MINUS if end < 0 else "0")


def test_declared_decimals_are_the_least() -> None:
    assert common_decimals([[56.7123, 46.4, -10.3123]], 1) == 1
    assert common_decimals([[0.9731, 0.9734, 0.0003]], 2) == 4


@pytest.mark.parametrize(("share", "percentage"), [(0.07, 7.0), (0.973, 97.3), (1, 100), (1e-300, 1e-298)])
def test_a_percentage_is_free_of_binary_rounding(share: float, percentage: float) -> None:
    assert as_percentage(share) == percentage


@given(st.floats(0, 1))
def test_only_a_whole_reads_100_percent(share: float) -> None:
    assert (format_share(share) == "100%") == (share * 100 == 100)


@given(FINITE, FINITE)
@example(0.1 + 0.2, 0.3)
def test_different_values_look_different(base: float, head: float) -> None:
    texts = format_pair(base, head)
    assert (texts[0] == texts[1]) == (base == head)


@given(st.integers(-(10**40) + 1, 10**40 - 1))
def test_integers_of_forty_digits_are_exact(value: int) -> None:
    assert int(format_value(value).replace(",", "").replace(MINUS, "-")) == value
    assert format_change(value).lstrip("+") == format_value(value)


@given(st.integers() | st.sampled_from([10**50, 10**400]), st.sampled_from([-1, 1, 7]))
def test_neighbouring_integers_look_different_whatever_their_size(value: int, change: int) -> None:
    texts = format_pair(value, value + change)
    assert texts[0] != texts[1]


@pytest.mark.parametrize(
    ("base", "head", "texts"),
    [
        (0.3, 0.30000000000000004, ("0.3", "0.30000000000000004")),
        (0.3, 0.30000001192092896, ("0.3", "0.30000001")),
        (1e-5, 1.0000000000000003e-05, ("1e-5", "1.0000000000000003e-5")),
        (2**53 + 1, 2.0**53, ("9,007,199,254,740,993", "9,007,199,254,740,992")),
        (3, 3.5, ("3", "3.5")),
    ],
)
def test_two_numbers_beside_each_other(base: float, head: float, texts: tuple[str, str]) -> None:
    for found, text in zip(format_pair(base, head), texts, strict=True):
        assert found == text.replace("-", MINUS)
