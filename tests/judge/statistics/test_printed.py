"""The precision that printed numbers have."""

from __future__ import annotations

import numpy as np
import pytest

from headway.judge.statistics import printed
from headway.judge.statistics.printed import rounding_error

NUMBERS = np.random.default_rng(0).lognormal(0, 2, 3000)


def test_decimals() -> None:
    assert np.max(rounding_error(np.round(NUMBERS, 2))) == pytest.approx(0.005)
    assert np.max(rounding_error(np.array([0.25, 0.5]))) == pytest.approx(0.005)


def test_significant_digits() -> None:
    rounded = np.array([float(f"{number:.4g}") for number in NUMBERS])
    error = np.asarray(rounding_error(rounded))
    assert np.all(np.abs(rounded - NUMBERS) <= error + 1e-15)
    assert error[np.argmax(rounded)] == pytest.approx(0.5 * 10 ** (np.floor(np.log10(rounded.max())) - 3))


def test_whole_numbers_and_full_precision_are_exact() -> None:
    assert rounding_error(np.array([1.0, -20, 0])) == 0
    assert rounding_error(NUMBERS) == 0
    assert rounding_error(np.array([])) == 0


def test_single_precision() -> None:
    single = NUMBERS.astype(np.float32).astype(np.float64)
    assert rounding_error(single) == pytest.approx(1.19e-7 * single.max(), rel=0.01)


def test_a_few_rows_reject_a_precision_and_all_rows_confirm_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printed, "_BLOCK", 1000)
    numbers = np.round(NUMBERS, 2)
    numbers[1] = 0.123456  # not among the rows that are looked at first
    assert np.min(rounding_error(numbers)) == pytest.approx(5e-7)
    numbers[1] = 1 / 3
    assert rounding_error(numbers) == 0
