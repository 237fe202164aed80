"""docs/tutorial.md and docs/seeds.md, by hand: each command runs in its order, and prints what the page shows."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from guides.walk import ROOT, Walk, blocks, missing, written

INSTALL = "pip install dvc-headway"


@pytest.mark.slow
def test_each_command_of_the_tutorial_and_of_the_page_after_it_prints_what_they_show(tmp_path: Path) -> None:
    walk = Walk(tmp_path, {})
    assert walk.run_page("tutorial", installed=INSTALL) == 6
    assert walk.folder == tmp_path / "deliveries"
    assert "accuracy" in (walk.folder / "reports/headway/preview.html").read_text()
    assert walk.run_page("seeds", edits=True) == 1


def test_the_package_that_the_tutorial_installs_is_this_one() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f"pip install {project['name']}" == INSTALL
    assert sum(INSTALL in block.splitlines() for block in blocks("tutorial", "bash")) == 1
    assert f"Python {project['requires-python'].removeprefix('>=')} or newer" in (ROOT / "docs/tutorial.md").read_text()


@pytest.mark.parametrize("changed", ["params.yaml", "model.py"])
def test_the_models_of_the_tutorial_have_the_numbers_of_the_page(
    changed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files of the page, run one after the other without DVC."""
    monkeypatch.chdir(tmp_path)
    first, *edits = filter(None, written("tutorial"))
    (edit,) = (files for files in edits if files.keys() == {changed})
    base, rows = run_pipeline(first)
    head, new_rows = run_pipeline(edit)
    fixed = sum(new and not old for old, new in zip(rows, new_rows, strict=True))
    broken = sum(old and not new for old, new in zip(rows, new_rows, strict=True))
    lines = [line for block in blocks("tutorial", "text") for line in block.splitlines() if " fixed, " in line]
    numbers = [[float(number) for number in re.findall(r"\d[\d.]*", line)] for line in lines]
    assert [*interleaved(base, head), fixed, broken, len(rows)] in numbers


def run_pipeline(files: dict[str, str]) -> tuple[dict[str, float], list[bool]]:
    """The metrics, and of each row whether it is right, after some files are written in the working directory."""
    for name, text in files.items():
        Path(name).write_text(text)
    for stage in ("prepare", "train", "evaluate"):
        subprocess.run([sys.executable, f"{stage}.py"], check=True)
    with Path("predictions.csv").open() as table:
        right = [row["actual"] == row["predicted"] for row in csv.DictReader(table)]
    return json.loads(Path("metrics.json").read_text()), right


def interleaved(base: dict[str, float], head: dict[str, float]) -> list[float]:
    """Both values of each metric, as the first line of a report has them."""
    return [side[name] for name in base for side in (base, head)]


def test_a_line_that_was_not_printed_is_missed() -> None:
    said = "one two\n  three\nfour"
    assert list(missing("one two three\n...\nfour\n", said)) == []
    assert list(missing("four\n...\none\n", said)) == ["one"]
    assert list(missing("one  four\n", said)) == ["one four"]
