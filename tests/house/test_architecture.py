"""The house keeps its rules: which station may import which, who may touch DVC, and what --help costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import headway

PACKAGE = Path(headway.__file__).parent

# The rooms in the order of the flow: each may import what stands before it, and nothing else.
ORDER = (
    "errors",
    "values",
    "numbers",
    "paths",
    "text",
    "settings",
    "writing",
    "ci",
    "remotes",
    "gather",
    "compare",
    "judge",
    "draw",
    "datasets",
    "report",
    "publish",
    "app",
    "__init__",
    "cli",
    "__main__",
)
KNOW_DVC_AND_GIT = {"gather", "remotes"}
DVC_AND_GIT = {"dvc", "dvc_data", "dvc_objects", "pygit2", "scmrepo"}
PURE = ("values", "compare", "judge", "datasets", "report", "numbers", "paths", "text", "settings")
NO_IO = {"requests", "socket", "subprocess", "urllib", "http", "tempfile"}


def rooms() -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        found.setdefault(path.relative_to(PACKAGE).parts[0].removesuffix(".py"), []).append(path)
    return found


def imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


@pytest.mark.parametrize("room", rooms())
def test_imports_follow_the_flow(room: str) -> None:
    assert room in ORDER, "a new room needs its place in the flow"
    before = set(ORDER[: ORDER.index(room)]) | {room, "__version__"}
    found = {name.split(".")[1] for path in rooms()[room] for name in imports(path) if name.startswith("headway.")}
    assert found <= before


@pytest.mark.parametrize("room", sorted(set(rooms()) - KNOW_DVC_AND_GIT))
def test_only_two_stations_know_dvc_and_git(room: str) -> None:
    assert not {name.split(".")[0] for path in rooms()[room] for name in imports(path)} & DVC_AND_GIT


@pytest.mark.parametrize("room", PURE)
def test_pure_rooms_import_no_io(room: str) -> None:
    assert not {name.split(".")[0] for path in rooms()[room] for name in imports(path)} & NO_IO


@pytest.mark.parametrize(
    "command",
    [[*command, "--help"] for command in ([], ["diff"], ["report"], ["data"], ["verify"])] + [["--version"]],
)
def test_help_loads_neither_dvc_nor_the_renderer(command: list[str]) -> None:
    code = (
        "import sys\nfrom headway.cli.main import run\n"
        f"code = run({command!r})\n"
        "heavy = {'dvc', 'vl_convert', 'polars', 'pygit2', 'PIL', 'jinja2', 'rich', 'scipy', 'numpy'}\n"
        "heavy &= set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else code)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout
