"""Which decision threshold each side's curves mark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from repos import Project
from samples import revision

import headway
from headway.compare.thresholds import decision_thresholds
from headway.values.snapshot import Snapshot

if TYPE_CHECKING:
    from pathlib import Path


def snapshot(**params: Any) -> Snapshot:
    return Snapshot(revision=revision("main", "a1b2c3d", "named"), params={"params.yaml": params})


OLD = snapshot(**{"evaluate.threshold": 0.5, "evaluate.mode": "strict", "evaluate.cutoff": 12, "flag": True})
NEW = snapshot(**{"evaluate.threshold": 0.3, "only.head": 0.4, "evaluate.cutoff": 12, "flag": True})


@pytest.mark.parametrize(
    ("declared", "thresholds"),
    [
        (None, (0.5, 0.5)),
        (0.2, (0.2, 0.2)),
        ("evaluate.threshold", (0.5, 0.3)),
        ("params.yaml:evaluate.threshold", (0.5, 0.3)),
        ("only.head", (0.4, 0.4)),
    ],
)
def test_a_threshold_is_a_number_or_a_parameter(declared: float | str | None, thresholds: tuple[float, float]) -> None:
    assert decision_thresholds(declared, OLD, NEW) == (thresholds, ())


@pytest.mark.parametrize("declared", ["evaluate.mode", "evaluate.cutoff", "flag", "nope", "other.yaml:only.head"])
def test_what_is_no_threshold_is_a_footnote(declared: str) -> None:
    thresholds, (problem,) = decision_thresholds(declared, OLD, NEW)
    assert thresholds == (0.5, 0.5)
    assert declared in problem.what
    assert problem.remedy


def test_a_comparison_reads_both_revisions(tmp_path: Path) -> None:
    """A plot of each side, beside parameters that no stage declares."""
    project = Project(tmp_path)
    project.write("headway.yaml", "threshold: evaluate.threshold\n").write("roc.csv", "fpr,tpr\n0,0\n1,1\n")
    project.dvc_yaml({"params": ["params.yaml"], "plots": ["roc.csv"]})
    project.write("params.yaml", "evaluate: {threshold: 0.5}\n").commit()
    project.write("params.yaml", "evaluate: {threshold: 0.3}\n")
    (pair,) = headway.compare_revisions(tmp_path, base="HEAD", environ={}).plots
    assert pair.thresholds == (0.5, 0.3)
