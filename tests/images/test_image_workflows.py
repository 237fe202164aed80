"""Each image is built and checked where something that it is made of changes, and pushed only after that."""

from __future__ import annotations

import shutil
from functools import cache
from typing import TYPE_CHECKING

import pytest
from images.dockerfiles import KINDS, ROOT, copied, matches, repository_files
from workflow_steps import Runner, every_step, jobs, load, scripts

if TYPE_CHECKING:
    from pathlib import Path

WORKFLOWS = {kind: ROOT / f".github/workflows/{kind}-image.yml" for kind in KINDS}
CHECKS = {"scripts/check_image.py", "scripts/container_engine.py"}
COMPARED = {
    "train": {"reports/metrics.json", "reports/predictions.csv", ".dvc/embedded"},
    "predict": set[str](),  # its model and its predictions are the training's
}
"""What the check of an image compares its answers with."""
DOCKER = """\
#!/usr/bin/env bash
# A Docker with a file for each image: only what was built or loaded can be tagged, saved or pushed.
set -euo pipefail
state=$(dirname "$0")/../images
file() { echo "$state/${1//\\//_}"; }
case "$1" in
  build)
    test -f "$3" && test "$6" = .
    mkdir -p "$state"
    echo "$5" > "$(file "$5")" ;;
  save) cat "$(file "$2")" ;;
  load)
    mkdir -p "$state"
    name=$(gzip --decompress --stdout "$3")
    echo "$name" > "$(file "$name")" ;;
  login)
    test "$2 $3 $4 $5" = "ghcr.io --username ada --password-stdin"
    cat > "$state/login" ;;
  tag) cp "$(file "$2")" "$(file "$3")" ;;
  push) grep --quiet ghs_sesame "$state/login" && test -f "$(file "$3")" && echo "$3" >> "$state/pushed" ;;
  logout) rm "$state/login" ;;
  *) exit 1 ;;
esac
"""
PYTHON = 'echo "$*" >> "$(dirname "$0")/../checked"\n'

of_each_image = pytest.mark.parametrize("kind", KINDS)


def made_of(kind: str) -> set[str]:
    """The files that an image and its check are made of."""
    build = {
        f"docker/{kind}.Dockerfile",
        f"docker/{kind}.Dockerfile.dockerignore",
        f".github/workflows/{kind}-image.yml",
    }
    compared = {file for file in repository_files() for path in COMPARED[kind] if matches(file, path)}
    return {*copied(kind), *build, *CHECKS, *compared}


@cache
def paths(kind: str) -> tuple[str, ...]:
    """The paths that start a workflow, for a pull request and on main."""
    events = load(WORKFLOWS[kind])["on"]
    assert events.keys() == {"push", "pull_request"}
    assert events["push"] == {"branches": ["main"], **events["pull_request"]}
    return tuple(events["pull_request"]["paths"])


def starts(kind: str, file: str) -> bool:
    """Whether a change of a file starts a workflow."""
    return any(matches(file, path) for path in paths(kind))


@of_each_image
def test_it_starts_where_something_changes_that_the_image_is_made_of(kind: str) -> None:
    assert {file for file in repository_files() if starts(kind, file)} == made_of(kind)


@of_each_image
def test_no_path_is_about_nothing(kind: str) -> None:
    assert [path for path in paths(kind) if not any(matches(file, path) for file in made_of(kind))] == []


def test_a_change_of_the_service_builds_no_training_and_the_other_way_round() -> None:
    service = ["src/digits/serve/app.py", "src/digits/inference/tables.py", "src/headway/api.py", "docker/health.py"]
    training = ["src/digits/training.py", "src/digits/draw.py", "params.yaml", "dvc.lock", "docker/train.py"]
    assert [file for file in service if not starts("predict", file) or starts("train", file)] == []
    assert [file for file in training if not starts("train", file) or starts("predict", file)] == []


@of_each_image
def test_a_pull_request_runs_without_a_token_and_what_has_one_runs_no_code_of_this_repository(kind: str) -> None:
    check, push = (jobs(WORKFLOWS[kind])[name] for name in ("check", "push"))
    assert check["permissions"] == {"contents": "read"}
    assert "github.token" not in str(check)
    assert push["permissions"] == {"packages": "write"}
    assert (push["needs"], push["if"]) == ("check", "github.event_name == 'push'")
    assert not [step for step in push["steps"] if "checkout" in step.get("uses", "")]


@of_each_image
def test_what_was_checked_is_what_is_pushed(kind: str) -> None:
    (sent,) = [step for step in every_step(WORKFLOWS[kind]) if "upload-artifact@" in step.get("uses", "")]
    (taken,) = [step for step in every_step(WORKFLOWS[kind]) if "download-artifact@" in step.get("uses", "")]
    assert sent["with"]["name"] == taken["with"]["name"]
    assert sent["with"]["path"] == f"digits-{kind}.tar.gz"


def machine(folder: Path, event: str) -> Runner:
    """A machine with stand-ins for Docker and for the check, in a folder with the Dockerfiles."""
    shutil.copytree(ROOT / "docker", folder / "docker")
    tools = folder.parent / f"{folder.name}-tools/bin"
    tools.mkdir(parents=True)
    (tools / "docker").write_text(DOCKER)
    (tools / "docker").chmod(0o755)
    environ = {"EVENT_NAME": event, "REPOSITORY": "Team/Digits", "SHA": "5ea" * 13 + "f", "ACTOR": "ada"}
    return Runner(
        folder=folder,
        environ={f"GITHUB_{name}": value for name, value in environ.items()},
        values={"github.token": "ghs_sesame"},
        stand_ins={"python3": PYTHON},
    )


def state(runner: Runner, name: str) -> list[str]:
    """The lines that the stand-ins of a machine left in a file."""
    file = runner.folder.parent / f"{runner.folder.name}-tools" / name
    return file.read_text().splitlines() if file.exists() else []


@of_each_image
def test_on_main_the_image_is_pushed_by_its_commit_and_as_main(kind: str, tmp_path: Path) -> None:
    first = machine(tmp_path / "first", "push")
    first.run_all(scripts(WORKFLOWS[kind], "check"))
    assert first.ran == ["Build", first.ran[1], "Save the image that was checked"]
    assert state(first, "checked") == [f"scripts/check_image.py {kind}"]
    second = machine(tmp_path / "second", "push")
    shutil.copy(first.folder / f"digits-{kind}.tar.gz", second.folder)
    second.run_all(scripts(WORKFLOWS[kind], "push"))
    image = f"ghcr.io/team/digits/{kind}"
    assert state(second, "images/pushed") == [f"{image}:{second.environ['GITHUB_SHA']}", f"{image}:main"]
    assert state(second, "images/login") == [], "the job has logged out"


@of_each_image
def test_a_pull_request_only_builds_and_checks(kind: str, tmp_path: Path) -> None:
    runner = machine(tmp_path / "clone", "pull_request")
    runner.run_all(scripts(WORKFLOWS[kind], "check"))
    assert len(runner.ran) == 2
    assert not (runner.folder / f"digits-{kind}.tar.gz").exists()
