"""Numbers as people read them: the examples, and the promise that rounding never tells a lie."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from headway.numbers import (
    MINUS,
    MISSING,
    format_bytes,
    format_change,
    format_pair,
    format_relative,
    format_share,
    format_value,
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
