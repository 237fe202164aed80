"""Modules as syntax trees, each of the package's parsed once for all the rules about it."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import headway

PACKAGE = Path(headway.__file__).parent


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Every node of a module, the module itself first."""
    return tuple(ast.walk(ast.parse(path.read_text())))
