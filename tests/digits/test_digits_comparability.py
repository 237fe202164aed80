"""What Headway says of the digits' own metrics: judged where the model changed, withheld where the test split did."""

from __future__ import annotations

import shutil
from contextlib import chdir
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from repos import Project

import headway
from digits import draw, evaluate, prepare, training

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
SCORES = "reports/metrics.json"


def run(project: Project) -> None:
    """Run the pipeline's stages here, and record them as DVC does after a run."""
    prepare.main()
    training.train({})
    evaluate.main()
    draw.main()
    project.add("data").recorded()


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, write_sliver: Callable[[Path], None]) -> Path:
    """The pipeline after a run on the first 200 digits, committed."""
    folder = tmp_path_factory.mktemp("digits")
    write_sliver(folder)
    project = Project(folder)
    edit(project, "tolerance: 0.3", "tolerance: 0.9")
    for name in ("dvc.yaml", "headway.yaml"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "src/digits", folder / "src/digits", ignore=shutil.ignore_patterns("__pycache__"))
    with chdir(folder):
        run(project)
    project.commit()
    return folder


@pytest.fixture
def ran(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A copy of it, which is the current folder."""
    project = tmp_path / "project"
    shutil.copytree(base, project, symlinks=True)
    monkeypatch.chdir(project)
    return Project(project, git=False)


def verdict(project: Project) -> tuple[set[str | None], str]:
    """Why the scores that changed are withheld, and what is said of the input."""
    comparison = headway.compare_revisions(project.root, base="HEAD", environ={})
    scores = [metric for metric in comparison.metrics if metric.file == SCORES and metric.status == "changed"]
    assert scores
    assert {metric.withheld for metric in comparison.metrics if metric.file == "reports/latency.json"} == {"machine"}
    inputs = [each.what for one in comparison.comparability if SCORES in one.files for each in one.inputs]
    return {metric.withheld for metric in scores}, "".join(inputs)


def edit(project: Project, old: str, new: str) -> None:
    params = project.root / "params.yaml"
    assert old in params.read_text()
    params.write_text(params.read_text().replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [("seed: 1", "seed: 2"), ("channels: [4, 8]", "channels: [8, 8]")],
)
def test_another_model_is_judged(ran: Project, old: str, new: str) -> None:
    edit(ran, old, new)
    run(ran)
    assert verdict(ran) == ({None}, "")


def test_another_salt_is_another_test_split(ran: Project) -> None:
    edit(ran, "salt: sliver", "salt: other")
    run(ran)
    withheld, what = verdict(ran)
    assert withheld == {"evaluation"}
    assert "rows added" in what


def test_rows_appended_to_the_data_are_counted_where_they_are_tested_on(
    ran: Project, digits_table: pd.DataFrame
) -> None:
    before = (ran.root / "reports/predictions.csv").read_text().count("\n")
    digits_table.head(220).to_csv(ran.root / "data/digits.csv", index=False)
    run(ran)
    added = (ran.root / "reports/predictions.csv").read_text().count("\n") - before
    assert added > 1
    withheld, what = verdict(ran)
    assert what == f"{added} rows added"
    assert withheld == {"evaluation", None}  # what the predictions of the common rows give is judged by these rows
