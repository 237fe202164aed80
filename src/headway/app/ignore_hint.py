"""What ``headway report`` says about a new folder that git would add to the next commit."""

from __future__ import annotations

import os
import re
import shlex
from contextlib import suppress
from typing import TYPE_CHECKING

from headway.gather.git.discovery import open_repository
from headway.gather.git.files import GitStatus
from headway.paths import is_below
from headway.public_files import project_folder, repository_root

if TYPE_CHECKING:
    from pathlib import Path


def ignore_hint(folder: Path, out: Path) -> str:
    """How to ignore a report's folder, for the current folder's shell; empty if nobody needs to know.

    Git may ignore or track the folder, or dvc.yaml may name it: then DVC ignores it, or its author wants it in git.

    Args:
        folder: a folder inside the project.
        out: the folder with the report.
    """
    folder, out = folder.resolve(), out.resolve()
    root = repository_root(folder)
    if root is None or repository_root(out) != root or out in (root, folder):
        return ""
    path = out.relative_to(root).as_posix()
    status = GitStatus(open_repository(root), "", ())
    if status.is_ignored(f"{path}/report.html") or not status.is_uncommitted(path):
        return ""
    if _dvc_names(out, project_folder(root, folder)):
        return ""
    place = folder if is_below(path, folder.relative_to(root).as_posix()) else root
    return f"git does not ignore {os.path.relpath(out)} yet. To ignore it: {_command(out, place)}"


def _dvc_names(out: Path, project: Path) -> bool:
    with suppress(OSError, ValueError):
        return out.relative_to(project).as_posix() in (project / "dvc.yaml").read_text("utf-8", "replace")
    return False


def _command(out: Path, place: Path) -> str:
    """A command that adds the folder to the ``.gitignore`` of a place."""
    file = place / ".gitignore"
    pattern = re.sub(r"([\\*?\[ ])", r"\\\1", f"/{out.relative_to(place).as_posix()}/")
    program = r"printf '%s\n'" if "\\" in pattern else "echo"  # some shells' echo reads backslashes
    if file.is_file() and not file.read_bytes().endswith(b"\n"):
        program = r"printf '\n%s\n'"  # the last line has no end
    return f"{program} {shlex.quote(pattern)} >> {shlex.quote(os.path.relpath(file))}"
