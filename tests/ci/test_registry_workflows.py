"""The registry's workflows and their templates: each step runs, from a person's click to the model that is deployed."""

from __future__ import annotations

import json
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Protocol

import pytest
from ci_jobs import Job
from fakes import PullRequest
from publish.requests.request_forges import Host, open_host
from registries import stored_versions
from workflow_steps import (
    HEADWAY,
    ROOT,
    Runner,
    bitbucket_scripts,
    gitlab_cleanup,
    gitlab_script,
    load,
    scripts,
    with_script,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from repos import Project

CI, DOCS = ROOT / ".github/workflows", ROOT / "docs/ci"
GITLAB, BITBUCKET = DOCS / "gitlab-registry.yml", DOCS / "bitbucket-registry.yml"
FIRST, SECOND = "digits#staging#1", "digits#staging#2"
PERSON = {"GITLAB_USER_LOGIN": "grace", "GITLAB_USER_NAME": "Grace", "GITLAB_USER_EMAIL": "grace@example.com"}
PROMOTION = ("requirements/promote-build.txt", "requirements/promote.txt", "--no-deps --no-build-isolation .")
"""The ends of the three calls of pip by scripts/install-promote."""


def ours_and_template(name: str) -> pytest.MarkDecorator:
    """The workflow of this repository, and its template, which says the same and may therefore wait."""
    files = {"ours": CI / f"{name}.yml", "template": DOCS / f"github-{name}.yml"}
    return pytest.mark.parametrize(
        "path",
        [pytest.param(path, id=id_, marks=[pytest.mark.slow] * (id_ == "template")) for id_, path in files.items()],
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Two versions, of which both have had the stage ``staging``, the better one after the other."""
    project = stored_versions(tmp_path_factory.mktemp("made") / "project")
    job = Job(project, {})
    for revision in ("main~1", "main"):
        said = job.headway("promote", "digits", revision, "--to", "staging")
        assert said.code == 0, said.err
    return project


@pytest.fixture
def host(request: pytest.FixtureRequest, made: Project, tmp_path: Path) -> Iterator[Host]:
    """A forge, by default GitHub, with the commits and tags of that project."""
    with open_host(getattr(request, "param", "github"), tmp_path / "host") as opened:
        made.git("push", "--quiet", "--force", f"file://{opened.bare}", "main", "refs/tags/*")
        opened.learn()
        yield opened


on_gitlab = pytest.mark.parametrize("host", ["gitlab"], indirect=True)
on_bitbucket = pytest.mark.parametrize("host", ["bitbucket"], indirect=True)


class Machines(Protocol):
    """Makes a machine with a fresh clone for a job of GitHub's."""

    def __call__(self, event: str = "push", /, **values: str) -> Runner:
        """The values are those of expressions, with ``__`` in place of the dot; of inputs, the names alone."""


@pytest.fixture
def machine(host: Host, tmp_path: Path) -> Machines:
    def make(event: str = "push", /, **values: str) -> Runner:
        environ = host.fake.environ(event=event)
        named = {name.replace("__", ".") if "__" in name else f"inputs.{name}": each for name, each in values.items()}
        token = {"github.token": environ.pop("GITHUB_TOKEN"), "github.triggering_actor": "grace"}
        return Runner(folder=with_script(clone(host, tmp_path)), environ=environ, values=token | named)

    return make


def clone(host: Host, folder: Path) -> Path:
    """A whole clone of the default branch."""
    place = folder / f"clone-{len(list(folder.iterdir()))}"
    host.git("clone", "--quiet", f"file://{host.bare}", str(place))
    return place


def tags(host: Host) -> list[str]:
    return host.git("for-each-ref", "--format=%(refname:strip=2)", "refs/tags").splitlines()


def message(host: Host, tag: str) -> list[str]:
    return host.git("for-each-ref", "--format=%(contents)", f"refs/tags/{tag}").splitlines()


def commit_of(host: Host, tag: str) -> str:
    return host.git("rev-parse", f"{tag}^{{commit}}")


def forget(host: Host, *names: str) -> None:
    """As if these tags had not been made yet."""
    for name in names:
        host.git("update-ref", "-d", f"refs/tags/{name}")


class TestPromotion:
    @ours_and_template("promote")
    def test_that_is_approved_is_a_tag_whose_event_rolls_the_model_out(
        self, path: Path, host: Host, machine: Machines
    ) -> None:
        forget(host, SECOND)
        host.fake.review_run("staging", "linus")
        runner = machine(name="digits", version="v0.0.2", stage="staging")
        assert "Promoted digits v0.0.2 to staging (was v0.0.1)." in runner.run_all(scripts(path, "promote"))
        recorded = message(host, SECOND)
        assert "Headway-Approved-By: linus" in recorded
        assert "Headway-Decision: improved" in recorded
        assert f"Headway-Run: {host.fake.server_url}/octo/digits/actions/runs/4711" in recorded
        tagger = host.git("for-each-ref", "--format=%(taggername) %(taggeremail)", f"refs/tags/{SECOND}")
        assert tagger == "grace <grace@users.noreply.github.com>"
        (event,) = host.fake.dispatches()
        assert event.client_payload == {
            "name": "digits",
            "version": "v0.0.2",
            "stage": "staging",
            "sha": commit_of(host, "digits@v0.0.2"),
            "tag": SECOND,
        }
        if path.parent == CI:
            assert len(runner.calls) == len(PROMOTION)
            assert all(call.endswith(end) for call, end in zip(runner.calls, PROMOTION, strict=True))
        check_rolled_out(host, machine("repository_dispatch"), path.with_name(path.name.replace("promote", "deploy")))

    @pytest.mark.slow
    def test_that_nobody_approved_is_none(self, host: Host, machine: Machines) -> None:
        forget(host, SECOND)
        runner = machine(name="digits", version="v0.0.2", stage="staging")
        assert "Nobody approved this run" in runner.run_all(scripts(CI / "promote.yml", "promote"), fails="Promote")
        assert SECOND not in tags(host)
        assert host.fake.dispatches() == []

    @pytest.mark.parametrize(
        ("inputs", "says"),
        [
            ({"version": "--approver=linus"}, "needs a version"),
            pytest.param({"version": "$(touch pwned)"}, "needs a version", marks=pytest.mark.slow),
            pytest.param({"version": "v0.0.2; touch pwned"}, "needs a version", marks=pytest.mark.slow),
            pytest.param({"name": "digits'\"; touch pwned; '\""}, "cannot be the name", marks=pytest.mark.slow),
            pytest.param({"name": "digits\ntouch pwned\n::set-env::"}, "cannot be the name", marks=pytest.mark.slow),
            pytest.param({"name": "--force"}, "cannot be the name", marks=pytest.mark.slow),
            pytest.param({"name": "`touch pwned`"}, "cannot be the name", marks=pytest.mark.slow),
        ],
    )
    def test_with_hostile_words_is_an_error(
        self, host: Host, machine: Machines, tmp_path: Path, inputs: dict[str, str], says: str
    ) -> None:
        before = tags(host)
        host.fake.review_run("production", "linus")
        runner = machine(**{"name": "digits", "version": "v0.0.2", "stage": "production", **inputs})
        printed = runner.run_all(scripts(CI / "promote.yml", "promote"), fails="Promote")
        assert says in printed
        assert not [line for line in printed.splitlines() if line.startswith("::") and "error" not in line]
        assert (tags(host), host.fake.dispatches()) == (before, [])
        assert not list(tmp_path.rglob("pwned"))


def check_rolled_out(host: Host, runner: Runner, path: Path) -> None:
    """The second version is fetched, tested without a token, and recorded as a deployment."""
    printed = runner.run_all(scripts(path, "deploy"))
    assert "tested 800 []" in printed
    assert (runner.folder / "deploy/model.bin").read_text() == "800"
    assert runner.ran[-1] == "Remove the credentials"
    (deployment,) = host.fake.deployments()
    assert (deployment.sha, deployment.environment) == (commit_of(host, "digits@v0.0.2"), "staging")
    states = [status.state for status in host.fake.deployment_statuses(deployment.id)]
    assert states == ["in_progress", "success"]


class TestRollOut:
    def test_of_a_hostile_event_ends_before_anything_is_fetched(
        self, host: Host, machine: Machines, tmp_path: Path
    ) -> None:
        payload = {"name": "digits", "version": "v0.0.2", "stage": "staging", "sha": "0" * 40, "tag": "$(touch pwned)"}
        runner = machine()
        event = {"action": "headway-promotion", "client_payload": payload, "sender": {"login": "mallory"}}
        Path(runner.environ["GITHUB_EVENT_PATH"]).write_text(json.dumps(event))
        printed = runner.run_all(scripts(CI / "deploy.yml", "deploy"), fails="Read the event")
        assert "client_payload.tag" in printed
        assert runner.outputs() == {}
        assert runner.ran == ["Install", "Read the event"]
        assert host.fake.deployments() == []
        assert not list(tmp_path.rglob("pwned"))


class TestRollback:
    @ours_and_template("rollback")
    def test_is_a_tag_and_an_event_with_what_the_person_said(self, path: Path, host: Host, machine: Machines) -> None:
        """It needs neither DVC nor what reads data: this job does not install them."""
        reason = 'it\'s "wrong" on $(hostname)\nHeadway-Approved-By: linus'
        runner = machine(name="digits", stage="staging", to="", reason=reason)
        printed = runner.run_all(scripts(path, "rollback"))
        assert "Rolled digits back to v0.0.1 in staging (was v0.0.2)." in printed
        assert runner.calls[-1].endswith("--no-deps --no-build-isolation .")
        recorded = message(host, "digits#staging#3")
        assert "Headway-Decision: rolled_back" in recorded
        assert 'Headway-Reason: it\'s "wrong" on $(hostname) Headway-Approved-By: linus' in recorded
        assert [line for line in recorded if line.startswith("Headway-Approved")] == []
        assert "Headway-Stated-By: grace" in recorded
        (event,) = host.fake.dispatches()
        assert event.client_payload["version"] == "v0.0.1"
        assert event.client_payload["sha"] == commit_of(host, FIRST)

    @pytest.mark.parametrize(
        "inputs",
        [
            pytest.param({"to": "--force $(touch pwned)"}, marks=pytest.mark.slow),
            pytest.param({"to": "v0.0.1'; touch pwned; '"}, marks=pytest.mark.slow),
            pytest.param({"name": "--help"}, marks=pytest.mark.slow),
            pytest.param({"name": 'digits"\n; touch pwned'}, marks=pytest.mark.slow),
        ],
    )
    def test_with_hostile_words_is_an_error(
        self, host: Host, machine: Machines, tmp_path: Path, inputs: dict[str, str]
    ) -> None:
        before = tags(host)
        runner = machine(**{"name": "digits", "stage": "staging", "to": "", "reason": "none", **inputs})
        printed = runner.run_all(scripts(CI / "rollback.yml", "rollback"), fails="Roll back")
        assert "error" in printed.lower()
        assert (tags(host), host.fake.dispatches()) == (before, [])
        assert not list(tmp_path.rglob("pwned"))


ROLLBACK, BOTH = "digits: {staging: v0.0.1}\n", "digits: {production: v0.0.2, staging: v0.0.1}\n"
"""What requests ask for: to go back, and a promotion besides."""


def merge(host: Host, made: Project, folder: Path, wanted: str) -> str:
    """Merge a request, which a person approved; gives the commit before."""
    before = host.tip()
    project = made.copied(folder / "asking").branch("ask")
    asked = project.write("registry.yaml", wanted).commit("ask")
    project.git("push", "--quiet", f"file://{host.bare}", "ask")
    host.learn()
    request = PullRequest(number=1, head="ask", head_sha=asked, base_sha=before)
    host.fake.open_pull_request(request)
    host.fake.review_pull_request(1, "linus")
    merged = host.git("commit-tree", f"{asked}^{{tree}}", "-p", before, "-p", asked, "-m", "merge")
    host.git("update-ref", "refs/heads/main", merged)
    host.learn()
    host.fake.merge_pull_request(1, merged, by="octocat")
    return before


def check_carried_out(host: Host, printed: str, wanted: str) -> None:
    """The merge's promotion and rollback were made, with the name of who approved them."""
    said = ["Rolled digits back to v0.0.1 in staging (was v0.0.2)."]
    said += ["Promoted digits v0.0.2 to production."] * (wanted == BOTH)
    assert [line for line in printed.splitlines() if line in said] == said
    made = ["digits#production#1"] * (wanted == BOTH) + ["digits#staging#3"]
    assert set(tags(host)) == {"digits@v0.0.1", "digits@v0.0.2", FIRST, SECOND, *made}
    assert all("Headway-Approved-By: linus" in message(host, tag) for tag in made)


rollback_and_both = pytest.mark.parametrize(
    "wanted", [pytest.param(ROLLBACK, id="a rollback"), pytest.param(BOTH, id="both", marks=pytest.mark.slow)]
)


class TestMergedRequests:
    @ours_and_template("registry")
    def test_on_github(self, path: Path, made: Project, host: Host, machine: Machines, tmp_path: Path) -> None:
        before = merge(host, made, tmp_path, BOTH)
        runner = machine(github__event__before=before)
        check_carried_out(host, runner.run_all(scripts(path, "promote")), BOTH)
        assert [event.client_payload["stage"] for event in host.fake.dispatches()] == ["staging", "production"]

    @on_gitlab
    @rollback_and_both
    @pytest.mark.slow
    def test_on_gitlab(self, made: Project, host: Host, tmp_path: Path, wanted: str) -> None:
        before = merge(host, made, tmp_path, wanted)
        runner = gitlab_runner(host, tmp_path, CI_COMMIT_BEFORE_SHA=before)
        steps = [gitlab_script(GITLAB, "registry"), gitlab_cleanup(GITLAB, "registry")]
        check_carried_out(host, runner.run_all(steps), wanted)
        tagger = host.git("for-each-ref", "--format=%(taggername)", "refs/tags/digits#staging#3")
        assert tagger == "Grace"

    @on_bitbucket
    @pytest.mark.slow
    def test_on_bitbucket(self, made: Project, host: Host, tmp_path: Path) -> None:
        merge(host, made, tmp_path, BOTH)
        runner = bitbucket_runner(host, tmp_path)
        steps = [step for part in ("script", "after-script") for step in bitbucket_scripts(BITBUCKET, *MAIN, part=part)]
        check_carried_out(host, runner.run_all(steps), BOTH)


MAIN, BUTTON = ("branches", "main"), ("custom", "rollback")


def gitlab_runner(host: Host, folder: Path, **variables: str) -> Runner:
    """A machine for a job of the default branch, with the file's variables as GitLab expands them."""
    environ = {**host.fake.environ(branch="main"), **PERSON}
    environ["HEADWAY_TOKEN"] = environ.pop("GITLAB_TOKEN")
    file = load(GITLAB)
    given = {**file["variables"], **file[".registry"]["variables"]}
    expanded = {name: Template(value).substitute(environ) for name, value in given.items()}
    return Runner(folder=clone(host, folder), environ={**environ, **expanded, "MODEL": "digits", **variables})


def bitbucket_runner(host: Host, folder: Path, **variables: str) -> Runner:
    environ = {**host.fake.environ(branch="main"), "HEADWAY": HEADWAY["HEADWAY"], **variables}
    return Runner(folder=clone(host, folder), environ=environ)


class TestButtons:
    """Jobs of the other forges that a person starts."""

    @on_gitlab
    @pytest.mark.slow
    def test_a_promotion_on_gitlab_records_who_started_it(self, host: Host, tmp_path: Path) -> None:
        runner = gitlab_runner(host, tmp_path)
        assert "Promoted digits v0.0.2 to production." in runner.run_all([gitlab_script(GITLAB, "promote")])
        assert "Headway-Stated-By: grace" in message(host, "digits#production#1")
        assert [call.split()[-1] for call in runner.calls] == [load(GITLAB)["variables"]["HEADWAY"].split()[-1]]

    @on_gitlab
    @pytest.mark.slow
    def test_a_rollback_on_gitlab_records_who_started_it_and_why(
        self, made: Project, host: Host, tmp_path: Path
    ) -> None:
        forget(host, SECOND)
        promote, rollback = (gitlab_script(GITLAB, name) for name in ("promote", "rollback"))
        gitlab_runner(host, tmp_path).run_all([promote])
        made.git("push", "--quiet", f"file://{host.bare}", f"refs/tags/{SECOND}")
        gitlab_runner(host, tmp_path, CI_PIPELINE_URL="https://gitlab.example/2").run_all([promote])
        runner = gitlab_runner(host, tmp_path, CI_PIPELINE_URL="https://gitlab.example/3")
        printed = runner.run_all([rollback, gitlab_cleanup(GITLAB, "rollback")])
        assert "Rolled digits back to v0.0.1 in production (was v0.0.2)." in printed
        recorded = message(host, "digits#production#3")
        assert {"Headway-Stated-By: grace", "Headway-Reason: by hand"} <= set(recorded)

    @on_gitlab
    @pytest.mark.parametrize("model", ["--approver=linus", "$(touch pwned)", "digits\n'; touch pwned"])
    @pytest.mark.slow
    def test_a_hostile_variable_on_gitlab_is_an_error(self, host: Host, tmp_path: Path, model: str) -> None:
        before = tags(host)
        for name in ("promote", "rollback"):
            runner = gitlab_runner(host, tmp_path, MODEL=model)
            assert "cannot be the name" in runner.run_all([gitlab_script(GITLAB, name)], fails=name)
        assert tags(host) == before
        assert not list(tmp_path.rglob("pwned"))

    @on_bitbucket
    def test_a_rollback_on_bitbucket(self, host: Host, tmp_path: Path) -> None:
        runner = bitbucket_runner(host, tmp_path, MODEL="digits", STAGE="staging", REASON="it's `wrong`")
        printed = runner.run_all(bitbucket_scripts(BITBUCKET, *BUTTON))
        assert "Rolled digits back to v0.0.1 in staging (was v0.0.2)." in printed
        assert "Headway-Reason: it's `wrong`" in message(host, "digits#staging#3")

    @on_bitbucket
    @pytest.mark.parametrize("variable", ["MODEL", "STAGE"])
    @pytest.mark.slow
    def test_a_hostile_variable_on_bitbucket_is_an_error(self, host: Host, tmp_path: Path, variable: str) -> None:
        given = {"MODEL": "digits", "STAGE": "staging", "REASON": "none", variable: "$(touch pwned)'\n"}
        runner = bitbucket_runner(host, tmp_path, **given)
        assert "cannot be the name" in runner.run_all(bitbucket_scripts(BITBUCKET, *BUTTON), fails="Roll back")
        assert not list(tmp_path.rglob("pwned"))
