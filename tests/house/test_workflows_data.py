"""The workflows with data in a bucket that checks keys: our own branches have the keys, forks have none."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from ci_jobs import Job, s3_job
from fakes.bitbucket.forge import FakeBitbucket
from fakes.core.state import PullRequest
from fakes.github.forge import FakeGitHub
from fakes.gitlab.forge import FakeGitLab
from repos import Project
from storages import KEY, KEY_ID, s3_server
from workflow_steps import (
    HEADWAY,
    ROOT,
    Runner,
    artifact,
    bitbucket_scripts,
    called,
    every_step,
    gitlab_script,
    jobs,
    scripts,
    with_script,
)

from headway.publish.comment import marker

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

CI, DOCS = ROOT / ".github/workflows", ROOT / "docs/ci"
WORKFLOWS = {
    "ours": {name: CI / f"{name}.yml" for name in ("report", "data", "post")},
    "example": {name: DOCS / f"github-{name}.yml" for name in ("report", "data", "post")},
}
SETUP, REPRODUCE, COMPARE = "Set up the DVC remote", "Reproduce stale stages", "Compare the data"
OURS, FORK = 3, 7
REPRO = "dvc repro --pull --allow-missing"
TRAIN = """\
import json
rows = open("data/a.csv").read().splitlines()[1:]
json.dump({"rows": len(rows)}, open("m.json", "w"), indent=2)
open("model", "w").write(str(len(rows)))
"""
STAGES = {
    "train": {
        "cmd": "python train.py",
        "deps": ["data/a.csv", "train.py"],
        "outs": ["model"],
        "metrics": [{"m.json": {"cache": False}}],
    }
}
ROWS = "id,label\n" + "".join(f"a{number},{'cat' if number % 2 else 'dog'}\n" for number in range(40))

both = pytest.mark.parametrize(
    "files",
    [pytest.param(files, id=id_, marks=[pytest.mark.slow] * (id_ == "example")) for id_, files in WORKFLOWS.items()],
)


@dataclass(frozen=True)
class Team:
    """A repository whose data lies in a bucket.

    Attributes:
        project: with a commit for each change, on ``main`` and on branches.
        job: has the keys.
        bucket: where the server keeps the objects.
        shas: the commits by name: ``base``, ``words``, ``data``, ``code``.
    """

    project: Project
    job: Job
    bucket: Path
    shas: dict[str, str]

    def objects(self) -> set[Path]:
        return set(self.bucket.rglob("*"))


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    root = tmp_path_factory.mktemp("team")
    bucket = root / "s3" / "team"
    bucket.mkdir(parents=True)
    with s3_server(bucket.parent) as address:
        project = Project(root / "project")
        yield Team(project, job := s3_job(project, address, "team", root), bucket, _history(project, job))


def _history(project: Project, job: Job) -> dict[str, str]:
    url = job.variables["DVC_REMOTE_URL"]
    project.write(".dvc/config", f"[core]\n    remote = store\n['remote \"store\"']\n    url = {url}\n")
    project.write(".gitignore", "/reports\n/data\n/model\n/.venv\n").write("requirements.txt", "dvc\n")
    project.json("headway.yaml", {"data": {"data/a.csv": {"id": "id", "labels": ["cat", "dog"]}}})
    project.write("train.py", TRAIN).write("data/a.csv", ROWS).write("data/b.csv", ROWS).add("data")
    project.write("model", "40").json("m.json", {"rows": 40}).dvc_yaml({"stages": STAGES}).recorded()
    shas = {"base": project.commit("base")}
    project.branch("words").write("README.md", "more\n")
    shas["words"] = project.commit("words")
    project.checkout("main").branch("data").write("data/a.csv", f"{ROWS}a40,cow\n").add("data")
    shas["data"] = project.commit("more data, not reproduced")
    project.checkout("main").branch("code").write("train.py", f"import os\n{TRAIN}")
    shas["code"] = project.commit("other code, not reproduced")
    project.checkout("main")
    done = job.run("dvc", "push", "--all-commits")
    assert done.code == 0, done.err
    return shas


@dataclass(frozen=True)
class Review:
    """A change on a branch of our own, and the same change in a fork, each with its pull request."""

    team: Team
    forge: FakeGitHub
    sha: str
    folder: Path

    def runner(self, number: int, *, key: str = KEY) -> Runner:
        """The machine of a run: secrets and variables reach it as GitHub hands them out."""
        url = self.team.job.variables["DVC_REMOTE_URL"]
        values = {"vars.DVC_REMOTE_URL": url}
        values |= {"secrets.AWS_ACCESS_KEY_ID": KEY_ID, "secrets.AWS_SECRET_ACCESS_KEY": key} if number == OURS else {}
        reachable = {name: self.team.job.variables[name] for name in ("AWS_ENDPOINT_URL", "AWS_EC2_METADATA_DISABLED")}
        clone = self.team.project.clone(self.folder / f"clone-{len(list(self.folder.iterdir()))}")
        clone.checkout(self.sha)
        environ = self.forge.environ(number=number, token="")
        return Runner(folder=clone.root, environ={**environ, **reachable}, values=values)

    def post(self, path: Path, uploaded: Path, runner: Runner, *, number: int, workflow: str) -> None:
        """What GitHub does after a run: keeps its artifact, and starts post.yml."""
        conclusion = "failure" if workflow == "data" else "success"
        if number == FORK:
            self.forge.close_pull_request(OURS)  # which has the same commit, whose check no fork may set
        run = self.forge.add_run(number, workflow=workflow, conclusion=conclusion)
        (step,) = [
            each for each in every_step(called(uploaded)) if each.get("name") == "Upload the report for post.yml"
        ]
        self.forge.add_artifact(run, step["with"]["name"], artifact(runner.folder, step))
        environ = self.forge.environ(event="workflow_run", number=run.id)
        clone = with_script(self.team.project.clone(self.folder / f"post-{run.id}").root)
        values = {"github.token": environ.pop("GITHUB_TOKEN")}
        Runner(folder=clone, environ=environ, values=values).run_all(scripts(path, "post"))


def review(team: Team, change: str, folder: Path) -> Iterator[Review]:
    ours = PullRequest(number=OURS, head=change, head_sha=team.shas[change], base_sha=team.shas["base"])
    fork = replace(ours, number=FORK, head_repository="ada/digits", author="ada")
    with FakeGitHub(pull_requests=[ours, fork]) as forge:
        yield Review(team, forge, team.shas[change], folder)


@pytest.fixture
def words(team: Team, tmp_path: Path) -> Iterator[Review]:
    """Nothing that the pipeline reads has changed."""
    yield from review(team, "words", tmp_path)


@pytest.fixture
def data(team: Team, tmp_path: Path) -> Iterator[Review]:
    """A row more in a file of a tracked folder, with a label that no rule allows; nothing was reproduced."""
    yield from review(team, "data", tmp_path)


@pytest.fixture
def code(team: Team, tmp_path: Path) -> Iterator[Review]:
    """Other code; nothing was reproduced."""
    yield from review(team, "code", tmp_path)


def written(runner: Runner, folder: str = "headway") -> dict[str, Any]:
    report: dict[str, Any] = json.loads((runner.folder / "reports" / folder / "report.json").read_text())
    return report


class TestOurs:
    @pytest.mark.slow
    @both
    def test_what_is_stale_is_reproduced_with_the_data_that_it_needs(
        self, files: dict[str, Path], data: Review
    ) -> None:
        stored = data.team.objects()
        runner = data.runner(OURS)
        printed = runner.run_all(scripts(files["report"], "report"))
        assert REPRO in runner.calls
        report = written(runner)
        assert report["metrics"][0]["head"] == 41
        assert report["verification"]["status"] == "verified"
        assert not (runner.folder / "data/b.csv").exists()
        assert data.team.objects() == stored
        assert KEY not in printed + (runner.folder / ".dvc/config.local").read_text()

    @pytest.mark.slow
    @both
    def test_what_is_verified_is_not_reproduced(self, files: dict[str, Path], words: Review) -> None:
        runner = words.runner(OURS)
        runner.run_all(scripts(files["report"], "report"))
        assert REPRODUCE in runner.ran
        assert not [call for call in runner.calls if call.startswith("dvc")]
        assert written(runner)["verification"]["status"] == "verified"
        assert not (runner.folder / "data").exists()

    @pytest.mark.slow
    def test_an_error_is_not_taken_for_stale(self, data: Review) -> None:
        runner = data.runner(OURS, key="wrong-in-every-letter")
        printed = runner.run_all(scripts(CI / "report.yml", "report"), fails=SETUP)
        assert "rejects the secret in AWS_SECRET_ACCESS_KEY" in printed
        assert runner.ran[-2:] == [SETUP, "Remove the credentials"]
        (step,) = [each for each in scripts(CI / "report.yml", "report") if each.name == REPRODUCE]
        assert runner.run(step).returncode == 3
        assert REPRO not in runner.calls

    @pytest.mark.slow
    @both
    def test_a_broken_rule_is_posted_beside_the_report_and_fails_the_job(
        self, files: dict[str, Path], data: Review
    ) -> None:
        runner = data.runner(OURS)
        assert "cow" in runner.run_all(scripts(files["data"], "data"), fails=COMPARE)
        data.post(files["post"], files["data"], runner, number=OURS, workflow="data")
        runner = data.runner(OURS)
        runner.run_all(scripts(files["report"], "report"))
        data.post(files["post"], files["report"], runner, number=OURS, workflow="report")
        comments = {mark.label: each.body for each in data.forge.comments(OURS) if (mark := marker.read(each.body))}
        assert set(comments) == {"data", ""}
        assert "1 failed data check" in comments["data"]
        assert "cow" in comments["data"]
        fields: list[Any] = [check.fields for check in data.forge.check_runs()]
        titles = {each["name"]: each["output"]["title"] for each in fields}
        assert titles["headway: data"].startswith("2 data sets changed, ✗ 1 failed data check")
        assert titles["headway"].startswith("rows 40 → 41 not comparable")


@pytest.mark.slow
class TestSmallest:
    """The workflow of one job, for a team's own branches."""

    @staticmethod
    def run(change: Review, *, keys: bool) -> tuple[Runner, str]:
        path = DOCS / "github.yml"
        runner = change.runner(OURS)
        environ = change.forge.environ(number=OURS)
        token = {"github.token": environ.pop("GITHUB_TOKEN")}
        own = {name: value for name, value in change.team.job.variables.items() if keys and name != "DVC_REMOTE_URL"}
        runner = replace(runner, environ={**runner.environ, **environ, **own}, values=token)
        (job,) = jobs(path)
        return runner, runner.run_all(scripts(path, job))

    def test_it_reproduces_what_is_stale_and_comments(self, data: Review) -> None:
        """The keys are those of a role that the job has assumed."""
        runner, printed = self.run(data, keys=True)
        assert REPRO in runner.calls
        assert written(runner)["verification"]["status"] == "verified"
        (comment,) = data.forge.comments(OURS)
        assert "rows 40 → 41" in comment.body
        assert runner.ran[-1] == "Remove the credentials"
        assert KEY not in printed

    def test_without_keys_it_comments_on_what_is_stale(self, code: Review) -> None:
        runner, printed = self.run(code, keys=False)
        assert not [call for call in runner.calls if call.startswith("dvc")]
        assert "Without the data, nothing is reproduced" in printed
        (comment,) = code.forge.comments(OURS)
        assert "train.py" in comment.body


class TestForks:
    @pytest.mark.slow
    @both
    def test_without_secrets_the_report_says_what_is_stale(self, files: dict[str, Path], code: Review) -> None:
        runner = code.runner(FORK)
        runner.run_all(scripts(files["report"], "report"))
        assert REPRODUCE in runner.ran
        assert not [call for call in runner.calls if call.startswith("dvc")]
        report = written(runner)
        assert report["verification"]["status"] == "stale"
        assert report["metrics"][0]["head"] == 40
        code.post(files["post"], files["report"], runner, number=FORK, workflow="report")
        (comment,) = code.forge.comments(FORK)
        assert "train.py" in comment.body

    @pytest.mark.slow  # the same fork has a usual test of its report
    @both
    def test_without_secrets_the_data_report_goes_by_the_records(self, files: dict[str, Path], data: Review) -> None:
        runner = data.runner(FORK)
        runner.run_all(scripts(files["data"], "data"))
        report = written(runner, "headway-data")
        assert [change["path"] for change in report["data"]] == ["data"]
        assert "needs credentials" in json.dumps(report["problems"])

    @pytest.mark.slow
    def test_a_remote_in_git_serves_forks_as_well(self, code: Review) -> None:
        """As this repository's own does."""
        runner = code.runner(FORK)
        store = runner.folder / ".dvc/embedded"
        store.mkdir()
        for each in code.team.bucket.glob("dvc/*"):
            (store / each.name).symlink_to(each)
        config = runner.folder / ".dvc/config"
        config.write_text(config.read_text().replace(code.team.job.variables["DVC_REMOTE_URL"], "embedded"))
        runner.run_all(scripts(CI / "report.yml", "report"))
        assert REPRO in runner.calls
        assert written(runner)["verification"]["status"] == "verified"


@pytest.mark.slow
class TestOtherForges:
    """The same change on GitLab and Bitbucket, whose jobs have their variables in the environment."""

    @staticmethod
    def runner(team: Team, folder: Path, environ: Mapping[str, str]) -> Runner:
        clone = team.project.clone(folder / "clone").checkout(team.shas["data"])
        return Runner(folder=clone.root, environ={**environ, **team.job.variables, **HEADWAY})

    @staticmethod
    def request(team: Team) -> PullRequest:
        return PullRequest(number=5, head="data", head_sha=team.shas["data"], base_sha=team.shas["base"])

    def test_gitlab(self, team: Team, tmp_path: Path) -> None:
        path = DOCS / "gitlab-ci.yml"
        with FakeGitLab(merge_requests=[self.request(team)]) as gitlab:
            ci = self.runner(team, tmp_path, gitlab.environ(number=5))
            ci.run_all([gitlab_script(path, "report")])
            assert ci.run(gitlab_script(path, "data")).returncode == 1
            # The jobs that post come last: they install too little for the others, which have machines of their own.
            ci.run_all([gitlab_script(path, name) for name in ("post", "post-data")])
            assert written(ci)["verification"]["status"] == "verified"
            report, data = (note.body for note in gitlab.comments(5))
            assert "rows 40 → 41 not comparable" in report
            assert "1 failed data check" in data

    def test_bitbucket(self, team: Team, tmp_path: Path) -> None:
        with FakeBitbucket(pull_requests=[self.request(team)]) as bitbucket:
            environ = bitbucket.environ(number=5, token="")
            ci = self.runner(team, tmp_path, {**environ, "BITBUCKET_ACCESS_TOKEN": bitbucket.token()})
            ci.run_all(bitbucket_scripts(DOCS / "bitbucket-pipelines.yml"), fails="Post")
            assert written(ci)["verification"]["status"] == "verified"
            report, data = (comment.body for comment in bitbucket.comments(5))
            assert "rows 40 → 41 not comparable" in report
            assert "1 failed data check" in data
