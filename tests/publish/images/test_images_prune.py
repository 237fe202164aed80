"""What `headway prune` takes off the branch, and what it leaves reachable."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from fakes import faults
from image_forges import DAY, NOON, Bench, bench, git, png, seen

from headway.errors import DeniedError, ForgeError, SettingsError
from headway.publish.forges.forge import CommitTarget, IssueTarget, PullRequestTarget
from headway.publish.images.branch_state import ImageSet, read_image_set, scope_of
from headway.publish.images.git_data import FILE, FOLDER, TreeEntry
from headway.publish.images.prune import Pruned, PruneRules, divide, prune, prune_branch

if TYPE_CHECKING:
    from collections.abc import Iterator

TODAY = date(2026, 5, 28)


@pytest.fixture
def at() -> Iterator[Bench]:
    with bench(validate=False) as made:
        yield made


def run(at: Bench, days: int = 90, *, closed: bool = False) -> Pruned:
    return prune_branch(at.context(), at.transport(), "headway-images", days, closed=closed)


def history(at: Bench) -> int:
    return int(git(at.github.folder / "repository.git", "rev-list", "--count", "headway-images"))


def image_sets(text: str) -> list[ImageSet]:
    """``"pr-1@3 pr-2@100"``: scopes, and how many days ago they were last used."""
    parts = [part.partition("@") for part in text.split()]
    return [
        ImageSet(TODAY - timedelta(days=int(ago)), scope, f"{number:040x}", f"{number:040x}")
        for number, (scope, _, ago) in enumerate(parts)
    ]


def removed(text: str, rules: PruneRules) -> str:
    pruned = divide(image_sets(text), rules)
    return " ".join(f"{image_set.scope}@{(TODAY - image_set.day).days}" for image_set in pruned.removed)


def old(*closed: int) -> PruneRules:
    return PruneRules(TODAY - timedelta(days=90), closed=False, is_open=lambda number: number not in closed)


def old_and_closed(*closed: int) -> PruneRules:
    return old(*closed)._replace(closed=True)


@pytest.mark.parametrize(
    ("rules", "before", "gone"),
    [
        (old(), "commit@91 commit@90 commit@3", "commit@91"),
        (old(), "pr-1@200 pr-1@100", "pr-1@200"),  # the newest of an open pull request is what it shows
        (old(), "pr-1@200 pr-1@100 pr-1-nightly@150", "pr-1@200"),  # and of each of its comments
        (old(), "pr-1@200 pr-1@3", "pr-1@200"),
        (old(1), "pr-1@200 pr-1@100 pr-1@3", "pr-1@200 pr-1@100"),
        (old_and_closed(1), "pr-1@200 pr-1@3 pr-2@3 pr-12@3 commit@3", "pr-1@200 pr-1@3"),
        (old_and_closed(12), "pr-1@3 pr-12-a@3 issue-12@3", "pr-12-a@3"),
    ],
)
def test_rules(rules: PruneRules, before: str, gone: str) -> None:
    assert removed(before, rules) == gone


def test_each_pull_request_is_asked_for_once_and_only_where_it_matters() -> None:
    asked: list[int] = []

    def is_open(number: int) -> bool:
        asked.append(number)
        return False

    divide(image_sets("pr-1@1 pr-2@100 pr-2@100 pr-3@200 pr-3@1"), old()._replace(is_open=is_open))
    assert asked == [2]


def test_names_of_image_sets_are_read_back() -> None:
    image_set = ImageSet(
        TODAY, scope_of(PullRequestTarget(number=12), "models/digits", "Über nacht"), "a" * 40, "b" * 40
    )
    assert image_set.scope == "pr-12-models-digits-ber-nacht"
    assert read_image_set(TreeEntry(image_set.name, *FOLDER, "b" * 40)) == image_set
    assert read_image_set(TreeEntry(image_set.name, *FILE, "b" * 40)) is None
    assert image_set.pull_request == 12
    assert scope_of(CommitTarget(sha="c" * 40)) == "commit"
    assert scope_of(IssueTarget(number=3), "", "x" * 100) == f"issue-3-{'x' * 60}"


@pytest.mark.parametrize(
    "name", ["README.md", f"2026-02-30_pr-1_{'a' * 40}", f"2026-02-03_pr-1_{'g' * 40}", "2026-02-03_pr-1"]
)
def test_other_folders_are_left_alone(name: str) -> None:
    assert read_image_set(TreeEntry(name, *FOLDER, "b" * 40)) is None


def test_what_stays_keeps_its_address_and_the_rest_of_the_history_goes(at: Bench) -> None:
    at.store("pr-1").put({"old.png": png(1)})
    at.now += 200 * DAY
    kept = {
        **at.store("pr-2").put({"a.png": png(2), "b.png": png(3)}),
        **at.store("pr-3").put({"c.png": png(4)}),
    }
    at.github.close_pull_request(1)
    assert history(at) == 7  # three image sets, each with its merge, and a transfer of two files
    pruned = run(at)
    assert [image_set.scope for image_set in pruned.removed] == ["pr-1"]
    assert history(at) == 3  # two image sets and what joins them
    repository = at.github.folder / "repository.git"
    git(repository, "reflog", "expire", "--expire=now", "--all")
    git(repository, "gc", "--quiet", "--prune=now")  # what the forge's own clean-up does some day
    assert seen(kept) == {"a.png": png(2), "b.png": png(3), "c.png": png(4)}
    assert sorted(at.files()) == sorted(
        [
            ".headway-images",
            *(f"{image_set.name}/{name}" for image_set in pruned.kept for name in folder(at, image_set)),
        ]
    )


def folder(at: Bench, image_set: ImageSet) -> list[str]:
    return git(at.github.folder / "repository.git", "ls-tree", "--name-only", image_set.commit).split()


def test_where_nothing_is_old_nothing_is_written(at: Bench) -> None:
    at.store().put({"a.png": png(1)})
    before = at.github.branches()
    assert not run(at).removed
    assert at.github.branches() == before


def test_without_a_branch_there_is_nothing_to_do(at: Bench) -> None:
    assert run(at) == Pruned((), ())


def test_when_everything_goes_the_branch_stays_and_takes_pictures_again(at: Bench) -> None:
    at.store("commit").put({"a.png": png(1)})
    at.now += 100 * DAY
    assert len(run(at).removed) == 1
    assert list(at.files()) == [".headway-images"]
    assert history(at) == 1
    assert seen(at.store().put({"a.png": png(1)})) == {"a.png": png(1)}


def test_more_image_sets_than_one_commit_joins(at: Bench) -> None:
    at.store("commit").put({"old.png": png(99)})
    at.now += 100 * DAY
    kept = {f"{number}.png": png(number) for number in range(40)}
    addresses = {name: at.store("commit").put({name: content})[name] for name, content in kept.items()}
    assert len(run(at).removed) == 1
    assert history(at) == 40 + 3
    assert seen(addresses) == kept


def test_files_of_others_on_the_branch_stay(at: Bench) -> None:
    at.store("commit").put({"old.png": png(1)})
    data = at.git()
    tip = data.tip("headway-images")
    assert tip is not None
    note = TreeEntry("NOTES.md", *FILE, content="a note of the team's")
    tree = data.write_tree([note], data.commit(tip).tree.sha)
    data.move_branch("headway-images", data.write_commit(tree, [tip], "A note\n"))
    at.now += 100 * DAY
    run(at)
    assert at.files()["NOTES.md"] == b"a note of the team's"


def test_pictures_that_are_stored_meanwhile_are_not_lost(at: Bench) -> None:
    at.store("commit").put({"old.png": png(1)})
    at.now += 100 * DAY
    new: dict[str, str] = {}
    at.github.before_request("POST", "*/graphql", lambda: new.update(at.store("pr-2").put({"new.png": png(2)})))
    assert [image_set.scope for image_set in run(at).removed] == ["commit"]
    assert seen(new) == {"new.png": png(2)}
    assert list(at.files().values()) == [at.files()[".headway-images"], png(2)]


def test_a_writer_that_the_pruning_overtakes_stores_its_pictures_all_the_same(at: Bench) -> None:
    at.store("commit").put({"old.png": png(1), "same.png": png(2)})
    at.now += 100 * DAY

    def prune_now() -> None:
        run(at)

    at.github.before_request("PATCH", "*/git/refs/*", prune_now)
    addresses = at.store("pr-1").put({"old.png": png(1), "same.png": png(2)})
    assert seen(addresses) == {"old.png": png(1), "same.png": png(2)}
    assert [path.split("_")[1] for path in at.files() if "_" in path] == ["pr-1", "pr-1"]
    git(at.github.folder / "repository.git", "gc", "--quiet", "--prune=now")
    assert seen(addresses) == {"old.png": png(1), "same.png": png(2)}


@pytest.mark.parametrize("took_effect", [False, True])
def test_killed_between_any_two_requests_and_run_again_ends_at_the_same_place(took_effect: bool) -> None:  # noqa: FBT001
    def made_old(at: Bench) -> dict[str, str]:
        at.store("commit").put({"old.png": png(1)})
        at.now = NOON + 100 * DAY
        return dict(at.store("pr-2").put({"new.png": png(2)}))

    with bench(validate=False) as untouched:
        made_old(untouched)
        before = len(untouched.github.requests)
        run(untouched)
        files, count = untouched.files(), len(untouched.github.requests) - before
    for killed in range(count):
        with bench(validate=False) as at:
            addresses = made_old(at)
            at.github.fail("*", "*", faults.connection_reset(took_effect=took_effect), skip=killed)
            with pytest.raises(ForgeError):
                run(at)
            assert seen(addresses) == {"new.png": png(2)}
            run(at)
            assert at.files() == files
            assert history(at) == 2


def test_a_lost_answer_of_the_swap_is_success(at: Bench) -> None:
    at.store("commit").put({"old.png": png(1)})
    at.now += 100 * DAY
    at.github.fail("POST", "*/graphql", faults.server_error(took_effect=True))
    pruned = prune(at.git(attempts=3), PruneRules(date(2026, 8, 1), closed=False, is_open=lambda _: True))
    assert len(pruned.removed) == 1
    assert list(at.files()) == [".headway-images"]


def test_a_tip_that_shows_late_is_waited_for(at: Bench) -> None:
    at.store("commit").put({"old.png": png(1)})
    at.now += 100 * DAY
    at.github.lag.refs = 2
    new = at.store("pr-1").put({"new.png": png(2)})
    run(at)
    assert seen(new) == {"new.png": png(2)}
    assert list(at.files().values()) == [at.files()[".headway-images"], png(2)]


def test_a_token_that_may_only_read_is_told_what_it_lacks(at: Bench) -> None:
    at.store("commit").put({"old.png": png(1)})
    at.now += 100 * DAY
    with pytest.raises(DeniedError, match="contents: write"):
        prune(at.git(at.github.token("read")), PruneRules(date(2026, 8, 1), closed=False, is_open=lambda _: True))


def test_a_branch_that_keeps_moving_stays_as_it_is(at: Bench) -> None:
    at.store("commit").put({"old.png": png(1)})
    at.now += 100 * DAY
    seeds = iter(range(10, 30))

    def store_another() -> None:
        at.store("pr-2").put({"x.png": png(next(seeds))})

    at.github.before_request("POST", "*/graphql", store_another, times=-1)
    with pytest.raises(ForgeError, match="unchanged"):
        run(at)
    assert png(1) in at.files().values()


def test_a_branch_of_code_is_never_pruned(at: Bench) -> None:
    with pytest.raises(SettingsError, match="not created for images"):
        prune(at.git(), old_and_closed(1), branch="main")
