"""Names of a repository as YAML and a shell read them back: a folder may be called ``a: b`` or ``$(id)``."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from headway.report.commands.suggested_settings import scalar

if TYPE_CHECKING:
    from collections.abc import Iterable

_PLAIN_PATH = re.compile(r"\.?[A-Za-z_][\w./*-]*", re.ASCII)
_NOT_PLAIN = re.compile(r":\s|:$|\s#|\s$|[^ -~]")
"""What ends a plain text in YAML, or is not printed as it is."""


def shell_path(path: str) -> str:
    """A path as one word of a shell's command that is no option."""
    return shlex.quote(f"./{path}" if path.startswith("-") else path)


def yaml_path(path: str) -> str:
    """A path with a file's or folder's own name at its end, which no word of YAML such as ``yes`` is, or a pattern."""
    return path if _PLAIN_PATH.fullmatch(path) else scalar(path)


def yaml_paths(paths: Iterable[str]) -> str:
    """Several of them as a list in YAML's flow style."""
    return f"[{', '.join(map(yaml_path, paths))}]"


def yaml_command(command: str) -> str:
    """A command, which starts with the name of a program, as an entry of a list in YAML."""
    return scalar(command) if _NOT_PLAIN.search(command) else command
