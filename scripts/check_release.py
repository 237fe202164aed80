"""Refuse a tag that must not become a release; the workflow release.yml runs this first.

It reads what GitHub tells a job of a pushed tag, and the checked-out repository, which has the branch origin/main.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import changelog

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def problems(root: Path, job: Mapping[str, str]) -> Iterator[str]:
    """Why a tag must not become a release, and what to do about it."""
    tag, commit = job["GITHUB_REF_NAME"], job["GITHUB_SHA"]
    version = tag.removeprefix("v")
    if f"v{version}" != tag or not changelog.VERSION.fullmatch(version):
        yield f"The tag {tag} is no version such as v1.2.0. Delete it, and push a tag of this form."
    else:
        try:
            changelog.notes((root / "CHANGELOG.md").read_text(encoding="utf-8"), version)
        except ValueError as error:
            yield f"{error} Delete the tag, run `python scripts/changelog.py release {version}`, and tag that commit."
    if subprocess.run(
        ["git", "-C", root, "merge-base", "--is-ancestor", commit, "origin/main"], check=False
    ).returncode:
        yield f"The commit {commit} is not on main. Delete the tag, and tag a commit that was merged."
    here = f"{job['GITHUB_SERVER_URL']}/{job['GITHUB_REPOSITORY']}"
    home = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]["Source"]
    if here != home:
        yield f"Releases come from {home}, and this is {here}. In a copy, change [project.urls] and the package's name."


def main() -> None:
    """Print each problem as an error of the job."""
    found = list(problems(Path.cwd(), os.environ))
    for each in found:
        print(f"::error title=Release refused::{each}")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
