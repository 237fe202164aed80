"""Listings with many pages, and the dry run that prints what it would write."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest
from fakes import FakeGitHub, FakeGitLab
from publish.forge_places import (
    PULL_REQUEST,
    READ,
    SECRET,
    WRITE,
    Scripted,
    github_forge,
    gitlab_forge,
    make_options,
    make_session,
    scripted,
    sent,
)

from headway.errors import ForgeError
from headway.publish.forges.forge import PullRequestTarget
from headway.publish.http import session as session_module

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headway.publish.http.session import Session

ITEM = dict[str, int]


@pytest.fixture
def server() -> Iterator[Scripted]:
    with scripted() as script:
        yield script


@pytest.fixture
def session(server: Scripted) -> Session:
    return make_session(server.url)


class TestPages:
    def test_follow_the_link_header_to_the_end(self, server: Scripted, session: Session) -> None:
        server.will(200, [{"id": 1}], Link=f'<{server.url}/things?page=2>; rel="next", <{server.url}/x>; rel="last"')
        server.will(200, [{"id": 2}], Link=f'<{server.url}/things?page=1>; rel="prev"')
        assert list(session.pages(READ, "things", ITEM, {"state": "open"})) == [{"id": 1}, {"id": 2}]
        assert server.paths == ["GET /things?state=open", "GET /things?page=2"]

    def test_follow_bitbuckets_next(self, server: Scripted, session: Session) -> None:
        server.will(200, {"values": [{"id": 1}], "next": f"{server.url}/things?page=2"}).will(200, {"values": []})
        assert list(session.pages(READ, "things", ITEM)) == [{"id": 1}]

    @pytest.mark.parametrize("place", ["http://evil.example/things", "http://[", "http://127.0.0.1:port/"])
    def test_never_lead_to_another_host(self, server: Scripted, session: Session, place: str) -> None:
        server.will(200, [], Link=f'<{place}>; rel="next"')
        with pytest.raises(ForgeError, match="read the thing") as caught:
            list(session.pages(READ, "things", ITEM))
        assert place in caught.value.why

    def test_end_even_where_the_listing_does_not(
        self, server: Scripted, session: Session, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(session_module, "PAGE_LIMIT", 3)
        for _ in range(4):
            server.will(200, [{"id": 1}], Link=f'<{server.url}/things>; rel="next"')
        with pytest.raises(ForgeError) as caught:
            list(session.pages(READ, "things", ITEM))
        assert "does not end after 3 pages" in caught.value.why

    def test_a_page_that_fails_fails_the_listing(self, server: Scripted, session: Session) -> None:
        server.will(200, [{"id": 1}], Link=f'<{server.url}/2>; rel="next"').will(403, {"message": "no"})
        with pytest.raises(ForgeError):
            list(session.pages(READ, "things", ITEM))

    def test_of_comments_are_all_read_on_github_and_gitlab(self) -> None:
        target = PullRequestTarget(number=7)
        with FakeGitHub(pull_requests=[PULL_REQUEST]) as fake:
            written = [fake.add_comment(7, f"comment {number}").id for number in range(230)]
            assert [comment.id for comment in github_forge(fake).comments(target)] == written
            assert len(sent(fake)) == 3
        with FakeGitLab(merge_requests=[PULL_REQUEST], sub_path="/tools/gitlab") as lab:
            written = [lab.add_comment(7, f"comment {number}").id for number in range(130)]
            assert [comment.id for comment in gitlab_forge(lab).comments(target)] == written
            assert len(sent(lab)) == 2


class TestDryRun:
    @pytest.fixture
    def said(self) -> list[str]:
        return []

    @pytest.fixture
    def dry(self, server: Scripted, said: list[str]) -> Session:
        return make_session(server.url, make_options(dry_run=True, log=said.append))

    def test_reads_and_prints(self, server: Scripted, dry: Session, said: list[str]) -> None:
        server.will(200, {"id": 1})
        assert dry.get(READ, "thing", ITEM, {"a": "b c"}) == {"id": 1}
        assert said == [f"GET {server.url}/thing?a=b+c", "  authorization: ***"]

    def test_prints_writes_and_sends_none(self, server: Scripted, dry: Session, said: list[str]) -> None:
        assert dry.post(WRITE, "things", {"body": f"zwölf {SECRET}"}, {"id": 0}) == {"id": 0}
        dry.patch(WRITE, "things/1", {}, {})
        dry.put(WRITE, "things/1", {}, {})
        dry.delete(WRITE, "things/1")
        dry.upload(WRITE, "uploads", [("file", ("a", b"1234", "image/png"))], {})
        assert server.asked == []
        assert [line.split()[0] for line in said if not line.startswith(" ")] == [
            "POST",
            "PATCH",
            "PUT",
            "DELETE",
            "POST",
        ]
        assert '  {"body":"zwölf ***"}' in said
        assert SECRET not in "\n".join(said)

    def test_prints_text_whole_and_only_the_beginning_of_content(self, dry: Session, said: list[str]) -> None:
        text = "prose " * 100
        body = {"content": "QUJD" * 5_000, "body": text, "deep": [{"token": f'"{SECRET}'}], "short": "x" * 200}
        for _ in range(2):
            dry.post(WRITE, "blobs", body, {})
        assert said[:3] == said[3:], "the same request is printed alike"
        digest = hashlib.sha256(b"QUJD" * 5_000).hexdigest()[:8]
        assert json.loads(said[2]) == {
            "content": f"{'QUJD' * 10}... 20,000 characters, sha256 {digest}",
            "body": text,
            "deep": [{"token": '"***'}],
            "short": "x" * 200,
        }

    def test_asks_questions(self, server: Scripted, dry: Session) -> None:
        server.will(200, {"id": 1})
        assert dry.query(READ, "graphql", {"query": "{ viewer }"}, ITEM) == {"id": 1}
        assert server.paths == ["POST /graphql"]
