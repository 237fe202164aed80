"""Promotions and rollbacks at the same moment: three processes, three clones, one remote behind git's own HTTP."""

from __future__ import annotations

import os
from collections import Counter
from types import SimpleNamespace
from typing import TYPE_CHECKING

import gto.api
import pytest
from dvc.exceptions import ArtifactNotFoundError
from dvc.repo.artifacts import Artifacts
from dvc.scm import Git
from registry.racing import STAGES, Race, Track, open_track, problems, tags_of

from headway.registry.state import artifacts_of
from headway.registry.tags import read_tags

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AT_ONCE_EVERY = 5
"""Every fifth race is without turns."""
RACES = int(os.environ.get("HEADWAY_RACES", "300"))
"""Races of the slow test; `make test-races` runs thousands."""


@pytest.fixture(scope="module")
def track(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Track]:
    with open_track(tmp_path_factory.mktemp("track")) as opened:
        yield opened


def run(track: Track, seed: int) -> list[str]:
    """Run a race, and give how its wishes ended."""
    race = track.race(seed, turns=seed % AT_ONCE_EVERY > 0)
    assert list(problems(race)) == [], (seed, race)
    assert list(disagreements(track.remote.path, race)) == [], (seed, race)
    return [end["outcome"]["action"] if "outcome" in end else "error" for end in race.ends]


def disagreements(remote: Path, race: Race) -> Iterator[str]:
    """Where GTO, DVC or Headway take another version to be in a stage than the tag with the highest counter says."""
    commits = {tag.name.partition("@")[2]: tag.commit for tag in race.after.values()}
    shown = gto.api.show(str(remote))["digits"]["stage"]
    state = artifacts_of(read_tags(remote))["digits"]
    artifacts = Artifacts(SimpleNamespace(scm=Git(str(remote))))
    for stage in STAGES:
        tags = tags_of(race.after, stage)
        expected = tags[-1].commit if tags else None
        holder = state.holder(stage)
        try:
            dvc = artifacts.get_rev("digits", stage=stage)
        except ArtifactNotFoundError:
            dvc = None
        found = {"Headway": holder and holder.version.commit, "GTO": commits.get(shown.get(stage)), "DVC": dvc}
        yield from (f"{stage}: {who} says {commit}" for who, commit in found.items() if commit != expected)


def test_whoever_is_first_wins_and_the_others_decide_anew(track: Track) -> None:
    ends = Counter(end for seed in range(8) for end in run(track, seed))
    assert ends.keys() == {"promoted", "rolled_back", "refused", "unchanged", "error"}, "all of it is to happen"


@pytest.mark.slow
@pytest.mark.parametrize("first", range(100, 100 + RACES, 100))
def test_thousands_of_orders_end_well(track: Track, first: int) -> None:
    for seed in range(first, first + 100):
        run(track, seed)
