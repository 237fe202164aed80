"""Which metrics the first line names."""

from __future__ import annotations

import msgspec
import pytest
from samples import make_report

from headway.compare.metrics import rule_of
from headway.judge.key_metrics import with_headline
from headway.settings import MetricRule, Settings

LINES = "acc 1 -> 2\nf1 1 -> 2\nauc 1 -> 2\nloss 1 -> 2\nprecision.0 1 -> 2\nprecision.1 1 -> 2\nother.json:acc 1 -> 2"


def named(settings: Settings) -> dict[str, int]:
    metrics = []
    for one in make_report(LINES).metrics:
        rank, rule = rule_of(one.file, one.key, settings.metrics)
        withheld = "machine" if rule.machine else None
        metrics.append(msgspec.structs.replace(one, rank=rank, withheld=withheld))
    found = with_headline(metrics, settings)
    return {f"{one.file}:{one.key}": one.headline for one in found if one.headline is not None}


def rules(*patterns: str, machine: str = "") -> dict[str, MetricRule]:
    return {pattern: MetricRule(direction="higher", machine=pattern == machine) for pattern in patterns}


def test_the_settings_name_them() -> None:
    settings = Settings(headline=("loss", "precision.*"), metrics=rules("acc"))
    assert named(settings) == {
        "reports/metrics.json:loss": 0,
        "reports/metrics.json:precision.0": 1,
        "reports/metrics.json:precision.1": 1,
    }


def test_else_the_first_three_rules_do() -> None:
    assert named(Settings(metrics=rules("f1", "missing", "acc", "loss", "auc"))) == {
        "reports/metrics.json:f1": 0,
        "other.json:acc": 1,
        "reports/metrics.json:acc": 1,
        "reports/metrics.json:loss": 2,
    }


def test_what_depends_on_the_machine_is_not_named() -> None:
    assert named(Settings(metrics=rules("f1", "acc", machine="acc"))) == {"reports/metrics.json:f1": 0}


def test_without_rules_it_is_the_top_of_the_first_file() -> None:
    assert named(Settings()) == {"other.json:acc": 0}


@pytest.mark.parametrize("metrics", ["", "p.0 1 -> 2"])
def test_there_may_be_none(metrics: str) -> None:
    found = with_headline(make_report(metrics).metrics, Settings())
    assert all(one.headline is None for one in found)
