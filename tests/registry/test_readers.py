"""Who is in a stage, asked of GTO and DVC themselves, beside what the registry says they answer."""

from __future__ import annotations

import random
import subprocess
from typing import TYPE_CHECKING, Any

import gto.api
from dvc.exceptions import ArtifactNotFoundError
from repos import Project

from headway.registry.state import artifacts_of
from headway.registry.tags import read_tags

if TYPE_CHECKING:
    from pathlib import Path

STAGES = ("staging", "production")
START = 1_735_689_600


def tag_all(project: Project, tags: list[tuple[str, str, int]]) -> None:
    """Make annotated tags, each given by its name, its commit and its time."""
    stream = "".join(
        f"tag {name}\nfrom {commit}\ntagger Ada <ada@example.com> {time} +0000\ndata 4\ntag\n\n"
        for name, commit, time in tags
    )
    command = ["git", "fast-import", "--quiet", "--force"]
    subprocess.run(command, cwd=project.git_root, input=stream, text=True, check=True)


def history(name: str, seed: int, commits: list[str], *, tells_time: bool) -> list[tuple[str, str, int]]:
    """A registry that somebody could have made with GTO, or with clocks that do not tell the time."""
    chance = random.Random(seed)  # noqa: S311 - the same histories in each run
    tags = [(f"{name}@v1.{place}.0", commit, START) for place, commit in enumerate(commits)]
    time = START
    held: dict[str, list[str]] = {stage: [] for stage in STAGES}
    for counter in range(1, chance.randrange(3, 10)):
        time += chance.randrange(1, 60) if tells_time else chance.randrange(-90, 60)
        stage = chance.choice(STAGES)
        if held[stage] and chance.random() < 0.25:
            tags.append((f"{name}#{stage}!#{counter}", chance.choice(held[stage]), time))
        else:
            commit = chance.choice(commits)
            held[stage].append(commit)
            tags.append((f"{name}#{stage}#{counter}", commit, time))
    if chance.random() < 0.3:
        place = chance.randrange(len(commits))
        tags.append((f"{name}@v1.{place}.0!", commits[place], time + 1))
    return tags


def test_gto_and_dvc_answer_what_the_registry_says_they_do(tmp_path: Path) -> None:
    project = Project(tmp_path)
    commits = [project.write("model.bin", str(number)).commit() for number in range(4)]
    clocks = {f"good{seed}": (seed, True) for seed in range(8)} | {f"bad{seed}": (seed, False) for seed in range(8)}
    tag_all(
        project, [tag for name, (seed, good) in clocks.items() for tag in history(name, seed, commits, tells_time=good)]
    )
    artifacts = artifacts_of(read_tags(project.git_root))
    shown = gto.api.show(str(project.root))
    assert artifacts.keys() == shown.keys() == clocks.keys()
    disagreeing = 0
    with project.dvc() as repo:
        for name, state in artifacts.items():
            for stage in STAGES:
                readers = state.readers(stage)
                version = shown[name]["stage"].get(stage)
                assert readers.gto == (state.versions[version].commit if version else None), (name, stage)
                assert readers.dvc == dvc_answer(repo, name, stage), (name, stage)
                disagreeing += not readers.agree
    assert disagreeing > 5, "the histories are to hold what the three read differently"


def dvc_answer(repo: Any, name: str, stage: str) -> str | None:
    try:
        commit: str = repo.artifacts.get_rev(name, stage=stage)
    except ArtifactNotFoundError:
        return None
    return commit


def test_an_artifact_is_told_apart_from_one_of_another_folder(tmp_path: Path) -> None:
    project = Project(tmp_path)
    commit = project.commit()
    tag_all(project, [("models/de=digits@v1.0.0", commit, START), ("digits@v2.0.0", commit, START)])
    artifacts = artifacts_of(read_tags(project.git_root))
    assert {name: list(state.versions) for name, state in artifacts.items()} == {
        "digits": ["v2.0.0"],
        "models/de:digits": ["v1.0.0"],
    }


def test_lightweight_tags_and_tags_of_other_things_do_not_count(tmp_path: Path) -> None:
    project = Project(tmp_path)
    commit = project.commit()
    project.git("tag", "digits@v1.0.0", commit)
    project.git("tag", "--annotate", "--message=m", "digits@v1.1.0", f"{commit}^{{tree}}")
    project.git("tag", "--annotate", "--message=m", "v1.0.0", commit)
    assert read_tags(project.git_root) == ()
