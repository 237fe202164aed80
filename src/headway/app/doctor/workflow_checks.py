"""What CI runs, by the files of the repository: GitHub's workflows, GitLab's and Bitbucket's pipelines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from headway.app.doctor.ci_files import COMPARING
from headway.app.doctor.findings import Finding, SkippedError, failed, ok, warning
from headway.report.formatting import count
from headway.text import first_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headway.app.doctor.ground import Ground

_FEW = 1
_HEADWAY = "headway"
_PLACEHOLDERS = {
    re.compile(r"git\.example/[\w./-]*"): "the URL of your team's copy of Headway",
    re.compile(r"\bteam/headway(?:/[\w./-]+)?@0123456789abcdef0123456789abcdef01234567\b"): (
        "your team's copy of Headway and the full SHA of a commit"
    ),
    re.compile(r"\b0123456789abcdef0123456789abcdef01234567\b"): "the full SHA of a commit of Headway",
    re.compile(r"\bheadway@FULL_SHA\b"): "the full SHA of a commit of Headway",
}
"""What the files to copy hold in place of what only you know, and what belongs there."""


def check_readable_files(ground: Ground) -> Finding:
    """Whether the files are valid."""
    files = ground.ci_files
    if not files:
        raise SkippedError("there are no files of GitHub's, GitLab's or Bitbucket's CI")
    for file in files:
        if file.error:
            return failed(f"{file.path} cannot be read: {file.error}", f"Correct {file.path}.")
    return ok(first_names([file.path for file in files], _FEW))


def check_runs(ground: Ground) -> Finding:
    """Whether a job compares."""
    jobs = [job.place for job in ground.workflow_jobs if job.compares]
    files = [file for file in ground.ci_files if file.forge != "github"]
    jobs += [file.path for file in files if not COMPARING.isdisjoint(file.commands)]
    if jobs:
        return ok(first_names(jobs, _FEW))
    if any("include" in (file.document or {}) for file in files):
        raise SkippedError("files that .gitlab-ci.yml includes from elsewhere are not read")
    return warning("no job of CI runs Headway, so no pull request gets a report", "headway init")


def check_posts(ground: Ground) -> Finding:
    """Whether a job posts."""
    jobs = [job.place for job in ground.workflow_jobs if job.posts]
    files = [file for file in ground.ci_files if file.forge != "github"]
    jobs += [file.path for file in files if "post" in file.commands]
    if jobs:
        return ok(first_names(jobs, _FEW))
    if check_runs(ground).status == "warning":
        raise SkippedError("no job of CI runs Headway")
    return warning(
        "jobs write reports, but none posts them", "Add this command after `headway report`: `headway post`."
    )


def check_placeholders(ground: Ground) -> Finding:
    """What is left of the templates' placeholders."""
    files = [file for file in ground.ci_files if _HEADWAY in file.text]
    if not files:
        raise SkippedError("no job of CI runs Headway")
    found = [(f"{file.path}, line {number}", *each) for file in files for number, *each in _placeholders(file.text)]
    if found:
        place, name, meant = found[0]
        more = f" ({count(len(found) - 1, 'more line')} as well)" if found[1:] else ""
        return failed(f"{place}, still has the placeholder {name}{more}", f"In {place}, replace {name} with {meant}.")
    return ok(f"none is left in {first_names([file.path for file in files], _FEW)}")


def _placeholders(text: str) -> Iterator[tuple[int, str, str]]:
    """The number of each line with a placeholder outside of comments, the placeholder, and what belongs there."""
    for number, line in enumerate(text.splitlines(), 1):
        code = re.split(r"(?:^|\s)#", line, maxsplit=1)[0]
        found = ((pattern.search(code), meant) for pattern, meant in _PLACEHOLDERS.items())
        yield from [(number, match[0], meant) for match, meant in found if match][:1]
