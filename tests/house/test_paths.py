"""Paths are looked up as a person would by trying each: whole names count, and the innermost holder wins."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.paths import PathIndex, is_below, parents

NAMES = st.lists(st.sampled_from(["a", "a.b", "a0", "b", "é"]), min_size=1, max_size=3).map("/".join)


@pytest.mark.parametrize(
    ("path", "folder", "below"),
    [("a/b", "a", True), ("a", "a", True), ("ab", "a", False), ("a", "a/b", False), ("a/b", "", True)],
)
def test_only_whole_names_count(path: str, folder: str, below: bool) -> None:  # noqa: FBT001 - the expected answer
    assert is_below(path, folder) is below


def test_parents_end_before_the_root() -> None:
    assert list(parents("a/b/c")) == ["a/b", "a"]
    assert list(parents("/a/b")) == ["/a"]


def test_the_project_at_the_root_holds_what_no_other_does() -> None:
    projects = PathIndex(["", "models", "models/a"])
    assert [projects.holder(path) for path in ("models/a/x", "models/b", "x")] == ["models/a", "models", ""]


@given(st.sets(NAMES), NAMES)
def test_the_index_finds_what_trying_each_would(paths: set[str], path: str) -> None:
    index = PathIndex(paths)
    holders = [each for each in paths if is_below(path, each)]
    below = sorted(each for each in paths if is_below(each, path) and each != path)
    assert index.holder(path) == max(holders, key=len, default=None)
    assert list(index.below(path)) == below
    assert index.overlapping(path) == ((holders and [max(holders, key=len)]) or below)
