"""What users install: the built wheel, in a bare environment, without torch, scikit-learn and pandas."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from repos import Project

ROOT = Path(__file__).parent.parent.parent

pytestmark = pytest.mark.xdist_group("wheel")  # built once


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of an environment that holds the wheel and its dependencies, nothing else."""
    folder = tmp_path_factory.mktemp("wheel")
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "build", "--quiet", "--wheel", "--out-dir", str(folder), str(ROOT)], check=True)
    subprocess.run([*uv, "venv", "--quiet", str(folder / "env")], check=True)
    (wheel,) = folder.glob("*.whl")
    target = ["--python", str(folder / "env"), "-c", str(ROOT / "constraints.txt")]
    subprocess.run([*uv, "pip", "install", "--quiet", *target, str(wheel)], check=True)
    return folder / "env" / "bin"


@pytest.mark.parametrize("command", ["headway", "dvc-headway"])
@pytest.mark.slow
def test_help_runs(installed: Path, command: str) -> None:
    done = subprocess.run([installed / command, "--help"], check=True, capture_output=True, text=True)
    assert "headway diff main" in done.stdout


def test_the_wheel_holds_the_package_and_nothing_of_its_tests(installed: Path) -> None:
    (wheel,) = installed.parents[1].glob("*.whl")
    assert wheel.name.startswith("dvc_headway-")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"headway"}
    assert not [name for name in names if "fakes" in name or "testing" in name or "test_" in name]


def test_the_core_stays_light(installed: Path) -> None:
    listing = subprocess.run(
        [sys.executable, "-m", "uv", "pip", "list", "--python", str(installed.parent), "--format", "freeze"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.lower()
    names = {line.split("==")[0] for line in listing.splitlines()}
    assert "dvc" in names
    assert not names & {"torch", "scikit-learn", "pandas", "pandera", "pyarrow", "matplotlib", "pytest"}


@pytest.mark.slow
def test_a_report_on_a_small_repository(installed: Path, project: Project) -> None:
    project.dvc_yaml("metrics: [m.json]\nplots:\n  - p.csv: {x: epoch, y: loss}\n")
    project.json("m.json", {"accuracy": 0.9}).write("p.csv", "epoch,loss\n1,2\n2,1\n").commit("base")
    project.json("m.json", {"accuracy": 0.95}).write("p.csv", "epoch,loss\n1,2\n2,0.5\n")
    bare = {**os.environ, "PATH": f"{installed}:{os.environ['PATH']}", "PYTHONPATH": ""}
    subprocess.run(["headway", "report", "main"], cwd=project.root, env=bare, check=True, capture_output=True)
    out = project.root / "reports/headway"
    assert {path.name for path in out.iterdir()} == {"report.json", "report.md", "report.html", "charts"}
    assert len(list(out.glob("charts/*.png"))) == 2
