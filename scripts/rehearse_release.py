"""Rehearse a release on this machine: ``make release-rehearsal``. It changes nothing here and publishes nothing.

In a clone of the last commit, it turns what is unreleased into a section of the changelog, tags, checks the tag,
builds, uploads to a package index on the loopback interface, installs from there into an empty environment, and goes
through the steps of the README in a fresh repository.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import threading
import tomllib
import venv
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pypiserver

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent


class _Quiet(WSGIRequestHandler):
    """Writes no line for each request."""

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def index(folder: Path) -> Iterator[str]:
    """A package index on a free port, which takes uploads from everybody; gives its URL."""
    folder.mkdir()
    application = pypiserver.app(roots=[folder], authenticate=[], password_file=".", disable_fallback=True)  # noqa: S106 - none
    with make_server("127.0.0.1", 0, application, handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def run(*command: str | Path, cwd: Path, **variables: str) -> str:
    """Run a command, show what it prints, and give what it wrote to its standard output."""
    print(f"$ {' '.join(map(str, command))}", flush=True)
    environ = {**os.environ, **variables}
    done = subprocess.run(command, cwd=cwd, env=environ, check=False, stdout=subprocess.PIPE, text=True)
    print(done.stdout, end="", flush=True)
    if done.returncode:
        sys.exit(f"error: the rehearsal failed: {' '.join(map(str, command))}")
    return done.stdout.strip()


def next_version(text: str) -> str:
    """The version after the newest section of a changelog: its next patch release."""
    released = re.search(r"^## (\d+)\.(\d+)\.(\d+) - ", text, re.MULTILINE)
    return f"{released[1]}.{released[2]}.{int(released[3]) + 1}" if released else "0.1.0"


def tag_release(clone: Path) -> str:
    """Do in a clone what a maintainer does before the tag is pushed, and what GitHub checks then; gives the commit."""
    version = next_version((clone / "CHANGELOG.md").read_text(encoding="utf-8"))
    names = {f"GIT_{role}_{part}": "rehearsal" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    with (clone / "CHANGELOG.md").open("r+", encoding="utf-8") as file:  # right after a release, nothing is unreleased
        text = file.read().replace("## Unreleased\n", "## Unreleased\n\n- A rehearsal.\n", 1)
        file.seek(0)
        file.write(text)
    run(sys.executable, "scripts/changelog.py", "release", version, cwd=clone)
    run("git", "commit", "--quiet", "--all", "--message", f"Release {version}", cwd=clone, **names)
    run("git", "tag", "--annotate", f"v{version}", "--message", f"v{version}", cwd=clone, **names)
    run("git", "update-ref", "refs/remotes/origin/main", "HEAD", cwd=clone)
    commit = run("git", "rev-parse", "HEAD", cwd=clone)
    source = tomllib.loads((clone / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]["Source"]
    server, owner, name = source.rsplit("/", 2)
    job = {"GITHUB_REF_NAME": f"v{version}", "GITHUB_SHA": commit, "GITHUB_SERVER_URL": server}
    run(sys.executable, "scripts/check_release.py", cwd=clone, GITHUB_REPOSITORY=f"{owner}/{name}", **job)
    return commit


def rehearse(work: Path) -> None:
    """Go through all of it in an empty folder."""
    clone = work / "headway"
    run("git", "clone", "--quiet", ROOT, clone, cwd=work)
    commit = tag_release(clone)
    venv.create(work / "tools", with_pip=True)
    bin_ = work / "tools/bin"
    hashes = ["--require-hashes", "--only-binary", ":all:", "--requirement", "requirements/release.txt"]
    run(bin_ / "python", "-m", "pip", "install", "--quiet", *hashes, cwd=clone)
    run("scripts/build-release", cwd=clone, PATH=f"{bin_}{os.pathsep}{os.environ['PATH']}")
    with index(work / "index") as url:
        access = ["--username", "nobody", "--password", "nothing", "--disable-progress-bar"]
        files = sorted((clone / "dist").iterdir())
        run(bin_ / "twine", "upload", "--repository-url", url, *access, *files, cwd=clone)
        given = ["--commit", commit, "--index-url", f"{url}/simple/"]
        run(sys.executable, "scripts/try_release.py", "dist", *given, cwd=clone)
    print("The rehearsal went through: built, uploaded, installed and tried.")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        rehearse(Path(folder))
