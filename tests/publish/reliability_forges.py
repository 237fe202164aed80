"""The forges of the fault matrix: how a fake of each is opened, and what people see on it of one pull request."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from fakes import FakeBitbucket, FakeGitHub, FakeGitLab, PullRequest
from publish.forge_places import bitbucket_context

from headway.ci.read import read_context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from headway.ci.job import Context
    from headway.settings import ImagePlace

_MADE_UP = re.compile(r"http://[\d.:]+|\b[0-9a-f]{16,40}\b|\b(?:pull|merge_requests|pull-requests)/\d+|\d{4,}")


def plain(text: str) -> str:
    """A text without ports, commits and numbers, which differ from one pull request to the next."""
    return _MADE_UP.sub("", text)


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One forge of the matrix.

    Attributes:
        name: what people call it.
        images: where pictures go, and that in words.
        open: a fake with these pull requests and this clock.
        context: a run on that fake.
        verdicts: the statuses on a commit that people see: at a glance, and whole.
        kept: the pictures in the store of a pull request, by name or by content.
    """

    name: str
    images: tuple[ImagePlace, str]
    open: Callable[[Sequence[PullRequest], Callable[[], float]], Any]
    context: Callable[[Any], Context]
    verdicts: Callable[[Any, str], Iterable[tuple[object, object]]]
    kept: Callable[[Any, int, Mapping[bytes, str]], Iterable[str]]


def _check_runs(fake: FakeGitHub, sha: str) -> Iterator[tuple[object, object]]:
    times = {"started_at", "completed_at", "head_sha"}
    for run in fake.check_runs(sha):
        fields: Any = {name: value for name, value in run.fields.items() if name not in times}
        yield (fields["name"], fields["conclusion"], fields["output"]["title"]), fields


def _commit_statuses(fake: FakeGitLab, sha: str) -> Iterator[tuple[object, object]]:
    """The latest of each name, as GitLab shows them."""
    latest = {status.name: status for status in fake.statuses(sha)}
    for each in latest.values():
        headline = (each.name, each.state, each.description)
        yield headline, (*headline, each.target_url)


def _insights(fake: FakeBitbucket, sha: str) -> Iterator[tuple[object, object]]:
    for each in (*fake.reports(sha), *fake.statuses(sha)):
        yield (each.key, each.fields.get("details"), each.fields.get("description")), (each.key, each.fields)


def _on_branch(fake: FakeGitHub, number: int, _: Mapping[bytes, str]) -> Iterator[str]:
    branch = f"pictures-{number}"
    if branch in fake.branches():
        yield from (plain(name.rpartition("/")[2]) for name in fake.branch_files(branch))


def _uploaded(fake: FakeGitLab, _: int, drawn: Mapping[bytes, str]) -> Iterator[str]:
    yield from (drawn[upload.content] for upload in fake.uploads() if upload.content in drawn)


def _bitbucket(fake: FakeBitbucket) -> Context:
    """With the pictures' page led to the fake, too."""
    return replace(bitbucket_context(fake), repository_url=f"{fake.api_url}/repositories/octo/digits")


SUBJECTS: Final = (
    Subject(
        name="GitHub",
        images=("branch", "on a separate branch"),
        open=lambda pulls, clock: FakeGitHub(pull_requests=pulls, clock=clock, validate=False),
        context=lambda fake: read_context(fake.environ()),
        verdicts=_check_runs,
        kept=_on_branch,
    ),
    Subject(
        name="GitLab",
        images=("upload", "in the project's uploads"),
        open=lambda pulls, clock: FakeGitLab(merge_requests=pulls, clock=clock, validate=False),
        context=lambda fake: read_context(fake.environ()),
        verdicts=_commit_statuses,
        kept=_uploaded,
    ),
    Subject(
        name="Bitbucket",
        images=("upload", "in the repository's downloads"),
        open=lambda pulls, clock: FakeBitbucket(pull_requests=pulls, clock=clock, validate=False),
        context=_bitbucket,
        verdicts=_insights,
        kept=lambda *_: (),  # a download replaces the one of its name, and the name says what it holds
    ),
)
