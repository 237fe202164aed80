"""Images on GitHub's branch: over real HTTP, against a fake whose repository is a real one on disk."""

from __future__ import annotations

import socket
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from fakes import faults
from image_forges import DAY, Bench, bench, files_sent, git, kill, png, seen

from headway.errors import DeniedError, ForgeError, RateLimitError, SettingsError
from headway.publish.images import branch
from headway.publish.images.formats import hashed_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILES = {"charts/loss.png": png(1), "charts/roc.png": png(2)}
WRITES_OF_TWO = 6  # tree and commit of the branch, the branch with both files, commit of the set, merge, branch


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setattr(branch, "random", lambda: 0.5)
    with bench() as made:
        yield made


def test_every_picture_is_reachable_under_a_name_that_changes_with_it(at: Bench) -> None:
    addresses = at.store().put(FILES)
    assert seen(addresses) == FILES
    assert addresses["charts/loss.png"].endswith(f"/{hashed_name(png(1))}")
    assert "/octo/digits/raw/" in addresses["charts/loss.png"]


def test_nothing_is_written_for_pictures_that_are_there(at: Bench) -> None:
    first = at.store().put(FILES)
    written = len(at.writes())
    assert at.store().put(FILES) == first
    assert len(at.writes()) == written == WRITES_OF_TWO


def test_only_the_bytes_that_are_new_are_sent(at: Bench) -> None:
    at.store().put(FILES)
    at.store().put({**FILES, "charts/loss.png": png(3)})
    assert files_sent(at) == [2, 1]


def test_one_picture_under_two_names_is_sent_once_and_has_one_address(at: Bench) -> None:
    addresses = at.store().put({"charts/loss-light.png": png(1), "other/loss-dark.png": png(1)})
    assert len(set(addresses.values())) == 1
    assert at.store("pr-2").put({"renamed.png": png(1)})["renamed.png"] in addresses.values()
    assert files_sent(at) == [1]


def test_another_pull_request_with_the_same_pictures_shares_their_addresses(at: Bench) -> None:
    first = at.store("pr-1").put(FILES)
    assert at.store("pr-2").put(FILES) == first
    assert files_sent(at) == [2]
    assert {path.split("_")[1] for path in at.files() if "_" in path} == {"pr-1", "pr-2"}


def test_the_same_pictures_are_noted_again_on_another_day(at: Bench) -> None:
    first = at.store().put(FILES)
    at.now += DAY
    assert at.store().put(FILES) == first
    days = {path[:10] for path in at.files() if "_" in path}
    assert len(days) == 2


def test_same_names_and_odd_names_stay_apart(at: Bench) -> None:
    files = {"a/x.png": png(1), "b/x.png": png(2), "Ünïcode (1).png": png(3), "..png": png(4)}
    addresses = at.store().put(files)
    assert seen(addresses) == files
    assert all(address.isascii() and "(" not in address for address in addresses.values())


def test_nothing_to_store_asks_nothing(at: Bench) -> None:
    assert at.store().put({}) == {}
    assert at.github.requests == []


def test_the_branch_has_no_history_with_the_code_and_is_never_forced(at: Bench) -> None:
    at.store("pr-1").put(FILES)
    at.store("pr-2").put({"c.png": png(9)})
    repository = at.github.folder / "repository.git"
    assert not git(repository, "merge-base", "--all", "main", "headway-images", check=False)
    assert "README.md" not in at.files()
    assert not [each for each in at.github.requests if b'"force":true' in each.body]


def test_a_branch_that_holds_other_things_is_refused(at: Bench) -> None:
    store = at.store()
    store._branch = "main"  # noqa: SLF001 - what --images-branch main does
    with pytest.raises(SettingsError, match="not created for images"):
        store.put(FILES)
    assert at.writes() == []


def test_a_token_that_may_only_read_changes_nothing_and_is_told_what_it_lacks(at: Bench) -> None:
    with pytest.raises(DeniedError) as caught:
        at.store(token=at.github.token("read")).put(FILES)
    assert "contents: write" in str(caught.value)
    assert at.writes() == ["POST trees"]
    assert "headway-images" not in at.github.branches()


def test_whoever_comes_second_rebuilds_on_what_is_there(at: Bench) -> None:
    at.store("pr-1").put(FILES)
    at.github.before_request("PATCH", "*/git/refs/*", lambda: store_quickly(at))
    addresses = at.store("pr-3").put({"c.png": png(6)})
    assert seen(addresses) == {"c.png": png(6)}
    assert sorted(at.files().values()) == sorted([*FILES.values(), png(5), png(6), at.files()[".headway-images"]])
    assert at.waits == [0.25]  # half of the first wait


def store_quickly(at: Bench) -> None:
    at.store("pr-2").put({"b.png": png(5)})


def test_two_that_create_the_branch_at_once_both_succeed(at: Bench) -> None:
    first: dict[str, str] = {}
    path = "*/graphql#updateRefs+createCommitOnBranch"
    at.github.before_request("POST", path, lambda: first.update(at.store("pr-2").put({"b.png": png(5)})))
    assert seen({**at.store("pr-1").put(FILES), **first}) == {**FILES, "b.png": png(5)}


def test_a_branch_that_others_keep_moving_is_an_error_after_sixteen_tries(at: Bench) -> None:
    at.store("pr-1").put(FILES)
    keep_busy(at)
    with pytest.raises(ForgeError, match="fast forward"):
        at.store("pr-3").put({"c.png": png(6)})
    assert at.waits == [0.25, 0.5, 1.0, 2.0, *[4.0] * 11]


def keep_busy(at: Bench, seed: int = 100) -> None:
    """Somebody is always faster."""

    def be_faster() -> None:
        at.github.clear_faults()
        at.store("pr-2").put({"x.png": png(seed)})
        keep_busy(at, seed + 1)

    at.github.before_request("PATCH", "*/git/refs/*", be_faster)


@pytest.mark.parametrize("reads", [1, 3])
def test_a_tip_that_shows_late_is_waited_for(at: Bench, reads: int) -> None:
    at.github.lag.refs = reads
    for number in range(3):
        at.store(f"pr-{number}").put({"x.png": png(number)})
    assert {png(number) for number in range(3)} <= set(at.files().values())


@pytest.mark.slow
def test_two_writers_at_the_same_time_twenty_times() -> None:
    with bench(validate=False) as made:
        race(made)


def race(at: Bench) -> None:
    rounds, writers = 20, 2
    together = threading.Barrier(writers)

    def write(writer: int) -> dict[str, str]:
        store = at.store(f"pr-{writer}")
        found: dict[str, str] = {}
        for number in range(rounds):
            together.wait(20)
            found |= store.put(
                {f"{writer}-{number}.png": png(1000 * writer + number), f"all-{number}.png": png(number)}
            )
        return found

    with ThreadPoolExecutor(writers) as pool:
        found = [pool.submit(write, writer) for writer in (1, 2)]
        addresses = [each.result() for each in found]
    for writer, mine in zip((1, 2), addresses, strict=True):
        expected = {f"{writer}-{n}.png": png(1000 * writer + n) for n in range(rounds)}
        assert seen(mine) == expected | {f"all-{n}.png": png(n) for n in range(rounds)}
    assert len([path for path in at.files() if "_pr-" in path]) == rounds * writers * 2
    refused = [each for each in at.github.exchanges if each.status == 422]
    assert refused, "the writers never met, so nothing was proved"


@pytest.mark.parametrize("took_effect", [False, True])
def test_killed_between_any_two_requests_and_run_again_ends_at_the_same_place(took_effect: bool) -> None:  # noqa: FBT001
    with bench(validate=False) as untouched:
        expected = untouched.store().put(FILES)
        names = {name: address.partition("/raw/")[2] for name, address in expected.items()}
        files = untouched.files()
        count = len(untouched.github.requests)
    for killed in range(count):
        with bench(validate=False) as made:
            kill(made.github, took_effect=took_effect, skip=killed)
            with pytest.raises(ForgeError):
                made.store().put(FILES)
            made.github.clear_faults()
            addresses = made.store().put(FILES)
            assert {name: address.partition("/raw/")[2] for name, address in addresses.items()} == names
            assert made.files() == files
            assert seen(addresses) == FILES


def test_a_lost_answer_is_asked_for_again_and_stores_nothing_twice(at: Bench) -> None:
    for path in ("*/trees", "*/commits", "*/graphql"):
        at.github.fail("POST", path, faults.server_error(took_effect=True))
    assert seen(at.store(attempts=3).put(FILES)) == FILES
    assert len([path for path in at.files() if "_pr-" in path]) == 2
    at.github.fail("PATCH", "*", faults.truncated_body())
    assert seen(at.store("pr-2", attempts=3).put({"c.png": png(7)})) == {"c.png": png(7)}


def test_a_rate_limit_is_no_refusal(at: Bench) -> None:
    at.github.fail("POST", "*/git/trees", faults.rate_limit("secondary"))
    with pytest.raises(RateLimitError):
        at.store().put(FILES)


def test_a_dry_run_reads_and_prints_and_writes_nothing(at: Bench) -> None:
    addresses = at.store(dry_run=True).put(FILES)
    assert at.writes() == []
    assert list(addresses) == list(FILES)
    assert len([line for line in at.said if line.startswith(("POST ", "PATCH "))]) == WRITES_OF_TWO


@contextmanager
def git_daemon(folder: Path) -> Iterator[str]:
    """git's own server, on loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = f"{git(folder, '--exec-path')}/git-daemon"  # by itself: `git daemon` would run it as a child
    command = [program, "--verbose", "--reuseaddr", "--export-all", "--listen=127.0.0.1", f"--port={port}"]
    daemon = subprocess.Popen([*command, f"--base-path={folder}", str(folder)], stderr=subprocess.PIPE)
    assert daemon.stderr is not None
    try:
        assert any(b"Ready to rumble" in line for line in daemon.stderr), "it says so once it listens"
        yield f"git://127.0.0.1:{port}/repository.git"
    finally:
        daemon.terminate()
        daemon.communicate()


def checked_out(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


@pytest.mark.parametrize("server", ["git http-backend", "git daemon"])
def test_git_itself_clones_the_branch_byte_for_byte(at: Bench, tmp_path: Path, server: str) -> None:
    at.store("pr-1").put(FILES)
    at.store("pr-2").put({"c.png": png(7)})
    target = tmp_path / "clone"
    clone = ("clone", "--quiet", "--single-branch", "--branch", "headway-images")
    if server == "git daemon":
        with git_daemon(at.github.folder) as address:
            git(tmp_path, *clone, address, str(target))
    else:
        git(tmp_path, *clone, at.github.clone_url, str(target))
    assert checked_out(target) == at.files()
    assert git(target, "fsck", "--strict") == ""
