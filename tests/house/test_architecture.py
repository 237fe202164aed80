"""The house keeps its rules: which station may import which, who may touch DVC, and what --help costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import headway

PACKAGE = Path(headway.__file__).parent

# What each part of the package may import of the others. The flow goes one way.
MAY_IMPORT = {
    "values": set(),
    "errors": set(),
    "numbers": {"values"},
    "paths": set(),
    "settings": {"values", "errors"},
    "writing": {"errors"},
    "progress": {"numbers"},
    "remotes": {"errors"},
    "gather": {"values", "errors", "settings", "paths", "remotes"},
    "compare": {"values", "paths"},
    "judge": set(),
    "tabular": {"values", "numbers", "settings", "judge"},
    "datasets": {"values", "settings", "gather", "compare", "tabular", "imagery", "draw"},
    "draw": {"values", "numbers", "errors"},
    "imagery": {"values", "draw"},
    "report": {"values", "errors", "numbers", "draw"},
    "gallery": {"values", "draw", "gather"},
    "app": {"values", "errors", "settings", "writing", "gather", "compare", "datasets", "draw", "report", "gallery"},
    "projects": {"values", "errors", "settings", "writing", "gather", "report", "app"},
    "publish": {"values", "errors", "numbers", "settings", "draw", "report", "gallery", "writing"},
    "testing": set(),
    "cli": {"values", "errors", "app", "datasets", "progress", "projects", "report", "publish", "remotes"},
    "__main__": {"cli"},
    "__init__": {"app", "compare", "errors", "report", "values"},
}
ONLY_TWO = {"dvc", "dvc_data", "dvc_objects", "pygit2", "scmrepo"}
PURE = {"values", "compare", "judge", "tabular", "imagery", "report", "numbers", "paths", "settings"}
NO_IO = {"requests", "socket", "subprocess", "urllib", "http", "tempfile"}


def modules() -> dict[str, list[Path]]:
    parts: dict[str, list[Path]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts.setdefault(path.relative_to(PACKAGE).parts[0].removesuffix(".py"), []).append(path)
    return parts


def imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


@pytest.mark.parametrize("part", modules())
def test_imports_follow_the_flow(part: str) -> None:
    assert part in MAY_IMPORT, "a new room needs its place in the picture"
    allowed = MAY_IMPORT[part] | {part, "__version__"}
    found = {name.split(".")[1] for path in modules()[part] for name in imports(path) if name.startswith("headway.")}
    assert found <= allowed


@pytest.mark.parametrize("part", sorted(set(modules()) - {"gather", "remotes", "testing"}))
def test_only_two_stations_know_dvc_and_git(part: str) -> None:
    assert not {name.split(".")[0] for path in modules()[part] for name in imports(path)} & ONLY_TWO


@pytest.mark.parametrize(
    "part", ["values", "compare", "judge", "tabular", "imagery", "report", "numbers", "paths", "settings"]
)
def test_pure_parts_import_no_io(part: str) -> None:
    assert not {name.split(".")[0] for path in modules()[part] for name in imports(path)} & NO_IO


@pytest.mark.parametrize(
    "command",
    [[*command, "--help"] for command in ([], ["diff"], ["report"], ["data"], ["verify"])] + [["--version"]],
)
def test_help_loads_neither_dvc_nor_the_renderer(command: list[str]) -> None:
    code = (
        "import sys\nfrom headway.cli import run\n"
        f"code = run({command!r})\n"
        "heavy = {'dvc', 'vl_convert', 'polars', 'pygit2', 'PIL', 'jinja2', 'rich', 'scipy', 'numpy'}\n"
        "heavy &= set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else code)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout
