"""A small DVC repository with a typical pull request: one metrics file and six plots on two branches."""

from __future__ import annotations

import csv
import json
import math
import os
import random
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

BASE, HEAD = "main", "faster-training"
CLASSES = 10
ROWS = 360

PLOTS = """\
metrics:
  - metrics.json
plots:
  - plots/learning_curve.csv: {x: epoch, y: validation_loss, template: linear, title: Learning curve}
  - plots/confusion.csv: {x: predicted, y: actual, template: confusion, title: Confusion}
  - plots/roc.csv: {x: fpr, y: tpr, template: simple, title: ROC}
  - plots/precision_recall.csv: {x: recall, y: precision, template: simple, title: Precision and recall}
  - plots/calibration.csv: {x: predicted, y: observed, template: scatter, title: Calibration}
  - plots/class_f1.csv: {x: f1, y: class, template: bar_horizontal, title: F1 per class}
"""
PLOT_FILES = [line.split("- ")[1].split(":")[0] for line in PLOTS.splitlines() if "plots/" in line]


def build(root: Path, environ: Mapping[str, str]) -> None:
    """Create the repository, with the head branch checked out."""
    root.mkdir()
    run = _runner(root, environ)
    run("git", "init", "--quiet", "--initial-branch", BASE)
    run("dvc", "init", "--quiet")
    (root / "dvc.yaml").write_text(PLOTS)
    (root / "plots").mkdir()
    _write_results(root, skill=0.97, seed=1)
    run("git", "add", "--all")
    run("git", "commit", "--quiet", "--message", "base")
    run("git", "checkout", "--quiet", "-b", HEAD)
    _write_results(root, skill=0.985, seed=2)
    run("git", "commit", "--quiet", "--all", "--message", "head")


def _runner(root: Path, environ: Mapping[str, str]) -> Callable[..., None]:
    def run(*command: str) -> None:
        subprocess.run(command, cwd=root, check=True, env={**os.environ, **environ})

    return run


def _write_results(root: Path, skill: float, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - repeatable sample data, not a secret
    (root / "metrics.json").write_text(json.dumps(_metrics(skill, rng), indent=2))
    _write(root / "plots/learning_curve.csv", ("epoch", "validation_loss"), _learning_curve(skill))
    _write(root / "plots/confusion.csv", ("actual", "predicted"), _predictions(skill, rng))
    _write(root / "plots/roc.csv", ("fpr", "tpr"), _curve(lambda x: x ** (1 - skill)))
    _write(root / "plots/precision_recall.csv", ("recall", "precision"), _curve(lambda x: 1 - (1 - skill) * x**8))
    _write(root / "plots/calibration.csv", ("predicted", "observed"), _curve(lambda x: x**skill, points=10))
    _write(root / "plots/class_f1.csv", ("class", "f1"), [(c, skill - rng.random() / 50) for c in range(CLASSES)])


def _metrics(skill: float, rng: random.Random) -> dict[str, object]:
    per_class = {str(c): round(skill - rng.random() / 50, 4) for c in range(CLASSES)}
    return {"accuracy": skill, "log_loss": round(4 * (1 - skill), 4), "precision": per_class, "recall": per_class}


def _learning_curve(skill: float) -> list[tuple[float, ...]]:
    return [(epoch, round(2.3 * math.exp(-epoch * skill / 4) + 1 - skill, 5)) for epoch in range(40)]


def _predictions(skill: float, rng: random.Random) -> list[tuple[float, ...]]:
    actual = [rng.randrange(CLASSES) for _ in range(ROWS)]
    return [(a, a if rng.random() < skill else rng.randrange(CLASSES)) for a in actual]


def _curve(shape: Callable[[float], float], points: int = 200) -> list[tuple[float, ...]]:
    return [(round(i / points, 5), round(shape(i / points), 5)) for i in range(points + 1)]


def _write(path: Path, header: tuple[str, ...], rows: Iterable[tuple[float, ...]]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
