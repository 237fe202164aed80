"""A repository with a model that says how fast it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from repos import Project

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PIPELINE = {
    "stages": {"train": {"cmd": "true", "outs": ["models/net.bin"]}},
    "artifacts": {"net": {"path": "models/net.bin", "type": "model"}, "other": {"path": "other"}},
}
NEXT_LINE = """\
echo x >> runs
sed -n "$(wc -l < runs)p" "$1"
"""
"""Prints the line of a model that has the number of the run, so that a test decides what each run gives."""
RULES = "metrics:\n  ms: {direction: lower, machine: true, gate: {max_slowdown: 0.1}}\n"


def model(values: Sequence[float], name: str = "ms") -> str:
    """A model whose runs, whichever they are, give these numbers again and again."""
    return "".join(f'{{"{name}": {values[run % len(values)] * (1 + run / 5000)}}}\n' for run in range(60))


@pytest.fixture(scope="session")
def timed_once(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("timed") / "project").dvc_yaml(PIPELINE)
    project.write("models/net.bin", model([1, 1.01, 0.99])).write("next_line.sh", NEXT_LINE)
    project.write("headway.yaml", RULES).write(".gitignore", "/models\n/runs\n").recorded().commit("base")
    return project.write("models/net.bin", model([1.5, 1.51, 1.49])).recorded()


@pytest.fixture
def timed(timed_once: Project, tmp_path: Path) -> Project:
    """Base's model gives about 1, and that of the workspace about 1.5."""
    return timed_once.copied(tmp_path / "project")
