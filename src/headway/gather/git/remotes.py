"""Which remote of a clone is the team's."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from headway.errors import RepositoryError
from headway.gather.git.executable import run_git

if TYPE_CHECKING:
    from pathlib import Path

_SCP = re.compile(r"(?:[\w.-]+@)?(?P<host>[\w-]+(?:\.[\w-]+)+):(?!//)(?P<path>.+)")
"""How git abbreviates ``ssh://USER@HOST/PATH``."""
_NETWORK = ("http", "https", "ssh", "git", "git+ssh", "git+https")


def find_remote(root: Path, named: str | None, purpose: str, *, must_know: bool = True) -> str:
    """The remote that counts: the named one, else ``origin``, else the only one; empty if there is none.

    Args:
        root: a folder of the clone.
        named: a remote; ``None`` to choose one.
        purpose: what the remote is, a sentence for the error if there are several.
        must_know: whether it is an error if there are several of which none is called origin; else none counts.

    Raises:
        RepositoryError: there is no such remote, or it is not certain which counts.
    """
    remotes = run_git(root, "remote").splitlines()
    name = named or _usual(remotes, purpose, must_know=must_know)
    if name and name not in remotes:
        raise RepositoryError(
            f"There is no remote {name!r}.",
            why=f"The remotes are {', '.join(remotes)}." if remotes else "The repository has no remote.",
            remedy="git remote --verbose",
        )
    return name


def web_address(root: Path, name: str) -> str:
    """The ``https`` address of a remote's repository; empty if it is a folder of this machine, or no address."""
    return as_web_address(run_git(root, "remote", "get-url", name).strip())


def as_web_address(url: str) -> str:
    """The ``https`` address of what git clones from an address, without a user, password and ``.git``."""
    scp = _SCP.fullmatch(url)
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.scheme in ("http", "https") and parts.port else ""
    except ValueError:  # git takes more than Python's addresses
        return ""
    host, path = (scp["host"], scp["path"]) if scp else (parts.hostname or "", parts.path)
    if not scp and parts.scheme not in _NETWORK:
        return ""
    return f"https://{host}{port}/{path.strip('/').removesuffix('.git')}"


def _usual(remotes: list[str], purpose: str, *, must_know: bool) -> str:
    if len(remotes) < 2 or "origin" in remotes:  # noqa: PLR2004 - one, or none
        return "origin" if "origin" in remotes else next(iter(remotes), "")
    if not must_know:
        return ""
    raise RepositoryError(
        f"The repository has several remotes: {', '.join(remotes)}.",
        why=purpose,
        remedy=f"git remote rename {shlex.quote(remotes[0])} origin  # or add --remote {shlex.quote(remotes[0])}",
    )
