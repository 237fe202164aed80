"""Which place for pictures a run uses, what it says about it, and what it does where the token may not use it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes import FakeBitbucket, FakeGitLab, PullRequest, faults
from image_forges import Bench, bench, png, seen

from headway.ci.read import read_context
from headway.errors import ForgeError, RateLimitError, SettingsError
from headway.publish.forges.connect import connect
from headway.publish.forges.forge import IssueTarget
from headway.publish.http.options import ClientOptions
from headway.publish.images.store import make_store
from headway.settings import ImageSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headway.publish.images.store import ImageStore

FILES = {"a.png": png(1)}


@pytest.fixture
def at() -> Iterator[Bench]:
    with bench(validate=False) as made:
        yield made


def on_github(at: Bench, images: ImageSettings, token: str | None = None) -> ImageStore:
    return make_store(images, at.context(token=token), at.forge(token=token), label="nightly", directory="models")


def on_gitlab(gitlab: FakeGitLab, said: list[str], images: ImageSettings, token: str | None = None) -> ImageStore:
    context = read_context(gitlab.environ(token=token))
    transport = ClientOptions(write_gap=0.0, attempts=1, sleep=lambda _: None, log=said.append)
    return make_store(images, context, connect(context, transport))


def test_auto_on_github_takes_the_branch_and_says_why(at: Bench) -> None:
    store = on_github(at, ImageSettings())
    assert seen(store.put(FILES)) == FILES
    (sentence,) = at.said
    assert "the branch headway-images" in sentence
    assert [path.split("_")[1] for path in at.files() if "_" in path] == ["pr-1-models-nightly"]


def test_a_branch_of_another_name(at: Bench) -> None:
    images = ImageSettings(store="branch", branch="pictures/of-comments")
    on_github(at, images).put(FILES)
    assert png(1) in at.github.branch_files("pictures/of-comments").values()


def test_without_a_pull_request_they_are_the_commits(at: Bench) -> None:
    forge, context = at.forge(), read_context({**at.github.environ(event="push")})
    make_store(ImageSettings(), context, forge).put(FILES)
    assert [path.split("_")[1] for path in at.files() if "_" in path] == ["commit"]
    make_store(ImageSettings(), context, forge, IssueTarget(number=5)).put(FILES)
    assert {path.split("_")[1] for path in at.files() if "_" in path} == {"commit", "issue-5"}


def test_a_token_that_may_only_read_falls_back_to_words_with_a_sentence(at: Bench) -> None:
    store = on_github(at, ImageSettings(), at.github.token("read"))
    assert store.put(FILES) == {}
    (sentence,) = at.said
    assert "text instead" in sentence
    assert "contents: write" in sentence
    assert at.writes() == ["POST blobs"]


def test_a_place_that_was_asked_for_is_not_given_up_quietly(at: Bench) -> None:
    with pytest.raises(ForgeError, match="refused to store an image"):
        on_github(at, ImageSettings(store="branch"), at.github.token("read")).put(FILES)


@pytest.mark.parametrize(
    ("fault", "error"), [(faults.rate_limit(), RateLimitError), (faults.server_error(), ForgeError)]
)
def test_what_another_try_may_mend_is_no_reason_to_do_without(at: Bench, fault: faults.Fault, error: type) -> None:
    at.github.fail("POST", "*", fault)
    with pytest.raises(error):
        on_github(at, ImageSettings()).put(FILES)


def test_auto_takes_a_bucket_that_is_named(at: Bench) -> None:
    store = on_github(at, ImageSettings(bucket="memory://named", bucket_url="https://cdn.example.org"))
    assert store.put(FILES)["a.png"].startswith("https://cdn.example.org/")
    (sentence,) = at.said
    assert "the bucket memory://named" in sentence


def test_none_is_none(at: Bench) -> None:
    assert on_github(at, ImageSettings(store="none")).put(FILES) == {}
    assert at.github.requests == []


def test_nothing_to_store_says_nothing(at: Bench) -> None:
    assert on_github(at, ImageSettings()).put({}) == {}
    assert at.said == []


def test_auto_on_gitlab_uploads_and_uses_its_own_comments_addresses_again() -> None:
    with FakeGitLab(merge_requests=[PullRequest(number=1)]) as gitlab:
        said: list[str] = []
        token = gitlab.token("write", login="reporter")
        first = on_gitlab(gitlab, said, ImageSettings(), token).put(FILES)
        assert ["the project's uploads" in sentence for sentence in said] == [True]
        gitlab.add_comment(1, f"mine: ![]({first['a.png']})", author="reporter")
        assert on_gitlab(gitlab, said, ImageSettings(), token).put(FILES) == first
        assert len(gitlab.uploads()) == 1


def test_addresses_in_the_comments_of_others_are_not_trusted() -> None:
    with FakeGitLab(merge_requests=[PullRequest(number=1)]) as gitlab:
        first = on_gitlab(gitlab, [], ImageSettings()).put(FILES)
        gitlab.add_comment(1, f"theirs: ![]({first['a.png']})", author="mallory")
        assert on_gitlab(gitlab, [], ImageSettings()).put(FILES) != first


def test_a_job_token_on_gitlab_falls_back_to_words() -> None:
    with FakeGitLab(merge_requests=[PullRequest(number=1)]) as gitlab:
        said: list[str] = []
        assert on_gitlab(gitlab, said, ImageSettings(), gitlab.token("read")).put(FILES) == {}
        assert "text instead" in said[0]


def test_bitbucket_uses_its_downloads_only_when_asked() -> None:
    with FakeBitbucket(pull_requests=[PullRequest(number=1)]) as bitbucket:
        context = read_context(bitbucket.environ())
        said: list[str] = []
        forge = connect(context, ClientOptions(write_gap=0.0, sleep=lambda _: None, log=said.append))
        assert make_store(ImageSettings(), context, forge).put(FILES) == {}
        assert "--images upload" in said[0]
        assert list(make_store(ImageSettings(store="upload"), context, forge).put(FILES)) == ["a.png"]
        assert list(bitbucket.downloads().values()) == [png(1)]


def test_a_place_that_a_forge_does_not_have_is_a_setting_to_change(at: Bench) -> None:
    with pytest.raises(SettingsError, match="On GitHub, use branch, bucket or none"):
        on_github(at, ImageSettings(store="upload"))
