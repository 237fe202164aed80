"""A real git server on loopback, and clones as CI makes them."""

from __future__ import annotations

import socket
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

from repos import Project
from servers import logging_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def git_daemon(folder: Path) -> Iterator[str]:
    """Serves every repository below a folder; gives the address that their paths are appended to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--verbose", "--export-all", f"--base-path={folder}", "--listen=127.0.0.1", f"--port={port}"]
    with logging_server(["git", "daemon", *options], "Ready to rumble"):
        yield f"git://127.0.0.1:{port}"


def actions_checkout(path: Path, url: str, sha: str, target: str) -> Project:
    """What actions/checkout leaves: one commit, a detached HEAD, one remote reference."""
    project = Project(path, dvc=False)
    project.git("remote", "add", "origin", url)
    project.git("fetch", "--quiet", "--no-tags", "--depth=1", "origin", f"+{sha}:{target}")
    project.git("checkout", "--quiet", "--force", "--detach", target)
    return project


def grow(project: Project, commits: list[tuple[str, list[str]]]) -> dict[str, str]:
    """Makes commits with one small file, each given by a name and its parents' names; gives their SHAs by name."""
    numbers = {name: number for number, (name, _) in enumerate(commits, 1)}
    stream = []
    for name, parents in commits:
        number = numbers[name]
        stream.append(f"reset refs/grown\ncommit refs/grown\nmark :{number}\n")
        stream.append(f"committer A <a@example.com> {1735689600 + number} +0000\ndata {len(name)}\n{name}\n")
        stream.extend(f"{'merge' if place else 'from'} :{numbers[parent]}\n" for place, parent in enumerate(parents))
        stream.append(f"M 644 inline count.txt\ndata {len(str(number))}\n{number}\n\n")
    marks = project.git_root / ".git" / "grown"
    command = ["git", "fast-import", "--quiet", "--force", f"--export-marks={marks}"]
    subprocess.run(command, cwd=project.git_root, input="".join(stream), text=True, check=True)
    project.git("update-ref", "-d", "refs/grown")
    shas = dict(line.split() for line in marks.read_text().splitlines())
    return {name: shas[f":{number}"] for name, number in numbers.items()}


def line(name: str, count: int, start: str | None = None) -> list[tuple[str, list[str]]]:
    """A branch of so many commits: ``name0``, ``name1``, ..., the first one on ``start``."""
    return [(f"{name}{i}", [f"{name}{i - 1}"] if i else [start] if start else []) for i in range(count)]
