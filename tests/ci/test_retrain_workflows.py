"""The retraining workflows: each step runs, from changed data to the request that a person merges."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from ci.retraining import OURS, TEMPLATE, Workflow, history, push
from publish.requests.request_forges import Host, open_host
from ruamel.yaml import YAML
from storages import KEY, KEY_ID, s3_server
from workflow_steps import ROOT, Runner, bitbucket_scripts, gitlab_cleanup, gitlab_script, load

from headway.publish.comment import marker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from repos import Project

DOCS = ROOT / "docs/ci"
GITLAB, BITBUCKET = DOCS / "gitlab-retrain.yml", DOCS / "bitbucket-retrain.yml"
BRANCH = "headway/results/main"
FILES = ["dvc.lock", "reports/classes/b.txt", "reports/classes/c.txt", "reports/metrics.json", "reports/sample.bin"]
"""What the new data changes: a class fewer and another one more, so a file is deleted and one is new."""


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """With DVC's remote in git, as in this repository."""
    return history(tmp_path_factory.mktemp("embedded") / "project", Path("embedded"))


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """With DVC's remote in a folder beside it."""
    folder = tmp_path_factory.mktemp("stored")
    return history(folder / "project", folder / "store")


@pytest.fixture
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Host]:
    with open_host(getattr(request, "param", "github"), tmp_path / "host") as opened:
        opened.fake.before_request("POST", opened.path, opened.learn, times=-1)
        yield opened


@pytest.fixture
def ours(embedded: Project, host: Host, tmp_path: Path) -> Workflow:
    push(embedded, host)
    return Workflow(OURS, host, tmp_path, {})


def template(project: Project, host: Host, folder: Path, **given: str) -> Workflow:
    push(project, host)
    return Workflow(TEMPLATE, host, folder, {"RESULTS": "dvc.lock reports", **given})


def changed(host: Host) -> list[str]:
    """The files that the request changes, without DVC's objects."""
    files = host.git("diff", "--name-only", "--no-renames", "main", BRANCH).splitlines()
    return [file for file in files if not file.startswith(".dvc/embedded/")]


def written(host: Host) -> list[str]:
    """The requests that changed something on the forge; those of GraphQL are questions."""
    return [each for each in host.writes() if each != "POST /graphql"]


def objects_in_git(host: Host) -> set[str]:
    """What DVC's remote would hold after the merge, where it is in git."""
    listed = host.git("ls-tree", "-r", "--name-only", BRANCH, ".dvc/embedded")
    return {path[-33:].replace("/", "") for path in listed.splitlines()}


def objects_in(folder: Path) -> set[str]:
    """What DVC's remote in a folder holds."""
    return {f"{path.parent.name}{path.name}" for path in folder.rglob("md5/*/*")}


def needed(host: Host) -> set[str]:
    """The objects of the data and the model that dvc.lock names in the request."""
    lock = YAML(typ="safe").load(host.git("show", f"{BRANCH}:dvc.lock"))["stages"]["train"]
    return {each["md5"] for each in lock["deps"] + lock["outs"] if each["path"] in {"data.csv", "model.bin"}}


def check_job(workflow: Workflow) -> None:
    """Both jobs, one after the other: the request has the results, and the report is about their commit."""
    host = workflow.host
    trained = workflow.train()
    assert trained.ran[-1] == "Remove the credentials"
    sent = workflow.request(trained)
    (request,) = host.open_requests()
    assert (request.head, request.base, request.title) == (BRANCH, "main", "Retrain the model")
    assert changed(host) == FILES
    assert host.git("rev-list", f"main..{BRANCH}") == sent.outputs()["commit"]
    (comment,) = host.fake.comments(request.number)
    found = marker.read(comment.body)
    assert found is not None
    assert (found.sha, "0.9667" in comment.body) == (host.tip(BRANCH), True)
    assert [check.head_sha for check in host.fake.check_runs()] == [host.tip(BRANCH)]
    assert len(sent.calls) == 2, "of pip, with hashes: the job with the token installs little"


class TestGitHub:
    @pytest.mark.slow  # the steps that hand the results over have usual tests of their own
    def test_changed_data_becomes_a_request_with_a_report(self, ours: Workflow) -> None:
        check_job(ours)
        assert objects_in_git(ours.host) == needed(ours.host), "with others, this repository would grow by each model"

    @pytest.mark.slow
    def test_by_the_template_as_well(self, stored: Project, host: Host, tmp_path: Path) -> None:
        check_job(template(stored, host, tmp_path))
        assert needed(host) <= objects_in(stored.root.parent / "store")

    @pytest.mark.slow
    def test_run_again_it_sends_the_same_commit(self, ours: Workflow) -> None:
        """A run of its own names itself in the request and the comment; the same run writes nothing at all."""
        host = ours.host
        trained = ours.train()
        ours.request(trained)
        writes, branches = written(host), host.branches()
        assert ours.request(trained).outputs()["action"] == "unchanged"
        assert (written(host), host.branches()) == (writes, branches)
        ours.request(ours.train(run=2), run=2)
        assert host.branches() == branches
        assert (len(host.open_requests()), len(host.fake.comments(1))) == (1, 1)

    @pytest.mark.slow
    def test_after_the_merge_nothing_is_stale_and_nothing_is_sent(self, ours: Workflow) -> None:
        ours.request(ours.train())
        ours.host.git("update-ref", "refs/heads/main", ours.host.tip(BRANCH))
        trained = ours.train(run=2)
        assert "changed" not in trained.outputs(), "so the second job is skipped"
        assert "Report" not in trained.ran
        assert "python train.py" not in trained.calls

    @pytest.mark.slow
    def test_a_pipeline_that_fails_sends_nothing(self, stored: Project, host: Host, tmp_path: Path) -> None:
        broken = stored.copied(tmp_path / "broken").write("train.py", "raise SystemExit(1)\n")
        broken.commit("broken")
        workflow = template(broken, host, tmp_path)
        runner = workflow.machine()
        runner.run_all(workflow.steps("train"), fails="Train")
        assert runner.ran[-2:] == ["Train", "Remove the credentials"]
        assert "changed" not in runner.outputs()

    @pytest.mark.slow
    def test_imported_data_is_updated_first(self, stored: Project, host: Host, tmp_path: Path) -> None:
        """What `dvc import-url` tracks has changed at its source, and nobody has committed anything."""
        source = tmp_path / "source.csv"
        source.write_text("a\nc\nc\n")
        project = stored.copied(tmp_path / "importing")
        project.run("dvc", "import-url", "--force", str(source), "data.csv")
        project.commit("the same data, imported")
        source.write_text("a\nd\n")
        files = "dvc.lock reports data.csv.dvc"
        workflow = template(project, host, tmp_path, RESULTS=files, IMPORTED="data.csv.dvc")
        workflow.request(workflow.train())
        assert "data.csv.dvc" in changed(host)
        assert host.git("show", f"{BRANCH}:reports/classes/d.txt") == "1"
        assert needed(host) <= objects_in(stored.root.parent / "store")

    @pytest.mark.slow
    def test_data_in_a_bucket_is_written_with_the_keys_of_this_job(
        self, stored: Project, host: Host, tmp_path: Path
    ) -> None:
        bucket = tmp_path / "s3/team"
        shutil.copytree(stored.root.parent / "store", bucket / "dvc")
        with s3_server(bucket.parent) as address:
            reachable = {"AWS_ENDPOINT_URL": address, "AWS_EC2_METADATA_DISABLED": "true"}
            workflow = replace(template(stored, host, tmp_path), reachable=reachable)
            keys = {"AWS_TRAIN_ACCESS_KEY_ID": KEY_ID, "AWS_TRAIN_SECRET_ACCESS_KEY": KEY}
            secrets = {f"secrets.{name}": value for name, value in keys.items()}
            trained = workflow.train(values={**secrets, "vars.DVC_REMOTE_URL": "s3://team/dvc"})
            workflow.request(trained)
        assert needed(host) <= objects_in(bucket)
        assert changed(host) == FILES


def check_sent(host: Host, runner: Runner, store: Path) -> None:
    (request,) = host.open_requests()
    assert (request.head, request.base, request.title) == (BRANCH, "main", "Retrain the model")
    assert changed(host) == FILES
    assert needed(host) <= objects_in(store)
    assert "dvc repro --pull --allow-missing" in runner.calls


@pytest.mark.slow
class TestOtherForges:
    """One job, without the token in the environment of the training."""

    @pytest.mark.parametrize("host", ["gitlab"], indirect=True)
    def test_gitlab(self, stored: Project, host: Host, tmp_path: Path) -> None:
        push(stored, host)
        environ = host.fake.environ(branch="main")
        environ["HEADWAY_TOKEN"] = environ.pop("GITLAB_TOKEN")
        for iid in ("1", "2"):
            runner = self.machine(host, tmp_path, {**environ, **load(GITLAB)["variables"], "CI_PIPELINE_ID": iid})
            runner.run_all([gitlab_script(GITLAB, "retrain"), gitlab_cleanup(GITLAB, "retrain")])
            check_sent(host, runner, stored.root.parent / "store")

    @pytest.mark.parametrize("host", ["bitbucket"], indirect=True)
    @pytest.mark.parametrize("pipeline", [("branches", "main"), ("custom", "retrain")], ids=["a push", "a schedule"])
    def test_bitbucket(self, stored: Project, host: Host, tmp_path: Path, pipeline: tuple[str, str]) -> None:
        push(stored, host)
        environ = host.fake.environ(branch="main", token="")
        environ |= {"BITBUCKET_ACCESS_TOKEN": host.fake.token(), "HEADWAY": "headway"}
        runner = self.machine(host, tmp_path, environ)
        for part in ("script", "after-script"):
            runner.run_all(bitbucket_scripts(BITBUCKET, *pipeline, part=part))
        check_sent(host, runner, stored.root.parent / "store")

    @staticmethod
    def machine(host: Host, folder: Path, environ: dict[str, str]) -> Runner:
        place = folder / f"clone-{len(list(folder.iterdir()))}"
        host.git("clone", "--quiet", f"file://{host.bare}", str(place))
        host.git("-C", str(place), "checkout", "--quiet", "--detach")
        return Runner(folder=place, environ=environ)
