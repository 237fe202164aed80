"""dvc.yaml, params.yaml, dvc.lock and the embedded remote tell the truth about the code beside them."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pandas as pd
import pytest

from digits.draw import DrawParams
from digits.evaluate import EvaluateParams
from digits.prepare import PrepareParams
from digits.stage import read_params
from digits.training import ModelParams, TrainParams

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "src/digits"
SECTIONS: dict[str, type[msgspec.Struct]] = {
    "prepare": PrepareParams,
    "model": ModelParams,
    "train": TrainParams,
    "evaluate": EvaluateParams,
    "draw": DrawParams,
}
STAGES = ["prepare", "train", "evaluate", "draw"]


def load(name: str) -> dict[str, Any]:
    content: dict[str, Any] = msgspec.yaml.decode((ROOT / name).read_bytes())
    return content


def imported(module: str) -> Iterator[str]:
    """The modules of the pipeline that a module imports when it runs, itself first; imports for types do not run."""
    yield module
    body = ast.parse((SOURCES / f"{module}.py").read_text()).body
    for node in (node for statement in body if not isinstance(statement, ast.If) for node in ast.walk(statement)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("digits."):
            yield from imported(str(node.module).removeprefix("digits."))


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_exactly_the_sources_that_it_imports(stage: str) -> None:
    deps = {dep for dep in load("dvc.yaml")["stages"][stage]["deps"] if dep.startswith("src/")}
    assert deps == {f"src/digits/{module}.py" for module in imported(stage)}


def test_the_package_itself_runs_nothing() -> None:
    assert [type(node) for node in ast.parse((SOURCES / "__init__.py").read_text()).body] == [ast.Expr]


def test_every_parameter_is_watched_once_and_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    watched = sorted(name for stage in STAGES for name in load("dvc.yaml")["stages"][stage]["params"])
    assert watched == sorted(
        f"{section}.{name}" for section, kind in SECTIONS.items() for name in kind.__struct_fields__
    )
    for section, kind in SECTIONS.items():
        read_params(section, kind)


def test_every_plot_names_columns_that_its_file_has() -> None:
    tables = [plot for plot in load("dvc.yaml")["plots"] if isinstance(plot, dict)]
    for ((name, plot),) in (table.items() for table in tables):
        assert plot.keys() == {"title", "template", "x", "y", "x_label", "y_label"}, name
        for file, columns in plot["y"].items():
            assert {plot["x"], *([columns] if isinstance(columns, str) else columns)} <= set(pd.read_csv(ROOT / file))


def test_the_data_script_makes_the_data_of_the_lock(digits_table: pd.DataFrame) -> None:
    (locked,) = (dep for dep in load("dvc.lock")["stages"]["prepare"]["deps"] if dep["path"] == "data/digits.csv")
    content = digits_table.to_csv(index=False, lineterminator="\n").encode()
    assert hashlib.md5(content, usedforsecurity=False).hexdigest() == locked["md5"]


def test_the_model_is_good() -> None:
    assert json.loads((ROOT / "reports/metrics.json").read_text())["accuracy"] >= 0.97


def test_the_embedded_remote_is_small_enough_for_git() -> None:
    files = [path for path in (ROOT / ".dvc/embedded").rglob("*") if path.is_file()]
    assert 0 < sum(path.stat().st_size for path in files) < 3_000_000


@pytest.fixture(scope="module")
def pulled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What git would take from the working tree, as a repository of its own, and what ``dvc pull`` brings there."""
    folder = tmp_path_factory.mktemp("pulled")
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    for name in filter(None, listing.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    assert not (folder / "data").exists()
    python(folder, "-m", "dvc", "pull")
    return folder


@pytest.fixture
def clone(pulled: Path, tmp_path: Path) -> Path:
    """A copy of a pulled clone, to change."""
    return shutil.copytree(pulled, tmp_path / "clone")


def python(folder: Path, *args: str) -> str:
    return subprocess.run([sys.executable, *args], cwd=folder, check=True, capture_output=True, text=True).stdout


def test_on_a_fresh_clone_a_pull_leaves_only_the_report_to_run(clone: Path) -> None:
    running = re.findall(r"Running stage '(\w+)'", python(clone, "-m", "dvc", "repro", "--dry"))
    assert running == ["report"]


@pytest.mark.slow
def test_dvc_leaves_what_it_tracks_in_its_words(clone: Path) -> None:
    before = (clone / "data.dvc").read_bytes()
    for command in (["commit", "--force", "data.dvc"], ["repro", "--force", "data.dvc"], ["add", "data"]):
        python(clone, "-m", "dvc", *command)
        assert (clone / "data.dvc").read_bytes() == before


def test_pruning_leaves_what_the_lock_needs_and_the_cache_alone(clone: Path) -> None:
    remote, cache = clone / ".dvc/embedded/files/md5", clone / ".dvc/cache/files/md5"
    needed = {path.relative_to(remote) for path in remote.rglob("*") if path.is_file()}
    stray = Path("ab/cdef0123456789abcdef0123456789")
    for folder in (remote, cache):
        (folder / stray).parent.mkdir(exist_ok=True)
        (folder / stray).write_text("of another branch")
    (folder_of_files,) = (path for path in needed if path.suffix == ".dir")
    listed = json.loads((remote / folder_of_files).read_bytes())[0]["md5"]
    (remote / listed[:2] / listed[2:]).unlink()  # the folder's own entry stays: DVC must not take its files for granted
    assert python(clone, "scripts/prune_remote.py") == f"embedded: 1 objects pushed, 1 removed, {len(needed)} needed\n"
    assert {path.relative_to(remote) for path in remote.rglob("*") if path.is_file()} == needed
    assert (cache / stray).exists()
