"""From a fork's artifact to the comment, against a fake GitHub: what an enemy wrote reaches nobody, and no disk."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from fakes.core.state import PullRequest
from fakes.github.forge import FakeGitHub
from hostile_archives import LINK, STORE, Member, archive, bomb
from PIL import Image
from publish.forge_places import post_one
from rendered import github as read_markdown
from samples import HOSTILE, PIXEL, hostile_report, make_report

from headway.ci.read import read_context
from headway.errors import HeadwayError
from headway.publish.comment import marker
from headway.publish.fork import sanitize
from headway.publish.fork.artifact import ARTIFACT
from headway.publish.http.options import ClientOptions
from headway.report import codec
from headway.values.chart import ImageChart
from headway.values.report import Include

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fakes.github.state import WorkflowRun

    from headway.ci.job import Context
    from headway.publish.post import Delivery
    from headway.values.report import Report

FORK = PullRequest(number=7, head="better-model", head_repository="mallory/digits", author="mallory")
PATIENT = ClientOptions(sleep=lambda _: None, write_gap=0)


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    with FakeGitHub(pull_requests=[FORK]) as forge:
        yield forge


def hostile(sha: str) -> Report:
    """What an enemy would upload: valid by its schema, with pictures of its own."""
    report = hostile_report()
    charts = [
        msgspec.structs.replace(chart, image=None) for chart in report.charts if not isinstance(chart, ImageChart)
    ]
    image = ImageChart(id=HOSTILE, title=HOSTILE, alt=HOSTILE, image="charts/x.png", base="a.png", head="gone.png")
    seen = ImageChart(id=f"{HOSTILE}.png", title=HOSTILE, alt=HOSTILE, base=None, head="a.png")
    section = Include(path=HOSTILE, title=HOSTILE, form="image", base="a.png", head="a.png")
    texts = [include for include in report.includes if include.form != "image"]
    head = msgspec.structs.replace(report.head, sha=sha)
    return msgspec.structs.replace(report, head=head, charts=(*charts, image, seen), includes=(*texts, section))


def uploaded(github: FakeGitHub, **more: bytes) -> WorkflowRun:
    run = github.add_run(7)
    files = {"report.json": codec.encode(hostile(run.head_sha)), "a.png": PIXEL + b"<script>", "charts/x.png": PIXEL}
    github.add_artifact(run, ARTIFACT, files | more)
    return run


def receive_and_post(github: FakeGitHub, run: WorkflowRun, folder: Path) -> Any:
    context = read_context(github.environ(event="workflow_run", number=run.id))
    return post_one(folder, sanitize.fetch_and_sanitize(folder, context, PATIENT), PATIENT)


@dataclass(frozen=True)
class Posted:
    """What a fork's hostile report became."""

    github: FakeGitHub
    delivery: Delivery
    folder: Path
    context: Context


@pytest.fixture(scope="module")
def posted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Posted]:
    with FakeGitHub(pull_requests=[FORK]) as github:
        run = uploaded(github, **{"evil.sh": b"rm -rf /"})
        folder = tmp_path_factory.mktemp("hostile") / "new" / "report"
        environ = github.environ(event="workflow_run", number=run.id)
        context = sanitize.fetch_and_sanitize(folder, read_context(environ), PATIENT)
        yield Posted(github, post_one(folder, context, PATIENT), folder, context)


class TestAHostileReport:
    def test_is_posted(self, posted: Posted) -> None:
        assert posted.delivery.outcome == "created"
        (comment,) = posted.github.comments(7)
        found = marker.read(comment.body)
        assert found is not None
        assert found.sha == posted.github.pull_request(7).head_sha
        assert "mallory/digits" in read_markdown(comment.body).text

    def test_leaves_in_its_folder_what_was_made_here(self, posted: Posted) -> None:
        found = {path.relative_to(posted.folder).as_posix() for path in posted.folder.rglob("*") if path.is_file()}
        assert "report.json" in found
        assert all(path == "report.json" or (path.startswith("charts/") and path.endswith(".png")) for path in found)
        assert b"evil.example/data.csv" not in (posted.folder / "report.json").read_bytes()

    def test_is_this_jobs_own_from_then_on(self, posted: Posted) -> None:
        run = next(iter(posted.github.requests)).path.rpartition("/")[2]
        assert (posted.context.pull_request, str(posted.context.run.id)) == (7, run)
        assert posted.context.sha == posted.github.pull_request(7).head_sha
        assert not posted.context.from_fork

    def test_reaches_nobody(self, posted: Posted) -> None:
        (comment,) = posted.github.comments(7)
        page = read_markdown(comment.body)
        raw = f"{posted.github.server_url}/octo/digits/raw/"
        repository = f"{posted.github.server_url}/octo/digits/"
        links = {str(link["href"]) for link in page.elements("a")} - {posted.context.run.url}
        assert all(
            re.fullmatch(rf"{repository}(commit/[0-9a-f]{{40}}|pull/7/files#diff-[0-9a-f]{{64}})", link)
            for link in links
        )
        assert page.elements("img")
        assert all((image["src"] or "").startswith(raw) for image in page.elements("img"))
        assert not page.linked_by_a_forge

    def test_has_only_pictures_that_were_made_here(self, posted: Posted) -> None:
        files = posted.github.branch_files("headway-images")
        pictures = {name: content for name, content in files.items() if name.endswith(".png")}
        assert pictures
        for content in files.values():
            assert b"script" not in content
        for content in pictures.values():
            with Image.open(io.BytesIO(content)) as image:
                assert image.format == "PNG"

    def test_has_a_check_run_that_says_as_little(self, posted: Posted) -> None:
        (check,) = posted.github.check_runs()
        output: Any = check.fields["output"]
        assert check.fields["conclusion"] == "neutral"
        assert check.head_sha == posted.github.pull_request(7).head_sha
        assert not read_markdown(output["summary"]).linked_by_a_forge


@pytest.mark.parametrize(
    "content",
    [
        lambda: archive(Member("report.json", b"{}"), Member("../report.json", b"{}")),
        lambda: archive(Member("report.json", b"/etc/passwd", mode=LINK)),
        lambda: archive(bomb("report.json", 60_000_000, says_size=20)),
        lambda: archive(*(Member(f"{number}.png", method=STORE) for number in range(10_000))),
        lambda: archive(Member("report.json", codec.encode(hostile("f" * 40)))),
        lambda: archive(Member("report.json", b"{")),
        lambda: archive(Member("report.json", codec.encode(make_report(project="p" * 501)))),
    ],
    ids=["traversal", "symlink", "bomb", "10,000 members", "wrong SHA", "no report", "too large"],
)
def test_a_hostile_archive_is_refused_before_anything_is_written(
    github: FakeGitHub, tmp_path: Path, content: Callable[[], bytes]
) -> None:
    run = github.add_run(7)
    github.add_artifact(run, ARTIFACT, content())
    with pytest.raises(HeadwayError):
        receive_and_post(github, run, tmp_path / "report")
    assert not list(tmp_path.iterdir())
    assert not github.comments(7)
    assert {request.method for request in github.requests} == {"GET"}


def test_a_report_that_came_too_late_is_not_posted(github: FakeGitHub, tmp_path: Path) -> None:
    run = uploaded(github)
    github.push(7)
    with pytest.raises(HeadwayError, match="does not post"):
        receive_and_post(github, run, tmp_path)
    assert not github.comments(7)


def test_a_dry_run_receives_and_writes_nothing_to_the_forge(github: FakeGitHub, tmp_path: Path) -> None:
    run = github.add_run(7)
    bare = msgspec.structs.replace(hostile(run.head_sha), charts=(), includes=())
    github.add_artifact(run, ARTIFACT, {"report.json": codec.encode(bare)})
    context = read_context(github.environ(event="workflow_run", number=run.id))
    said: list[str] = []
    dry = replace(PATIENT, dry_run=True, log=said.append)
    post_one(tmp_path, sanitize.fetch_and_sanitize(tmp_path, context, dry), dry)
    assert {(request.method, request.path) for request in github.requests if request.method != "GET"} <= {
        ("POST", "/graphql")
    }
    assert not github.comments(7)
    assert not any("ghs_" in line for line in said)
