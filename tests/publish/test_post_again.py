"""What stays and what goes when a report is posted again, on every forge: the same, in another form, on two targets."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from fakes import faults
from image_forges import png
from publish.any_forge import FORGES, ONE, PLACES, comments, context_of, of_two, open_forge, write_report, writes
from publish.forge_places import make_options

from headway.publish.comment import marker
from headway.publish.documents import delivery
from headway.publish.documents.document import Document
from headway.publish.forges.connect import connect
from headway.publish.forges.forge import Status
from headway.publish.post import Delivery, post
from headway.settings import ImageSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from headway.ci.job import Context

pytestmark = pytest.mark.parametrize("name", FORGES)


@pytest.fixture
def fake(name: str) -> Iterator[Any]:
    with open_forge(name, ONE) as forge:
        yield forge


@pytest.fixture
def out(tmp_path: Path) -> Path:
    for number, project in enumerate(("speech", "vision")):
        write_report(tmp_path, project, png(2 * number), png(2 * number + 1))
    return tmp_path


def deliver(
    name: str, folders: Sequence[Path], context: Context, *, combined: bool = False, said: list[str] | None = None
) -> list[Delivery]:
    images = ImageSettings(store=PLACES[name])
    transport = make_options(log=[].append if said is None else said.append)
    deliveries = post(folders, context, transport, images=images, combined=combined)
    assert [delivery.failures for delivery in deliveries] == [()] * len(deliveries)
    return deliveries


@pytest.mark.parametrize("combined", [False, True])
def test_the_same_report_of_the_same_run_writes_nothing(name: str, fake: Any, out: Path, *, combined: bool) -> None:
    folders = [out / "speech", out / "vision"]
    deliver(name, folders, context_of(fake), combined=combined)
    before = len(fake.requests)
    again = deliver(name, folders, context_of(fake), combined=combined)
    assert {delivery.outcome for delivery in again} == {"unchanged"}
    assert writes(fake, before) == []


def test_the_same_report_of_another_run_is_marked_as_newer_and_nothing_else(name: str, fake: Any, out: Path) -> None:
    deliver(name, [out / "speech"], context_of(fake))
    before = len(fake.requests)
    deliver(name, [out / "speech"], context_of(fake, run=2))
    (edit,) = writes(fake, before)
    assert edit.split()[0] in {"PATCH", "PUT"}
    (body,) = comments(fake)
    assert (found := marker.read(body)) is not None
    assert found.run == 2


def test_the_same_document_writes_nothing(name: str, fake: Any, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(1))
    document = Document(text="# Smoke test\n\n![a](a.png)\n", name="report.md", folder=tmp_path)

    def both() -> int:
        given = {"label": "report.md", "images": ImageSettings(store=PLACES[name])}
        before, context = len(fake.requests), context_of(fake)
        for kind in ("auto", "commit"):
            wanted: Any = delivery.TargetSpec(kind)
            (place,) = delivery.resolve_destinations(wanted, context, make_options(), **given)  # type: ignore[arg-type]
            delivery.post_comment(document, place)
        delivery.set_status(document, place, "success")
        return len(writes(fake, before))

    assert both() > 0
    assert both() == 0


def test_a_status_is_set_again_where_anything_differs(name: str, fake: Any) -> None:
    del name
    forge, sha = connect(context_of(fake), make_options()), fake.pull_request(7).head_sha
    first = Status(name="headway", state="success", title="x", url="https://x.example")
    others = ({"state": "failure"}, {"title": "y"}, {"url": "https://y.example"}, {"name": "headway: b"})
    written = []
    for status in (first, *(replace(first, **other) for other in others)):  # type: ignore[arg-type]  # one field each
        for _ in range(2):
            before = len(fake.requests)
            forge.set_status(sha, status)
            written.append(len(writes(fake, before)) > 0)
    assert written == [True, False] * 5


def test_equal_pictures_are_sent_once_and_have_one_address(name: str, fake: Any, tmp_path: Path) -> None:
    folders = [write_report(tmp_path, project, png(1), png(1)) for project in ("speech", "vision")]
    deliver(name, folders, context_of(fake), combined=True)
    (body,) = comments(fake)
    addresses = re.findall(r'(?:src|srcset)="([^"]+)"|!\[[^\]]*\]\(([^)]+)\)', body)
    assert len(addresses) >= 2
    assert len(set(addresses)) == 1
    deliver(name, folders, context_of(fake, run=2))
    (tmp_path / "drawn.png").write_bytes(png(1))
    document = Document(text="![a](drawn.png)", name="report.md", folder=tmp_path)
    images = ImageSettings(store=PLACES[name])
    wanted = delivery.TargetSpec("auto")
    (place,) = delivery.resolve_destinations(wanted, context_of(fake), make_options(), label="d", images=images)
    delivery.post_comment(document, place)
    sent = [line for line in writes(fake) if line.endswith(("/blobs", "/uploads", "/downloads"))]
    assert len(sent) == 1
    assert len({address for text in comments(fake) for address in re.findall(r'[^"( ]+\.png', text)}) == 1


class TestOneCommentAndSeveral:
    def test_take_each_others_place(self, name: str, fake: Any, out: Path) -> None:
        folders, said = [out / "speech", out / "vision"], list[str]()
        deliver(name, folders, context_of(fake))
        assert len(comments(fake)) == 2
        deliver(name, folders, context_of(fake, run=2), combined=True, said=said)
        (body,) = comments(fake)
        assert (found := marker.read(body)) is not None
        assert found.directory == "*"
        assert len([line for line in said if line.startswith("Deleted comment ")]) == 2
        deliver(name, folders, context_of(fake, run=3), said=said)
        assert [found.directory for body in comments(fake) if (found := marker.read(body))] == ["speech", "vision"]
        assert len([line for line in said if line.startswith("Deleted comment ")]) == 3

    def test_leave_what_is_of_others(self, name: str, fake: Any, out: Path) -> None:
        """A stranger's copy, another label, another project, a document, and a newer run's result."""
        deliver(name, [out / "speech"], context_of(fake))
        (ours,) = comments(fake)
        fake.add_comment(7, ours, author="mallory")
        post([out / "speech"], context_of(fake), make_options(), images=ImageSettings(store="none"), label="nightly")
        deliver(name, [out / "vision"], context_of(fake))
        newer = write_report(out, "text", png(8), png(9))
        deliver(name, [newer], context_of(fake, run=9))
        kept = [body for body in comments(fake) if body != ours] + [ours]
        deliver(name, [out / "speech", newer], context_of(fake, run=2), combined=True)
        assert sorted(comments(fake)[:-1]) == sorted(kept)

    def test_go_only_once_the_other_is_there(self, name: str, fake: Any, out: Path) -> None:
        deliver(name, [out / "speech"], context_of(fake))
        kept = comments(fake)
        fake.fail("POST", "*/comments" if name != "GitLab" else "*/notes", faults.server_error(), times=-1)
        context = context_of(fake, run=2)
        (failed,) = post([out / "speech"], context, make_options(), images=ImageSettings(store="none"), combined=True)
        assert failed.failures
        assert comments(fake) == kept


class TestTwoPullRequestsOfOneCommit:
    @pytest.fixture
    def fake(self, name: str) -> Iterator[Any]:
        with of_two(name) as forge:
            yield forge

    def test_both_get_the_comment_of_a_push_and_the_commit_one_status(self, name: str, fake: Any, out: Path) -> None:
        deliveries = deliver(name, [out / "speech"], context_of(fake, push=True))
        assert [len(comments(fake, number)) for number in (7, 8)] == [1, 1]
        assert [each.comment is not None and each.comment.outcome for each in deliveries] == ["created"] * 2
        statuses = fake.check_runs() if name == "GitHub" else fake.statuses()
        assert len(statuses) == 1
        before = len(fake.requests)
        deliver(name, [out / "speech"], context_of(fake, push=True))
        assert writes(fake, before) == []

    def test_a_job_of_one_leaves_the_other_alone(self, name: str, fake: Any, out: Path) -> None:
        deliver(name, [out / "speech"], context_of(fake))
        assert [len(comments(fake, number)) for number in (7, 8)] == [1, 0]

    def test_one_that_fails_leaves_the_other(self, name: str, fake: Any, out: Path) -> None:
        kind = {"GitHub": "issues", "GitLab": "merge_requests", "Bitbucket": "pullrequests"}[name]
        fake.fail("*", f"*/{kind}/8/*", faults.server_error(), times=-1)
        none = ImageSettings(store="none")
        first, *others = post([out / "speech"], context_of(fake, push=True), make_options(), images=none)
        assert [len(comments(fake, number)) for number in (7, 8)] == [1, 0]
        assert len(first.failures) == 1
        assert [each.outcome for each in others] == ["created"]

    def test_a_document_goes_to_both(self, name: str, fake: Any, tmp_path: Path) -> None:
        del name
        document = Document(text="text", name="report.md", folder=tmp_path)
        wanted, images = delivery.TargetSpec("auto"), ImageSettings(store="none")
        for place in delivery.resolve_destinations(
            wanted, context_of(fake, push=True), make_options(), label="d", images=images
        ):
            delivery.post_comment(document, place)
        assert [len(comments(fake, number)) for number in (7, 8)] == [1, 1]
