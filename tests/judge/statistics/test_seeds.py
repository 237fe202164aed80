"""Evidence from runs with several seeds."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest
from scipy import stats

from headway.judge.statistics.sample import CannotEstimateError, TooFewRowsError
from headway.judge.statistics.seeds import compare_seeds

BASE = {"runs/1.json": 0.90, "runs/2.json": 0.91, "runs/3.json": 0.93}
HEAD = {"runs/3.json": 0.95, "runs/1.json": 0.92, "runs/2.json": 0.92}
OTHER = {"runs/7.json": 0.95, "runs/8.json": 0.90, "runs/9.json": 0.97, "runs/1.json": 0.99}


def test_the_same_seeds_are_paired() -> None:
    evidence = compare_seeds(BASE, HEAD)
    expected = stats.ttest_rel([0.92, 0.92, 0.95], list(BASE.values()))
    assert (evidence.statistic, evidence.p) == pytest.approx((expected.statistic, expected.pvalue))
    interval = expected.confidence_interval(0.95)
    assert (evidence.low, evidence.high) == pytest.approx((interval.low, interval.high))
    gate = expected.confidence_interval(0.90)
    assert (evidence.gate_low, evidence.gate_high) == pytest.approx((gate.low, gate.high))
    assert evidence.estimate == pytest.approx(0.05 / 3)
    assert (evidence.method, evidence.covers, evidence.rows) == ("seeds", "seeds", 3)


def test_other_seeds_are_independent() -> None:
    evidence = compare_seeds(BASE, OTHER)
    expected = stats.ttest_ind(list(OTHER.values()), list(BASE.values()), equal_var=False)
    assert (evidence.statistic, evidence.p) == pytest.approx((expected.statistic, expected.pvalue))
    interval = expected.confidence_interval(0.95)
    assert (evidence.low, evidence.high) == pytest.approx((interval.low, interval.high))
    assert evidence.rows == 3


@pytest.mark.parametrize("head", [HEAD, OTHER])
def test_swapping_sides_flips_signs(head: dict[str, float]) -> None:
    one, other = compare_seeds(BASE, head), compare_seeds(head, BASE)
    assert (one.estimate, one.low, one.high) == (-other.estimate, -other.high, -other.low)
    assert one.p == other.p


def test_runs_that_do_not_vary() -> None:
    same = dict.fromkeys(("a", "b", "c"), 0.9)
    other = dict.fromkeys(("a", "b", "c"), 0.8)
    assert compare_seeds(same, same).p == 1
    assert compare_seeds(same, other).p == 0.25, "three runs move to one side by chance"
    assert compare_seeds(same, other).statistic is None
    assert compare_seeds(same, {"d": 0.8, "e": 0.8}).p == 0.5
    constant = compare_seeds(BASE, {name: value + 0.1 for name, value in BASE.items()})
    assert constant.p == 0.25, "rounding is no variance"
    assert np.isfinite(constant.low)


def test_too_few_runs() -> None:
    with pytest.raises(TooFewRowsError, match="only 1 run of base, and at least 2"):
        compare_seeds({"a": 0.5}, HEAD)
    with pytest.raises(TooFewRowsError, match="only 0 runs of head"):
        compare_seeds(BASE, {})


def test_a_run_without_a_finite_value() -> None:
    with pytest.raises(CannotEstimateError, match="not finite in the run a of head"):
        compare_seeds(BASE, {"b": 0.1, "a": inf})
