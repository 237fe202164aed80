"""Reads the Dockerfiles of this repository, and says which files a build would get to see and would copy."""

from __future__ import annotations

import ast
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).parents[2]
KINDS = ("train", "predict")


class Instruction(NamedTuple):
    """An instruction of a Dockerfile."""

    name: str
    rest: str


def dockerfile(kind: str) -> list[Instruction]:
    """The instructions of an image's Dockerfile."""
    text = re.sub(r"^ *#.*\n", "", (ROOT / f"docker/{kind}.Dockerfile").read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n", " ", text).splitlines()
    return [Instruction(*line.split(maxsplit=1)) for line in lines if line.strip()]


def only(kind: str, name: str) -> str:
    """What follows an instruction that the Dockerfile has once."""
    (found,) = [each.rest for each in dockerfile(kind) if each.name == name]
    return found


def sources(kind: str) -> list[str]:
    """What is copied from the context: files, and folders with a slash at the end."""
    copies = [each.rest.split() for each in dockerfile(kind) if each.name == "COPY"]
    return [source for *each, _ in copies for source in each]


@cache
def copied(kind: str) -> frozenset[str]:
    """The files of this repository that are copied."""
    seen = in_context(kind, repository_files())
    return frozenset({file for file in seen for source in sources(kind) if file == source or is_in(file, source)})


def is_in(file: str, folder: str) -> bool:
    """Whether a file is below a folder, which ends with a slash."""
    return folder.endswith("/") and file.startswith(folder)


def in_context(kind: str, files: Iterable[str]) -> set[str]:
    """The files that the ignore file lets through: the last pattern that matches a file decides."""
    patterns = [line for line in ignore_file(kind).read_text().splitlines() if line and not line.startswith("#")]
    return {file for file in files if _is_let_through(file, patterns)}


def ignore_file(kind: str) -> Path:
    """The ignore file of an image, by the name that BuildKit looks for."""
    return ROOT / f"docker/{kind}.Dockerfile.dockerignore"


def _is_let_through(file: str, patterns: list[str]) -> bool:
    is_let_through = True
    for pattern in patterns:
        if matches(file, pattern.removeprefix("!")):
            is_let_through = pattern.startswith("!")
    return is_let_through


def matches(file: str, pattern: str) -> bool:
    """Whether a pattern of an ignore file, or of the paths of a workflow, is about a file or a folder above it."""
    return _expression(pattern).fullmatch(file) is not None


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    parts = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*"}
    expression = "".join(parts.get(part, re.escape(part)) for part in re.split(r"(\*\*/|\*\*|\*)", pattern))
    return re.compile(f"{expression}(?:/.*)?")


@cache
def repository_files() -> tuple[str, ...]:
    """The files that git tracks or would track."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return tuple(name for name in listing.split("\0") if name and (ROOT / name).is_file())


def imports(file: str) -> Iterator[str]:
    """The modules that a file imports when it runs; imports for types do not run."""
    body = ast.parse((ROOT / file).read_text()).body
    running = [statement for statement in body if not _is_for_types(statement)]
    for node in (node for statement in running for node in ast.walk(statement)):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (each.name for each in node.names)


def _is_for_types(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and ast.unparse(statement.test) == "TYPE_CHECKING"


def imported_files(file: str) -> set[str]:
    """A file of the package ``digits`` and all of its files that it imports, the packages' own among them."""
    found: set[str] = set()
    ahead = [file]
    while ahead:
        each = ahead.pop()
        if each not in found:
            found.add(each)
            ahead += [path for module in imports(each) for path in _files_of(module)]
            ahead += [
                str(path / "__init__.py") for path in Path(each).parents if (ROOT / path / "__init__.py").exists()
            ]
    return found


def _files_of(module: str) -> list[str]:
    """The file of a module of ``digits``; none for any other."""
    path = f"src/{module.replace('.', '/')}"
    names = [f"{path}.py", f"{path}/__init__.py"] if module.partition(".")[0] == "digits" else []
    return [name for name in names if (ROOT / name).is_file()]
