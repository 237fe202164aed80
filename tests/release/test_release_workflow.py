"""The workflow that publishes releases: who may do what in it, and each of its steps on a repository with a tag."""

from __future__ import annotations

import json
import os
import shutil
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from repos import Project
from workflow_steps import ROOT, Runner, jobs, load, scripts

if TYPE_CHECKING:
    from collections.abc import Mapping

RELEASE = ROOT / ".github/workflows/release.yml"
HOME = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]["Source"]
SERVER, OWNER, NAME = HOME.rsplit("/", 2)
BUILT = ["dvc_headway-1.2.0-py3-none-any.whl", "dvc_headway-1.2.0.tar.gz"]
PYTHON = """
case "$1 $2" in
  "-m hatchling")
    while [ "$1" != --directory ]; do shift; done
    mkdir -p "$2" && echo wheel > "$2/dvc_headway-1.2.0-py3-none-any.whl"
    if [ -d scripts ]; then tar --create --gzip --file "$2/dvc_headway-1.2.0.tar.gz" scripts; fi ;;
  "-m twine" | "-m pip" | "scripts/try_release.py "*) ;;
  *) exec "$PYTHON" "$@" ;;
esac"""
"""What installs and builds is tried by test_release_rehearsal.py."""


def steps_of(job: str) -> list[dict[str, Any]]:
    return list(jobs(RELEASE)[job]["steps"])


@dataclass
class GitHub:
    """A repository with a commit on main, and what GitHub keeps of its tags and releases."""

    project: Project
    state: Path
    variables: Mapping[str, str]

    def run(self, job: str, event: str = "push", fails: str = "", **variables: str) -> str:
        stand_ins = {"python": PYTHON, "gh": f'exec "$PYTHON" "{Path(__file__).parent}/gh.py" "$@"'}
        environ = {**self.variables, "GITHUB_EVENT_NAME": event, "GH_STATE": str(self.state), **variables}
        self.job = Runner(folder=self.project.root, environ=environ, stand_ins=stand_ins)
        return self.job.run_all(scripts(RELEASE, job), fails=fails)

    def tags_and_releases(self) -> tuple[dict[str, str], dict[str, Any]]:
        found = json.loads(self.state.read_text())
        return found["tags"], found["releases"]


@pytest.fixture
def github(tmp_path: Path) -> GitHub:
    project = Project(tmp_path / "headway").write(".gitignore", "/dist/\n/notes/\n__pycache__/\n")
    shutil.copy(ROOT / "pyproject.toml", project.root)
    (project.root / "scripts").mkdir()
    for name in ("build-release", "changelog.py", "check_release.py"):
        shutil.copy(ROOT / "scripts" / name, project.root / "scripts")
    project.write("CHANGELOG.md", "# Changelog\n\n## Unreleased\n\n## 1.2.0 - 2027-01-31\n\n- It works.\n\n## 1.1.0\n")
    commit = project.commit("release")
    project.git("update-ref", "refs/remotes/origin/main", "HEAD")
    state = tmp_path / "state.json"
    state.write_text(json.dumps({"tags": {"v1.1.0": "a", "v1.2.0": commit, "v1": "a"}, "releases": {}}))
    variables = {"GITHUB_SERVER_URL": SERVER, "GITHUB_REPOSITORY": f"{OWNER}/{NAME}", "GITHUB_SHA": commit}
    token = {"GITHUB_REF_NAME": "v1.2.0", "GITHUB_TOKEN": "t", "GITHUB_OUTPUT": os.devnull}
    return GitHub(project, state, variables | token)


class TestRules:
    def test_it_starts_with_a_tag_and_by_hand_it_publishes_nothing(self) -> None:
        assert load(RELEASE)["on"] == {"push": {"tags": ["v*.*.*"]}, "workflow_dispatch": None}
        assert {name for name, job in jobs(RELEASE).items() if job.get("if") == "github.event_name == 'push'"} == {
            "publish",
            "release",
        }

    def test_each_permission_is_in_the_one_job_that_needs_it(self) -> None:
        read = {"contents": "read"}
        assert {name: job["permissions"] for name, job in jobs(RELEASE).items()} == {
            "build": read,
            "try": read,
            "publish": {"id-token": "write"},
            "release": {"contents": "write"},
        }

    def test_jobs_that_may_write_check_nothing_out_and_install_nothing(self) -> None:
        for name in ("publish", "release"):
            used = [step["uses"].split("@")[0] for step in steps_of(name) if "uses" in step]
            assert set(used) <= {"actions/download-artifact", "pypa/gh-action-pypi-publish"}
            assert all("pip" not in step.run and "scripts/" not in step.run for step in scripts(RELEASE, name))
        assert [step for step in steps_of("publish") if "run" in step] == []

    def test_nothing_is_published_before_reviewers_agree_and_what_was_built_is_tried(self) -> None:
        assert jobs(RELEASE)["publish"]["environment"]["name"] == "pypi"
        assert {name: job.get("needs") for name, job in jobs(RELEASE).items()} == {
            "build": None,
            "try": "build",
            "publish": ["build", "try"],
            "release": ["build", "publish"],
        }
        (matrix,) = [job["strategy"]["matrix"]["python"] for job in jobs(RELEASE).values() if "strategy" in job]
        assert matrix == jobs(RELEASE.with_name("ci.yml"))["test"]["strategy"]["matrix"]["python"]

    def test_what_is_uploaded_is_what_was_built(self) -> None:
        kept = [step["with"] for step in steps_of("build") if "upload-artifact" in step.get("uses", "")]
        assert [(each["name"], each["path"]) for each in kept] == [("dist", "dist/"), ("notes", "notes/")]
        assert jobs(RELEASE)["build"]["outputs"] == {
            each: f"${{{{ steps.{each}.outputs.artifact-id }}}}" for each in ("dist", "notes")
        }
        for job, names in {"publish": ["dist"], "release": ["dist", "notes"]}.items():
            taken = [step["with"] for step in steps_of(job) if "download-artifact" in step.get("uses", "")]
            assert taken == [
                {"artifact-ids": f"${{{{ needs.build.outputs.{each} }}}}", "path": each} for each in names
            ], "by their numbers, because packages of strangers run in the job try, which could replace what has a name"


class TestBuild:
    def test_a_tag_is_built_and_gets_its_notes(self, github: GitHub) -> None:
        github.run("build")
        assert github.job.ran == ["Check the tag", "Install the tools", "Build", "Check the version", "Write the notes"]
        assert sorted(each.name for each in (github.project.root / "dist").iterdir()) == BUILT
        assert (github.project.root / "notes/notes.md").read_text() == "- It works.\n"
        (install,) = [call for call in github.job.calls if "-m pip" in call]
        assert install.endswith("--require-hashes --only-binary :all: --requirement requirements/release.txt")

    @pytest.mark.slow
    def test_by_hand_no_tag_is_needed(self, github: GitHub) -> None:
        github.run("build", event="workflow_dispatch", GITHUB_REF_NAME="main")
        assert github.job.ran == ["Install the tools", "Build"]

    @pytest.mark.parametrize(
        ("variables", "said"),
        [
            ({"GITHUB_REF_NAME": "v1.3.0"}, "CHANGELOG.md has no section '## 1.3.0 - YYYY-MM-DD'. Delete the tag, run"),
            ({"GITHUB_REF_NAME": "v1.1.0"}, "CHANGELOG.md has no section '## 1.1.0 - YYYY-MM-DD'."),
            ({"GITHUB_REF_NAME": "v1.2.0rc1"}, "The tag v1.2.0rc1 is no version such as v1.2.0."),
            ({"GITHUB_REPOSITORY": "ada/headway"}, f"Releases come from {HOME}, and this is {SERVER}/ada/headway."),
        ],
        ids=["no section", "a section without a date", "no version", "a fork"],
    )
    def test_another_tag_or_another_repository_is_refused(
        self, variables: dict[str, str], said: str, github: GitHub
    ) -> None:
        assert f"::error title=Release refused::{said}" in github.run("build", fails="Check the tag", **variables)
        assert github.job.ran == ["Check the tag"]

    def test_a_commit_that_was_not_merged_is_refused(self, github: GitHub) -> None:
        commit = github.project.write("new.py", "").commit("not merged")
        printed = github.run("build", fails="Check the tag", GITHUB_SHA=commit)
        assert f"The commit {commit} is not on main." in printed

    def test_changed_files_are_not_built(self, github: GitHub) -> None:
        github.project.write("new.py", "")
        assert "changes that are not committed" in github.run("build", fails="Build")

    def test_the_version_of_another_tag_of_the_commit_is_refused(self, github: GitHub) -> None:
        github.project.write("CHANGELOG.md", "## 1.2.1 - 2027-02-01\n\n- It works.\n").commit("the next release")
        printed = github.run("build", fails="Check the version", GITHUB_REF_NAME="v1.2.1")
        assert "The tag is v1.2.1, and this was built: dist/dvc_headway-1.2.0-py3-none-any.whl dist/dvc" in printed

    def test_another_wheel_from_the_source_distribution_is_an_error(self, github: GitHub) -> None:
        stand_ins = {"python": PYTHON.replace("echo wheel", "pwd")}
        job = Runner(folder=github.project.root, environ=github.variables, stand_ins=stand_ins)
        (build,) = [step for step in scripts(RELEASE, "build") if step.name == "Build"]
        done = job.run(replace(build, env={}))
        assert done.returncode == 1
        assert "differ" in done.stdout

    def test_what_was_built_is_tried_by_its_commit(self, github: GitHub) -> None:
        github.run("try")
        assert github.job.calls == [f"python scripts/try_release.py dist --commit {github.variables['GITHUB_SHA']}"]


class TestRelease:
    @pytest.fixture(autouse=True)
    def _built(self, github: GitHub) -> None:
        github.project.write("notes/notes.md", "- It works.\n")
        for name in BUILT:
            github.project.write(f"dist/{name}", name)

    def test_it_is_published_with_its_files_and_the_major_tag_follows(self, github: GitHub) -> None:
        github.run("release")
        tags, releases = github.tags_and_releases()
        expected = {"draft": False, "title": "v1.2.0", "notes": "- It works.\n", "files": BUILT}
        assert releases == {"v1.2.0": expected}, "and v1 has none, because it could then not move again"
        assert tags["v1"] == github.variables["GITHUB_SHA"]
        assert json.loads(github.state.read_text())["latest"] == "v1.2.0"

    @pytest.mark.slow
    def test_it_can_run_again_wherever_it_failed(self, github: GitHub) -> None:
        github.run("release")
        done = github.tags_and_releases()
        assert "published already" in github.run("release")
        assert github.tags_and_releases() == done
        state = json.loads(github.state.read_text())
        state["releases"]["v1.2.0"].update(draft=True, files=[])
        github.state.write_text(json.dumps(state))
        github.run("release")
        assert github.tags_and_releases() == done

    @pytest.mark.slow
    @pytest.mark.parametrize(("tag", "major"), [("v2.0.0", "v2"), ("v0.1.0", "v0")])
    def test_the_first_of_a_major_version_makes_its_tag(self, github: GitHub, tag: str, major: str) -> None:
        state = json.loads(github.state.read_text())
        state["tags"][tag] = "b"
        github.state.write_text(json.dumps(state))
        github.run("release", GITHUB_REF_NAME=tag)
        tags, _ = github.tags_and_releases()
        assert (tags[major], tags["v1"]) == (github.variables["GITHUB_SHA"], "a")

    def test_a_correction_of_an_older_release_moves_no_tag_and_is_not_the_latest(self, github: GitHub) -> None:
        state = json.loads(github.state.read_text())
        state["tags"]["v1.10.0"] = "c"
        github.state.write_text(json.dumps(state))
        assert "v1 stays where it is, because v1.10.0 is newer than v1.2.0." in github.run("release")
        assert "latest" not in json.loads(github.state.read_text())
        assert github.tags_and_releases()[0]["v1"] == "a"
