"""Puts the commit that a distribution is built from into it, because nothing else tells it to an installed package."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FILE = "headway/commit.txt"
"""The file with the full SHA, below src in a source distribution."""

ELSEWHERE = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY"}
"""The variables with which git looks elsewhere than in the folder that it runs in."""


class CommitHook(BuildHookInterface):  # type: ignore[misc] # its type is known only where hatchling is installed
    """Adds a file with the full SHA, if the sources are those of a commit."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the file outside of the sources, so that no later build takes it for its own."""
        self._folder = TemporaryDirectory()
        commit = find_commit(Path(self.root))
        if version == "editable" or not commit:
            return
        written = Path(self._folder.name, "commit.txt")
        written.write_text(f"{commit}\n", encoding="ascii", newline="\n")
        build_data["force_include"][str(written)] = f"src/{FILE}" if self.target_name == "sdist" else FILE

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002 - hatchling's
        """Remove the file again."""
        self._folder.cleanup()


def find_commit(root: Path) -> str:
    """The full SHA of a clean checkout, of git's or GitHub's archive, or of a source distribution; else empty."""
    if (root / ".git").exists():
        return (
            "" if _git(root, "status", "--porcelain", "--untracked-files=normal") else _git(root, "rev-parse", "HEAD")
        )
    for noted in (root / "src" / FILE, root / ".git_archival.txt"):
        found = (
            re.search(r"^(?:commit: )?([0-9a-f]{40})$", noted.read_text(), re.MULTILINE) if noted.is_file() else None
        )
        if found:
            return found[1]
    return ""


def _git(root: Path, *arguments: str) -> str:
    # A git hook sets these variables, and they would name the repository of the hook.
    environ = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}
    try:
        done = subprocess.run(["git", "-C", root, *arguments], env=environ, check=False, capture_output=True, text=True)
    except FileNotFoundError:
        return ""
    return "" if done.returncode else done.stdout.strip()
