"""URLs of commits and changed files on a forge, from the job that posts a report; a report itself contains none.

Sources: GitHub anchors a file of a comparison by the SHA-256 of its path, GitLab by the SHA-1.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

if TYPE_CHECKING:
    from headway.values.report import Report

_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
"""Only these become part of a URL: a fork may have written the report."""
_COMMIT = {"github": "commit", "gitlab": "-/commit", "bitbucket": "commits", "": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Where a report's commits, files and run are; what is empty is not linked.

    Attributes:
        forge, repository_url: the forge, and the URL of the repository.
        pull_request: the pull request that the report is posted on; 0 for none.
        run: the URL of the CI run.
        page: the URL of the HTML page.
    """

    forge: Literal["github", "gitlab", "bitbucket", ""] = ""
    repository_url: str = ""
    pull_request: int = 0
    run: str = ""
    page: str = ""

    @property
    def full_report(self) -> str:
        """Where everything is: the page, or the run that has it among its artifacts."""
        return self.page or self.run

    def commit(self, sha: str | None) -> str:
        """The URL of a commit."""
        known = self.repository_url and sha and _SHA.fullmatch(sha)
        return f"{self.repository_url}/{_COMMIT[self.forge]}/{sha}" if known else ""

    def change(self, report: Report, path: str) -> str:
        """The URL of what changed in a file, by its path from the project's root."""
        base, head = report.base.sha or "", report.head.sha or ""
        path = posixpath.normpath(posixpath.join(report.project, path))
        if not (self.repository_url and _SHA.fullmatch(base) and _SHA.fullmatch(head)) or path.startswith("../"):
            return ""
        return f"{self.repository_url}/{self._comparison(base, head)}{self._anchor(path)}"

    def _comparison(self, base: str, head: str) -> str:
        number = self.pull_request
        match self.forge:
            case "github":
                return f"pull/{number}/files" if number else f"compare/{base}...{head}"
            case "gitlab":
                return f"-/merge_requests/{number}/diffs" if number else f"-/compare/{base}...{head}"
        return f"pull-requests/{number}/diff" if number else f"branches/compare/{head}%0D{base}"

    def _anchor(self, path: str) -> str:
        data = path.encode(errors="surrogateescape")
        match self.forge:
            case "github":
                return f"#diff-{hashlib.sha256(data).hexdigest()}"
            case "gitlab":
                return f"#{hashlib.sha1(data, usedforsecurity=False).hexdigest()}"
        return f"#chg-{quote(data)}"


NO_LINKS = Links()
