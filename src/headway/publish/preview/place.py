"""Where a comment would be posted, for a preview outside CI: the clone's remote says so, or nothing does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from headway.errors import RepositoryError
from headway.gather.git.executable import run_git
from headway.gather.git.remotes import find_remote

if TYPE_CHECKING:
    from pathlib import Path

    from headway.ci.job import ForgeKind

UNKNOWN: tuple[ForgeKind, str] = ("github", "owner/name")
"""What is shown where no remote says more."""
_ADDRESS = re.compile(r"(?:\w+://)?(?:[^@/]*@)?(?P<host>[\w.-]+)(?::\d+(?=/))?[:/](?P<path>[\w.~/-]+?)(?:\.git)?/?")
"""A remote's address, as ``https://host/owner/name.git`` or ``git@host:owner/name``."""


def guess_place(folder: Path) -> tuple[ForgeKind, str]:
    """The forge and the repository of a clone, by the address of the remote that counts."""
    try:
        name = find_remote(folder, None, "", must_know=False)
        address = run_git(folder, "remote", "get-url", name).strip() if name else ""
    except RepositoryError:
        return UNKNOWN
    found = _ADDRESS.fullmatch(address)
    if found is None or "/" not in found["path"]:
        return UNKNOWN
    host = found["host"].lower()
    kind: ForgeKind = "gitlab" if "gitlab" in host else "bitbucket" if "bitbucket" in host else "github"
    return kind, found["path"]
