"""The three forges as one, for what has to be the same on each; and reports with images to post there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import msgspec
from fakes import FakeBitbucket, FakeGitHub, FakeGitLab, PullRequest
from publish.forge_places import bitbucket_context
from samples import make_report

from headway.ci.job import Token
from headway.ci.read import read_context
from headway.report import codec
from headway.values.chart import LineChart, Points, Series

if TYPE_CHECKING:
    from pathlib import Path

    from headway.ci.job import Context
    from headway.settings import ImagePlace

FORGES: Final = ("GitHub", "GitLab", "Bitbucket")
PLACES: Final[dict[str, ImagePlace]] = {"GitHub": "branch", "GitLab": "upload", "Bitbucket": "upload"}
ONE = PullRequest(number=7)
CURVE = Series(name="", base=Points((1.0, 2.0), (3.0, 2.0)), head=Points((1.0, 2.0), (3.0, 1.0)))


def open_forge(name: str, *pull_requests: PullRequest) -> Any:
    """A fake forge with these pull requests."""
    if name == "GitLab":
        return FakeGitLab(merge_requests=pull_requests, validate=False)
    return (FakeGitHub if name == "GitHub" else FakeBitbucket)(pull_requests=pull_requests, validate=False)


def of_two(name: str) -> Any:
    """A fake forge on which one branch is to be merged into two others."""
    fake = open_forge(name, ONE)
    fake.open_pull_request(PullRequest(number=8, base="release", head_sha=fake.pull_request(7).head_sha))
    return fake


def context_of(fake: Any, *, push: bool = False, run: int = 1) -> Context:
    """A job for pull request 7, or for the push of its branch; on Bitbucket with a token that knows whose it is."""
    named: dict[str, Any] = {"branch": "feature"} if push else {}
    if isinstance(fake, FakeBitbucket):
        token = Token(value=fake.token("api", login="me"), variable="BITBUCKET_API_TOKEN", user="me@example.org")
        context = replace(bitbucket_context(fake, **named), token=token)
    else:
        event = {"event": "push"} if push and isinstance(fake, FakeGitHub) else {}
        context = read_context(fake.environ(**named, **event))
    return replace(context, run=replace(context.run, id=run), output_file=None, summary_file=None)


def writes(fake: Any, after: int = 0) -> list[str]:
    """The requests that change something, from a place in the log on; GraphQL is only asked whose comments are."""
    asked = (each for each in fake.requests[after:] if each.method != "GET" and not each.address.endswith("#nodes"))
    return [f"{each.method} {each.path}" for each in asked]


def comments(fake: Any, number: int = 7) -> list[str]:
    """The texts of the comments that are there."""
    return [each.body for each in fake.comments(number) if not each.deleted]


def write_report(out: Path, project: str, light: bytes, dark: bytes) -> Path:
    """A project's report with a chart in two tones."""
    folder = out / project
    (folder / "charts").mkdir(parents=True)
    paths = f"charts/{project}-light.png", f"charts/{project}-dark.png"
    for path, content in zip(paths, (light, dark), strict=True):
        (folder / path).write_bytes(content)
    chart = LineChart(
        id=project,
        title=project,
        alt="down",
        series=(CURVE,),
        x_label="x",
        y_label="y",
        image=paths[0],
        image_dark=paths[1],
    )
    report = msgspec.structs.replace(make_report("acc 0.90 -> 0.92 higher", charts=(chart,)), project=project)
    (folder / "report.json").write_bytes(codec.encode(report))
    return folder
