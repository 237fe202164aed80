"""Many images travel to GitHub in a few requests: how many, what they are, and what becomes of one that is lost."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from fakes import FakeGitHub, PullRequest, faults
from fakes.core.messages import json_reply
from image_forges import Bench, bench, files_sent, git, kill, png, seen

from headway.errors import DeniedError, ForgeError, RateLimitError
from headway.publish.images import branch, sending
from headway.publish.images.batches import in_batches
from headway.publish.images.branch_state import read_branch, transfer_message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakes import Request
    from fakes.core.messages import Reply

SEVEN = {f"charts/{number}.png": png(number) for number in range(7)}
TO_START, TO_MERGE = ["POST trees", "POST commits"], ["POST commits", "POST commits", "PATCH refs"]
TRANSFER = "*/graphql#*createCommitOnBranch"
NO_SUCH_FIELD = {"message": "Field 'createCommitOnBranch' doesn't exist on type 'Mutation'"}


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setattr(branch, "random", lambda: 0.5)
    with bench(validate=False) as made:
        yield made


@pytest.fixture
def three_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests in which there is room for three images of the tests."""
    monkeypatch.setattr(sending, "_ROOM", 800)


def kinds(at: Bench, after: int = 0) -> list[str]:
    """The requests that changed something, without the names of branches."""
    return [write.partition("/heads")[0] for write in at.writes()[after:]]


def left_over(at: Bench) -> list[str]:
    """Files on the branch that belong to no image set."""
    sets = {each.name for each in read_branch(at.git(), "headway-images", recursive=False).image_sets}
    return [path for path in at.files() if path != ".headway-images" and path.partition("/")[0] not in sets]


def test_the_first_report_creates_the_branch_and_a_later_one_does_not(at: Bench) -> None:
    at.store().put(SEVEN)
    assert kinds(at) == [*TO_START, "POST /graphql", *TO_MERGE]
    first = len(at.writes())
    later = {f"{number}.png": png(number) for number in range(100, 110)}
    assert seen(at.store("pr-2").put(later)) == later
    assert kinds(at, first) == ["POST /graphql", *TO_MERGE]


def test_what_the_branch_has_is_not_sent_again(at: Bench) -> None:
    at.store().put(SEVEN)
    first = len(at.writes())
    later = {**SEVEN, "a.png": png(50), "b.png": png(51)}
    assert seen(at.store().put(later)) == later
    assert kinds(at, first) == [
        "POST /graphql",
        "POST trees",
        "POST commits",
        "POST trees",
        "POST commits",
        "PATCH refs",
    ]
    assert files_sent(at) == [7, 2]


def test_one_image_is_a_blob(at: Bench) -> None:
    at.store().put({"a.png": png(1)})
    assert kinds(at) == ["POST blobs", "POST trees", "POST commits", "POST trees", "POST commits", "POST refs"]


def test_no_request_is_larger_than_two_megabytes(at: Bench) -> None:
    charts = {f"{number}.png": png(number, padding=20_000) for number in range(128)} | {
        "whole.png": png(128, padding=2_000_000)
    }
    addresses = at.store().put(charts)
    assert seen(addresses) == charts
    transfers = [len(each.body) for each in at.github.requests if each.address.endswith("createCommitOnBranch")]
    assert len(transfers) == 2
    assert max(transfers) <= sending.REQUEST_LIMIT
    assert at.writes().count("POST blobs") == 1, "what does not fit into a request alone"


def test_batches_keep_the_order_and_the_limits() -> None:
    images = {str(number): png(number) for number in range(6)}
    sizes = dict(zip(images, (3, 4, 9, 1, 1, 1), strict=True))
    batches = [list(batch) for batch in in_batches(images, 7, lambda name, _: sizes[name], count=2)]
    assert batches == [["0", "1"], ["2"], ["3", "4"], ["5"]]
    assert list(in_batches({}, 7, lambda _, image: len(image))) == []


@pytest.mark.usefixtures("three_at_once")
def test_whoever_is_overtaken_sends_only_what_is_missing(at: Bench) -> None:
    other: dict[str, str] = {}
    at.github.before_request("POST", TRANSFER, lambda: other.update(at.store("pr-2").put({"x.png": png(90)})), skip=1)
    assert seen(at.store("pr-1").put(SEVEN)) == SEVEN
    refused = [each for each in at.github.requests if each.address.endswith("createCommitOnBranch")]
    assert len(refused) == 4
    assert sum(files_sent(at)) == len(SEVEN) + 3 + 1  # three came too late, and one is the other run's
    assert left_over(at) == []


@pytest.mark.usefixtures("three_at_once")
@pytest.mark.parametrize("fault", [faults.no_answer, faults.connection_reset, faults.server_error, faults.invalid_json])
@pytest.mark.parametrize("number", range(3))
def test_after_a_lost_answer_the_branch_is_read_before_anything_is_sent_again(
    at: Bench, fault: type[faults.Fault], number: int
) -> None:
    at.github.fail("POST", TRANSFER, fault(took_effect=True), skip=number)  # type: ignore[call-arg] # a function of faults
    assert seen(at.store(read_timeout=0.2).put(SEVEN)) == SEVEN
    assert sum(files_sent(at)) == len(SEVEN)
    assert left_over(at) == []


@pytest.mark.usefixtures("three_at_once")
@pytest.mark.parametrize("took_effect", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_killed_between_any_two_requests_and_run_again_ends_at_the_same_place(took_effect: bool) -> None:  # noqa: FBT001
    def begin(at: Bench) -> int:
        at.store("pr-2").put({"0.png": png(0)})
        return len(at.github.requests)

    with bench(validate=False) as untouched:
        before = begin(untouched)
        untouched.store().put(SEVEN)
        files, count = untouched.files(), len(untouched.github.requests) - before
    for killed in range(count):
        with bench(validate=False) as made:
            begin(made)
            kill(made.github, took_effect=took_effect, skip=killed)
            with pytest.raises(ForgeError):
                made.store().put(SEVEN)
            made.github.clear_faults()
            assert seen(made.store().put(SEVEN)) == SEVEN
            assert made.files() == files


@pytest.mark.usefixtures("three_at_once")
@pytest.mark.parametrize("trailer", ["", "\n\nSigned-off-by: Octo <octo@example.com>"])
def test_what_a_killed_run_transferred_is_no_image_set_and_is_gone_after_the_next_report(
    at: Bench, monkeypatch: pytest.MonkeyPatch, trailer: str
) -> None:
    def with_trailer(base: str) -> tuple[str, str]:
        headline, body = transfer_message(base)
        return headline, f"{body}{trailer}"  # as an organization may have it added

    monkeypatch.setattr(sending, "transfer_message", with_trailer)
    kept = at.store("pr-2").put({"x.png": png(90), "y.png": png(91)})
    kill(at.github, took_effect=True, skip=3)
    with pytest.raises(ForgeError):
        at.store("pr-1").put(SEVEN)
    at.github.clear_faults()
    state = read_branch(at.git(), "headway-images", recursive=True)
    assert [each.scope for each in state.image_sets] == ["pr-2"]
    assert (state.tip != state.base, len(state.blobs)) == (True, 1 + 2 + 3)
    at.store("pr-3").put({"z.png": png(92)})
    assert {path.split("_")[1] for path in at.files() if "_" in path} == {"pr-2", "pr-3"}
    assert seen(kept) == {"x.png": png(90), "y.png": png(91)}
    assert git(at.github.folder / "repository.git", "fsck", "--strict") == ""


@pytest.mark.parametrize("answer", [(404, {}), (403, {}), (200, {"errors": [NO_SUCH_FIELD]})])
def test_where_there_is_no_such_mutation_images_are_sent_one_by_one(
    at: Bench, monkeypatch: pytest.MonkeyPatch, answer: tuple[int, dict[str, object]]
) -> None:
    refuse_mutation(at.github, monkeypatch, *answer)
    assert seen(at.store().put(SEVEN)) == SEVEN
    assert at.writes().count("POST blobs") == 7
    assert at.writes().count("POST /graphql") == 2, "once with the branch, and once without"


RULE = "Repository rule violations found\n\nCannot update this protected ref."


@pytest.mark.parametrize("is_new", [False, True])
def test_a_protected_branch_is_an_error_at_once_that_says_so(
    at: Bench, monkeypatch: pytest.MonkeyPatch, *, is_new: bool
) -> None:
    if not is_new:
        at.store("pr-2").put({"x.png": png(90), "y.png": png(91)})
    writes = len(at.writes())
    protect(at.github, monkeypatch)
    with pytest.raises(ForgeError, match="Repository rule violations") as caught:
        at.store().put(SEVEN)
    assert caught.value.remedy == "If a rule protects the branch, exclude it from the rule."
    assert kinds(at, writes) == ([*TO_START, "POST /graphql", "POST refs"] if is_new else ["POST /graphql"])
    assert len(at.waits) == 1
    with pytest.raises(ForgeError, match="Repository rule violations"):
        at.store().put({"a.png": png(1)})
    assert len(at.waits) == 2, "nor is the merge tried again"


def protect(github: FakeGitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ruleset that lets nobody create or move the branch."""
    dispatch = github._dispatch  # noqa: SLF001 - the fake has no rules

    def ruled(request: Request) -> Reply:
        if request.path == "/graphql":
            return json_reply(200, {"data": None, "errors": [{"type": "UNPROCESSABLE", "message": RULE}]})
        if request.method != "GET" and "/git/refs" in request.path:
            return json_reply(422, {"message": RULE})
        return dispatch(request)

    monkeypatch.setattr(github, "_dispatch", ruled)


def test_a_mutation_that_fails_again_and_again_costs_no_image(at: Bench) -> None:
    at.store("pr-2").put({"x.png": png(90)})
    at.github.fail("POST", TRANSFER, faults.server_error(), times=-1)
    assert seen(at.store().put(SEVEN)) == SEVEN
    asked = [write for write in at.writes() if write in {"POST /graphql", "POST blobs"}]
    assert asked == ["POST blobs", *["POST /graphql"] * 2, *["POST blobs"] * 7]


def overtake(at: Bench, seed: int) -> None:
    at.store("pr-3").put({"z.png": png(seed)})


@pytest.mark.usefixtures("three_at_once")
def test_whoever_loses_two_races_sends_what_is_left_as_blobs(at: Bench) -> None:
    at.store("pr-2").put({"x.png": png(90)})
    for number in range(2):
        at.github.before_request("POST", TRANSFER, partial(overtake, at, 91 + number), skip=1 + number)
    assert seen(at.store().put(SEVEN)) == SEVEN
    assert at.writes().count("POST /graphql") == 3, "one arrives, two are refused"
    assert at.writes().count("POST blobs") == 1 + 2 + 4


def test_tries_begin_again_with_each_image_that_arrives(
    at: Bench, monkeypatch: pytest.MonkeyPatch, three_at_once: None
) -> None:
    del three_at_once
    monkeypatch.setattr(branch, "_STORE_TRIES", 2)
    at.store("pr-2").put({"x.png": png(90)})
    for number in range(2):
        at.github.before_request("POST", TRANSFER, partial(overtake, at, 91 + number), skip=1 + 2 * number)
    assert seen(at.store().put(SEVEN)) == SEVEN
    assert len(at.waits) == 2


def refuse_mutation(github: FakeGitHub, monkeypatch: pytest.MonkeyPatch, status: int, body: dict[str, object]) -> None:
    """An older GitHub Enterprise Server, or a proxy that lets only the REST API pass."""
    dispatch = github._dispatch  # noqa: SLF001 - no fake of an older server exists

    def without(request: Request) -> Reply:
        return json_reply(status, body) if request.path == "/graphql" else dispatch(request)

    monkeypatch.setattr(github, "_dispatch", without)


def test_a_token_without_the_permission_is_told_what_it_lacks(at: Bench) -> None:
    at.store("pr-2").put({"x.png": png(90)})
    writes = len(at.writes())
    with pytest.raises(DeniedError, match="contents: write"):
        at.store(token=at.github.token("read")).put(SEVEN)
    assert kinds(at, writes) == ["POST /graphql", "POST blobs"]


@pytest.mark.parametrize("kind", ["primary", "secondary"])
def test_a_rate_limit_is_waited_for(at: Bench, kind: str) -> None:
    at.github.fail("POST", TRANSFER, faults.rate_limit("primary" if kind == "primary" else "secondary", headers=False))
    assert seen(at.store(attempts=2).put(SEVEN)) == SEVEN
    assert at.waits == [60.0]
    at.github.fail("POST", TRANSFER, faults.rate_limit())
    with pytest.raises(RateLimitError):
        at.store("pr-2").put({"x.png": png(90), "y.png": png(91)})


def test_a_commit_that_github_hashes_otherwise_is_stored_under_the_hash_that_it_has(
    at: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(branch, "commit_sha", lambda *_: "f" * 40)
    addresses = at.store().put(SEVEN)
    assert seen(addresses) == SEVEN
    (commit,) = {address.split("/")[-2] for address in addresses.values()}
    assert {path.partition("/")[0][-40:] for path in at.files() if "_" in path} == {commit}


def test_an_enterprise_server_has_its_own_address_for_mutations() -> None:
    with FakeGitHub(pull_requests=[PullRequest(number=1)], enterprise=True) as github:
        made = Bench(github)
        assert seen(made.store().put(SEVEN)) == SEVEN
        assert files_sent(made) == [7]


def test_progress_is_the_number_of_images_sent(at: Bench, three_at_once: None) -> None:
    del three_at_once
    reported: list[tuple[int, int]] = []
    at.store(uploading=lambda *sent: reported.append(sent)).put(SEVEN)
    assert reported == [(0, 7), (3, 7), (6, 7), (7, 7)]
    at.store(uploading=lambda *sent: reported.append(sent)).put(SEVEN)
    assert len(reported) == 4, "nothing was sent"
