"""Intervals hold and verdicts are wrong as often as they promise; benchmarks/calibration.py measures it closely."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))

import calibration
from calibration import Cell, Column, calibrate
from populations import POPULATIONS

from headway.judge.statistics.compare import compare_paired

if TYPE_CHECKING:
    from headway.judge.statistics.estimate import Outcome

BY_NAME = {population.name: population for population in POPULATIONS}
TRIALS = 200


def cells(name: str, metric: str, *columns: Column, trials: int = TRIALS) -> list[Cell]:
    population = BY_NAME[name]
    chosen = population._replace(metrics={metric: population.metrics[metric]})
    (found,) = calibrate(chosen, trials, columns=columns).values()
    return found


@pytest.mark.parametrize(
    ("name", "metric"),
    [("2 classes, 50% positive", "accuracy"), pytest.param("numbers", "RMSE", marks=pytest.mark.slow)],
)
def test_intervals_hold_and_models_that_are_alike_are_not_told_apart(name: str, metric: str) -> None:
    (found,) = cells(name, metric, Column(200))
    assert 0.91 <= found.coverage <= 0.99
    assert 0.85 <= found.gate_coverage < found.coverage
    assert found.false_worse <= 0.05
    assert found.judged == 1


def test_intervals_hold_where_few_groups_have_rows_of_a_class() -> None:
    _, found = cells("2 classes, 10% positive", "recall", Column(1000), Column(200, grouped=True))
    assert found.coverage >= 0.91
    assert found.false_worse <= 0.05


def test_intervals_that_are_too_narrow_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def halved(*arguments: Any) -> Outcome:
        tested = compare_paired(*arguments)
        found = tested.evidence
        ends = {"low": (found.estimate + found.low) / 2, "high": (found.estimate + found.high) / 2, "p": found.p / 20}
        return type(tested)(msgspec.structs.replace(found, **ends))

    monkeypatch.setattr(calibration, "compare_paired", halved)
    (found,) = cells("numbers", "RMSE", Column(200), trials=100)  # about 67 of them hold, give or take 5
    assert found.coverage < 0.8
    assert found.false_worse > 0.08
    assert found.misses


def test_the_same_trials_give_the_same_bytes() -> None:
    first, second = (
        calibration.tables({"m": cells("numbers", "MAE", *calibration.SIZES[:2], trials=10)}, 10) for _ in range(2)
    )
    assert first == second
    assert "| m | " in first


def test_tables_replace_those_between_the_marks() -> None:
    document = f"before\n{calibration.BEGIN}\nold\n{calibration.END}\nafter\n"
    once = calibration.placed(document, "new")
    assert once == f"before\n{calibration.BEGIN}\n\nnew\n\n{calibration.END}\nafter\n"
    assert calibration.placed(once, "new") == once


@pytest.mark.slow
@pytest.mark.parametrize("name", BY_NAME)
def test_every_metric_holds(name: str) -> None:
    found = calibrate(BY_NAME[name], TRIALS, columns=(Column(200), Column(1000), Column(400, grouped=True)))
    for metric, columns in found.items():
        for cell in columns:
            assert not cell.coverage < 0.89, (metric, cell)
            assert not cell.false_worse > 0.06, (metric, cell)
