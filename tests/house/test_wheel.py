"""What users install: the built wheel, in a bare environment, without torch, scikit-learn and pandas."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from email import message_from_string
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from house.requirements import needed

if TYPE_CHECKING:
    from repos import Project

ROOT = Path(__file__).parent.parent.parent


UV = [sys.executable, "-m", "uv"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([*UV, "build", "--quiet", "--wheel", "--out-dir", str(folder), str(ROOT)], check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Path:
    """The bin folder of an environment that holds the wheel and its dependencies, nothing else."""
    environment = wheel.parent / "env"
    subprocess.run([*UV, "venv", "--quiet", str(environment)], check=True)
    constraints = ["-c", str(ROOT / "constraints.txt")]
    subprocess.run(
        [*UV, "pip", "install", "--quiet", "--python", str(environment), *constraints, str(wheel)], check=True
    )
    return environment / "bin"


@pytest.mark.parametrize("command", ["headway", "dvc-headway"])
@pytest.mark.slow
def test_help_runs(installed: Path, command: str) -> None:
    done = subprocess.run([installed / command, "--help"], check=True, capture_output=True, text=True)
    assert "headway diff main" in done.stdout


def test_the_wheel_holds_the_package_and_nothing_of_its_tests(wheel: Path) -> None:
    assert wheel.name.startswith("dvc_headway-")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"headway"}
    assert not [name for name in names if "fakes" in name or "testing" in name or "test_" in name]


def test_the_core_stays_light(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (archive.read(name).decode() for name in archive.namelist() if name.endswith("/METADATA"))
    names = needed(message_from_string(metadata).get_all("Requires-Dist", []))
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
