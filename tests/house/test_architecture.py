"""The house keeps its rules: which part may import which, who may touch DVC or the environment, what --help costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from house.sources import PACKAGE, nodes

# The rooms in the order of the flow: each may import what stands before it, and nothing else.
ORDER = (
    "_version",
    "errors",
    "values",
    "numbers",
    "paths",
    "public_files",
    "text",
    "docstrings",
    "sorting",
    "bounded",
    "bounded_yaml",
    "settings",
    "writing",
    "ci",
    "remotes",
    "gather",
    "registry",
    "compare",
    "judge",
    "draw",
    "datasets",
    "report",
    "publish",
    "app",
    "api",
    "__init__",
    "cli",
    "__main__",
)
KNOW = {
    ("dvc", "dvc_data", "dvc_objects", "scmrepo"): {"gather/dvc", "gather/verify", "remotes"},
    ("pygit2",): {"gather/git"},
}
"""The only folders that import these libraries, for annotations as well."""
PURE = ("values", "compare", "judge", "datasets", "report", "numbers", "paths", "text", "settings")
NO_IO = ("requests", "socket", "subprocess", "urllib.request", "urllib3", "http", "tempfile")
READ_THE_ENVIRONMENT = {"ci", "remotes"}


@cache
def rooms() -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        found.setdefault(path.relative_to(PACKAGE).parts[0].removesuffix(".py"), []).append(path)
    return found


@cache
def imports(path: Path) -> set[str]:
    """What a module imports anywhere in it, lazily or for annotations only as well."""
    names: set[str] = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module, "imports are absolute"
            assert not node.level, "imports are absolute"
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


@pytest.mark.parametrize("room", rooms())
def test_imports_follow_the_flow(room: str) -> None:
    assert room in ORDER, "a new room needs its place in the flow"
    before = set(ORDER[: ORDER.index(room)]) | {room}
    found = {name.split(".")[1] for path in rooms()[room] for name in imports(path) if name.startswith("headway.")}
    assert found <= before


def packages() -> list[str]:
    """The package and every package inside it, by name."""
    folders = {path.parent.relative_to(PACKAGE.parent) for path in PACKAGE.rglob("*.py")}
    return sorted(".".join(folder.parts) for folder in folders)


def child_of(package: str, name: str) -> str:
    """The module or package right inside a package that an imported name belongs to, such as ``gather`` for headway."""
    child = name.removeprefix(package).lstrip(".").split(".")[0]
    folder = Path(PACKAGE.parent, *package.split("."))
    is_inside = (folder / child / "__init__.py").is_file() or (folder / f"{child}.py").is_file()
    return child if child and is_inside else "__init__"


def arrows(package: str) -> dict[str, set[str]]:
    """Which of a package's modules and packages import which others of it."""
    folder = Path(PACKAGE.parent, *package.split("."))
    found: dict[str, set[str]] = {}
    for path in folder.rglob("*.py"):
        child = path.relative_to(folder).parts[0].removesuffix(".py")
        inside = {name for name in imports(path) if f"{name}.".startswith(f"{package}.")}
        found.setdefault(child, set()).update({child_of(package, name) for name in inside} - {child})
    return found


def circle_in(graph: dict[str, set[str]]) -> list[str]:
    """The modules of one circle in the order of their imports, the first again as the last; empty without a circle."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []


@pytest.mark.parametrize("package", packages())
def test_no_circle_of_imports(package: str) -> None:
    assert circle_in(arrows(package)) == []


def is_environment(node: ast.AST) -> bool:
    """Whether an expression is a name or an attribute that is called an environment, such as ``os.environ``."""
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return name.endswith(("environ", "environb"))


def reads_the_environment(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom) and node.module == "os":
        return bool({alias.name for alias in node.names} & {"environ", "environb", "getenv", "getenvb"})
    if isinstance(node, ast.Attribute):
        of_os = isinstance(node.value, ast.Name) and node.value.id == "os"
        return (of_os and node.attr in {"environ", "environb", "getenv", "getenvb"}) or is_environment(node.value)
    return isinstance(node, ast.Subscript) and is_environment(node.value)


@pytest.mark.parametrize("room", sorted(set(rooms()) - READ_THE_ENVIRONMENT))
def test_only_two_rooms_read_the_environment(room: str) -> None:
    found = [(path, node) for path in rooms()[room] for node in nodes(path) if reads_the_environment(node)]
    assert [f"{path.name}: {ast.unparse(node)}" for path, node in found] == []


def defaults(node: ast.AST) -> list[ast.expr | None]:
    """The default values of a function's arguments and of a class's attributes, which may be a dataclass's."""
    if isinstance(node, ast.arguments):
        return [*node.defaults, *node.kw_defaults]
    if isinstance(node, ast.ClassDef):
        return [each.value for each in node.body if isinstance(each, ast.Assign | ast.AnnAssign)]
    return []


@pytest.mark.parametrize("room", rooms())
def test_no_default_holds_the_environment(room: str) -> None:
    values = [value for path in rooms()[room] for node in nodes(path) for value in defaults(node) if value]
    assert [ast.unparse(value) for value in values if any(map(is_environment, ast.walk(value)))] == []


@pytest.mark.parametrize(("libraries", "folders"), KNOW.items(), ids=["dvc", "git"])
def test_few_folders_know_dvc_and_git(libraries: tuple[str, ...], folders: set[str]) -> None:
    found = {
        path.parent.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if {name.split(".")[0] for name in imports(path)} & set(libraries)
    }
    assert found == folders


@pytest.mark.parametrize("room", PURE)
def test_pure_rooms_import_no_io(room: str) -> None:
    found = {name for path in rooms()[room] for name in imports(path)}
    assert not {name for name in found for library in NO_IO if f"{name}.".startswith(f"{library}.")}


HELPFUL = ("diff", "report", "gate", "data", "verify", "rules", "doctor", "event", "deploy", "stages", "promote")


@pytest.mark.parametrize(
    "command",
    [["--help"], ["--version"], *([name, "--help"] for name in HELPFUL)],
)
def test_help_loads_neither_dvc_nor_the_renderer(command: list[str]) -> None:
    code = (
        "import sys\nfrom headway.cli.main import run\n"
        f"code = run({command!r})\n"
        "heavy = {'dvc', 'vl_convert', 'polars', 'pygit2', 'PIL', 'rich', 'scipy', 'numpy'}\n"
        "heavy &= set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else code)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_a_comparison_without_predictions_loads_no_library_for_statistics() -> None:
    code = (
        "import sys, headway.app.comparison, headway.app.gate\n"
        "heavy = {'polars', 'PIL', 'scipy', 'numpy'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
