"""What a run is about, from the environment of each CI; the traps are named in the tests."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import pytest
from fakes import FakeBitbucket, FakeGitHub, FakeGitLab, PullRequest
from publish.forge_places import PULL_REQUEST, SECRET, bitbucket_context, github_forge

from headway.ci.job import Context, Overrides, Run
from headway.ci.read import read_context
from headway.errors import ContextError
from headway.publish.forges.connect import connect, with_pull_requests
from headway.publish.http.options import ClientOptions

MY_TOKEN = "MY_TOKEN"  # noqa: S105 - the variable's name
HEAD, MERGE, MAIN = "a" * 40, "b" * 40, "c" * 40
ACTIONS = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_API_URL": "https://ghe.example/api/v3",
    "GITHUB_GRAPHQL_URL": "https://ghe.example/api/graphql",
    "GITHUB_SERVER_URL": "https://ghe.example",
    "GITHUB_REPOSITORY": "octo/digits",
    "GITHUB_RUN_ID": "77",
    "GITHUB_RUN_ATTEMPT": "2",
    "GITHUB_SHA": MAIN,
}
GITLAB = {
    "GITLAB_CI": "true",
    "CI_API_V4_URL": "https://git.example/tools/gitlab/api/v4",
    "CI_SERVER_URL": "https://git.example/tools/gitlab",
    "CI_PROJECT_ID": "42",
    "CI_PROJECT_URL": "https://git.example/tools/gitlab/group/digits",
    "CI_COMMIT_SHA": HEAD,
    "CI_PIPELINE_ID": "500",
    "CI_JOB_ID": "9001",
}
PIPELINES = {
    "BITBUCKET_PIPELINE_UUID": "{1}",
    "BITBUCKET_WORKSPACE": "octo",
    "BITBUCKET_REPO_SLUG": "digits",
    "BITBUCKET_COMMIT": HEAD,
    "BITBUCKET_BRANCH": "feature",
    "BITBUCKET_BUILD_NUMBER": "12",
}


def github(event: dict[str, Any], name: str = "pull_request", **variables: str) -> Context:
    with NamedTemporaryFile() as file:
        Path(file.name).write_text(json.dumps(event))
        return read_context({**ACTIONS, "GITHUB_EVENT_PATH": file.name, "GITHUB_EVENT_NAME": name, **variables})


def pull_request_event(repository: str | None = "octo/digits") -> dict[str, Any]:
    repo = None if repository is None else {"full_name": repository, "fork": repository != "octo/digits"}
    return {"number": 7, "pull_request": {"number": 7, "head": {"sha": HEAD, "ref": "feature", "repo": repo}}}


class TestGitHub:
    def test_a_pull_requests_commit_is_its_head_never_the_merge(self) -> None:
        context = github(pull_request_event(), GITHUB_SHA=MERGE, GITHUB_REF="refs/pull/7/merge")
        assert (context.sha, context.branch, context.pull_request) == (HEAD, "feature", 7)
        assert not context.from_fork
        assert not context.restricted
        assert context.notes == ()

    @pytest.mark.parametrize("repository", ["mallory/digits", None])
    def test_a_fork_is_known_even_where_it_has_been_deleted(self, repository: str | None) -> None:
        context = github(pull_request_event(repository))
        assert context.from_fork
        assert context.restricted, "its token can only read"
        run = {"id": 55, "head_sha": HEAD, "head_branch": "feature"}
        head = {"head_repository": repository and {"full_name": repository}}
        assert github({"workflow_run": {**run, **head}}, "workflow_run").from_fork

    def test_a_merge_group_is_the_repositorys_own(self) -> None:
        context = github({"merge_group": {"head_sha": HEAD}}, "merge_group")
        assert context.sha == HEAD
        assert not context.from_fork

    def test_enterprise_addresses_are_taken_as_they_are(self) -> None:
        context = github(pull_request_event())
        assert (context.api_url, context.graphql_url, context.repository_url) == (
            "https://ghe.example/api/v3",
            "https://ghe.example/api/graphql",
            "https://ghe.example/octo/digits",
        )

    @pytest.mark.parametrize(
        ("api", "graphql"),
        [
            ("https://ghe.example/api/v3", "https://ghe.example/api/graphql"),
            ("https://api.github.com", "https://api.github.com/graphql"),
            ("https://api.team.ghe.com", "https://api.team.ghe.com/graphql"),
        ],
    )
    def test_graphql_has_its_place_beside_the_rest_api(self, api: str, graphql: str) -> None:
        environ = {"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "octo/digits", "GITHUB_API_URL": api}
        assert read_context(environ).graphql_url == graphql

    def test_the_run_has_a_page(self) -> None:
        url = "https://ghe.example/octo/digits/actions/runs/77/attempts/2"
        assert github(pull_request_event()).run == Run(id=77, attempt=2, url=url)

    def test_workflow_run_is_about_the_run_that_it_follows_not_about_main(self) -> None:
        run = {
            "id": 55,
            "run_attempt": 3,
            "html_url": "https://ghe.example/runs/55",
            "head_sha": HEAD,
            "head_branch": "feature",
            "head_repository": {"full_name": "mallory/digits"},
            "pull_requests": [{"number": 1}],
        }
        context = github({"workflow_run": run}, "workflow_run", GITHUB_REF="refs/heads/main")
        assert (context.sha, context.branch, context.head_repository) == (HEAD, "feature", "mallory/digits")
        assert not context.restricted
        assert context.run == Run(id=55, attempt=3, url="https://ghe.example/runs/55")
        assert context.pull_request is None, "the payload's own list is empty for forks, and never trusted"

    def test_pull_request_target_is_warned_of(self) -> None:
        context = github(pull_request_event("mallory/digits"), "pull_request_target")
        assert context.sha == HEAD
        assert "pull_request_target" in context.notes[0]

    @pytest.mark.parametrize("name", ["push", "schedule", "workflow_dispatch"])
    def test_other_events_are_about_the_commit_they_name(self, name: str) -> None:
        context = github({"ref": "refs/heads/topic"}, name, GITHUB_REF="refs/heads/topic", GITHUB_REF_NAME="topic")
        assert (context.sha, context.branch, context.pull_request) == (MAIN, "topic", None)

    def test_a_tag_is_no_branch(self) -> None:
        assert github({}, "push", GITHUB_REF="refs/tags/v1", GITHUB_REF_NAME="v1").branch == ""

    def test_a_comment_on_a_pull_request_leaves_the_commit_to_the_forge(self) -> None:
        context = github({"issue": {"number": 7, "pull_request": {"url": "x"}}}, "issue_comment")
        assert (context.pull_request, context.sha) == (7, "")

    def test_a_comment_on_an_issue_is_no_pull_request(self) -> None:
        assert github({"issue": {"number": 8}}, "issue_comment").pull_request is None

    def test_a_merge_group_has_a_commit_of_its_own(self) -> None:
        assert github({"merge_group": {"head_sha": HEAD}}, "merge_group").sha == HEAD

    def test_without_the_event_file_the_ref_tells_the_pull_request(self) -> None:
        context = read_context({**ACTIONS, "GITHUB_REF": "refs/pull/7/merge"})
        assert (context.pull_request, context.sha) == (7, "")

    def test_files_for_outputs_and_summary(self) -> None:
        context = github({}, "push", GITHUB_OUTPUT="/o", GITHUB_STEP_SUMMARY="/s")
        assert (context.output_file, context.summary_file) == (Path("/o"), Path("/s"))

    @pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"pull_request": {"number": "7"}}'])
    def test_an_unreadable_event_is_an_error_that_says_what_to_do(self, content: bytes, tmp_path: Path) -> None:
        event = tmp_path / "event.json"
        event.write_bytes(content)
        environ = {**ACTIONS, "GITHUB_EVENT_PATH": str(event)}
        with pytest.raises(ContextError) as caught:
            read_context(environ)
        assert str(event) in caught.value.why
        assert "--pr" in caught.value.remedy
        assert caught.value.exit_code == 4
        named = read_context(environ, Overrides(pull_request=7, sha=HEAD))
        assert (named.pull_request, named.sha) == (7, HEAD)


class TestGitLab:
    def test_a_merge_request(self) -> None:
        context = read_context(
            {**GITLAB, "CI_MERGE_REQUEST_IID": "7", "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "feature"}
        )
        assert (context.pull_request, context.sha, context.branch) == (7, HEAD, "feature")
        assert (context.repository, context.api_url) == ("42", "https://git.example/tools/gitlab/api/v4")
        assert (context.run.id, context.run.attempt, context.pipeline) == (500, 9001, 500)

    def test_a_merged_results_pipeline_is_about_the_commit_that_was_pushed(self) -> None:
        context = read_context({**GITLAB, "CI_COMMIT_SHA": MERGE, "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": HEAD})
        assert context.sha == HEAD
        assert context.pipeline == 0, "the pipeline belongs to the merge commit: a status of the head cannot join it"

    def test_a_branch_pipeline_knows_its_open_merge_requests(self) -> None:
        context = read_context({**GITLAB, "CI_COMMIT_BRANCH": "feature", "CI_OPEN_MERGE_REQUESTS": "g/p!7"})
        assert (context.pull_request, context.branch) == (7, "feature")
        several = read_context({**GITLAB, "CI_COMMIT_BRANCH": "feature", "CI_OPEN_MERGE_REQUESTS": "g/p!7,g/p!9"})
        assert several.pull_request is None, "the forge is asked for all whose head is the commit"

    def test_a_forks_pipeline_is_about_the_project_that_is_merged_into(self) -> None:
        fork = {"CI_MERGE_REQUEST_PROJECT_ID": "42", "CI_PROJECT_ID": "99", "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "99"}
        context = read_context({**GITLAB, **fork})
        assert (context.repository, context.from_fork, context.restricted) == ("42", True, True)

    @pytest.mark.parametrize(("source", "from_fork"), [("42", False), ("99", True), (None, True)])
    def test_a_fork_is_known_even_where_it_has_been_deleted(self, source: str | None, *, from_fork: bool) -> None:
        """In a pipeline of the parent project, only the source project tells."""
        request = {"CI_MERGE_REQUEST_IID": "7", "CI_MERGE_REQUEST_PROJECT_ID": "42"}
        known = {} if source is None else {"CI_MERGE_REQUEST_SOURCE_PROJECT_ID": source}
        context = read_context({**GITLAB, **request, **known})
        assert (context.from_fork, context.restricted) == (from_fork, from_fork)

    def test_a_branch_is_the_projects_own(self) -> None:
        assert not read_context({**GITLAB, "CI_COMMIT_BRANCH": "feature"}).from_fork


class TestBitbucket:
    def test_a_pull_request(self) -> None:
        context = read_context({**PIPELINES, "BITBUCKET_PR_ID": "7"})
        assert (context.repository, context.pull_request, context.sha) == ("octo/digits", 7, HEAD)
        assert context.run.url == "https://bitbucket.org/octo/digits/pipelines/results/12"

    def test_a_branch(self) -> None:
        assert read_context(PIPELINES).pull_request is None

    @pytest.mark.parametrize("variables", [{}, {"BITBUCKET_PR_ID": "7"}])
    def test_is_never_of_a_fork(self, variables: dict[str, str]) -> None:
        """Bitbucket runs no pipelines for the pull requests of forks."""
        assert not read_context({**PIPELINES, **variables}).from_fork


class TestToken:
    @pytest.mark.parametrize(
        ("base", "variables", "found"),
        [
            (ACTIONS, {"GH_TOKEN": "c"}, "GH_TOKEN"),
            (ACTIONS, {"GITHUB_TOKEN": "b", "GH_TOKEN": "c"}, "GITHUB_TOKEN"),
            (ACTIONS, {"HEADWAY_TOKEN": "a", "GITHUB_TOKEN": "b"}, "HEADWAY_TOKEN"),
            (ACTIONS, {"GITHUB_TOKEN": " "}, None),
            (ACTIONS, {"GITLAB_TOKEN": "x"}, None),
            (GITLAB, {"CI_JOB_TOKEN": "b"}, "CI_JOB_TOKEN"),
            (GITLAB, {"CI_JOB_TOKEN": "b", "GITLAB_TOKEN": "a"}, "GITLAB_TOKEN"),
            (PIPELINES, {"BITBUCKET_ACCESS_TOKEN": "a"}, "BITBUCKET_ACCESS_TOKEN"),
        ],
    )
    def test_is_looked_for_in_order(self, base: dict[str, str], variables: dict[str, str], found: str | None) -> None:
        token = read_context({**base, **variables}).token
        assert (token.variable if token else None) == found

    def test_is_never_shown(self) -> None:
        context = read_context({**PIPELINES, "HEADWAY_TOKEN": SECRET})
        assert context.token is not None
        assert context.token.value == SECRET
        assert SECRET not in repr(context)

    @pytest.mark.parametrize("value", ["two words", "line\nbreak", "caf\u00e9", "\x1b[0m"])
    def test_that_is_none_is_refused_without_showing_it(self, value: str) -> None:
        with pytest.raises(ContextError, match="HEADWAY_TOKEN") as caught:
            read_context({**PIPELINES, "HEADWAY_TOKEN": value})
        assert value not in str(caught.value)

    def test_an_e_mail_address_goes_with_an_api_token_and_not_with_a_repositorys(self) -> None:
        email = {"BITBUCKET_EMAIL": "me@example.com"}
        person = read_context({**PIPELINES, **email, "BITBUCKET_API_TOKEN": "x"}).token
        repository = read_context({**PIPELINES, **email, "BITBUCKET_ACCESS_TOKEN": "x"}).token
        assert (person and person.user, repository and repository.user) == ("me@example.com", "")

    def test_a_named_variable_that_is_empty_is_an_error(self) -> None:
        with pytest.raises(ContextError, match="MY_TOKEN"):
            read_context({**PIPELINES, "HEADWAY_TOKEN": "x"}, Overrides(token_variable=MY_TOKEN))

    @pytest.mark.parametrize(
        ("base", "advice"),
        [
            (ACTIONS, "env:\n    GITHUB_TOKEN: ${{ github.token }}"),
            (GITLAB, "project access token with the scope `api`"),
            (PIPELINES, "repository access token with the scopes `pullrequest`"),
        ],
    )
    def test_none_at_all_says_how_to_give_one_unless_nothing_is_written(
        self, base: dict[str, str], advice: str
    ) -> None:
        context = read_context(base)
        with pytest.raises(ContextError) as caught:
            connect(context, ClientOptions())
        assert advice in caught.value.remedy
        assert connect(context, ClientOptions(dry_run=True))


class TestOverrides:
    def test_outside_ci_the_place_must_be_named(self) -> None:
        with pytest.raises(ContextError, match="where to publish") as caught:
            read_context({})
        assert "--forge github --repo OWNER/NAME --pr NUMBER" in caught.value.remedy
        with pytest.raises(ContextError, match="does not name a repository"):
            read_context({}, Overrides(forge="gitlab"))

    def test_name_it_whole(self) -> None:
        context = read_context({}, Overrides(forge="github", repository="o/r", pull_request=3, sha=HEAD))
        assert (context.api_url, context.repository_url) == ("https://api.github.com", "https://github.com/o/r")
        assert (context.pull_request, context.sha) == (3, HEAD)

    @pytest.mark.parametrize(
        ("overrides", "pull_request", "sha"),
        [
            (Overrides(), 7, HEAD),
            (Overrides(repository="octo/digits", pull_request=7, sha=HEAD), 7, HEAD),
            (Overrides(pull_request=8), 8, ""),
            (Overrides(sha=MAIN), None, MAIN),
            (Overrides(pull_request=8, sha=MAIN), 8, MAIN),
            (Overrides(repository="o/r"), None, ""),
        ],
    )
    def test_leave_nothing_behind_that_belongs_to_another_place(
        self, overrides: Overrides, pull_request: int | None, sha: str
    ) -> None:
        context = read_context({**PIPELINES, "BITBUCKET_PR_ID": "7"}, overrides)
        assert (context.pull_request, context.sha) == (pull_request, sha)


class TestFakes:
    """The environments that the fakes make up are read as the real ones are."""

    def test_github(self) -> None:
        with FakeGitHub(pull_requests=[PULL_REQUEST], enterprise=True) as fake:
            context = read_context(fake.environ())
            assert (context.pull_request, context.sha) == (7, fake.pull_request(7).head_sha)
            assert context.api_url.endswith("/api/v3")
            assert read_context(fake.environ(event="push")).pull_request is None

    def test_gitlab(self) -> None:
        with FakeGitLab(merge_requests=[PULL_REQUEST]) as fake:
            context = read_context(fake.environ())
            assert (context.pull_request, context.sha) == (7, fake.pull_request(7).head_sha)

    def test_bitbucket(self) -> None:
        with FakeBitbucket(pull_requests=[PULL_REQUEST]) as fake:
            context = bitbucket_context(fake)
            assert (context.pull_request, context.sha) == (7, fake.pull_request(7).head_sha)


def only(fake: FakeGitHub, context: Context, sha: str = "") -> Context:
    (found,) = with_pull_requests(context, github_forge(fake), sha)
    return found


class TestLocate:
    @pytest.fixture
    def fork(self) -> PullRequest:
        return PullRequest(number=9, head="patch", head_repository="mallory/digits")

    def located(self, fake: FakeGitHub, sha: str = "", **environ: Any) -> Context:
        return only(fake, read_context(fake.environ(**environ)), sha)

    def test_a_push_finds_its_pull_request(self) -> None:
        with FakeGitHub(pull_requests=[PULL_REQUEST]) as fake:
            head = fake.pull_request(7).head_sha
            environ = {**fake.environ(event="push"), "GITHUB_SHA": head}
            assert only(fake, read_context(environ)).pull_request == 7

    def test_a_push_finds_every_pull_request_that_is_at_its_commit(self) -> None:
        with FakeGitHub(pull_requests=[PULL_REQUEST]) as fake:
            head = fake.pull_request(7).head_sha
            fake.open_pull_request(PullRequest(number=8, head="feature", base="release", head_sha=head))
            environ = {**fake.environ(event="push"), "GITHUB_SHA": head}
            found = with_pull_requests(read_context(environ), github_forge(fake), "")
            assert [each.pull_request for each in found] == [8, 7]
            of_one = with_pull_requests(read_context(fake.environ(number=7)), github_forge(fake), "")
            assert [each.pull_request for each in of_one] == [7], "a pull request's own job is about that one"

    def test_a_commit_without_one_stays_without(self) -> None:
        with FakeGitHub(pull_requests=[PULL_REQUEST]) as fake:
            located = self.located(fake, event="push")
            assert (located.pull_request, bool(located.sha)) == (None, True)

    def test_a_commit_that_is_not_the_head_any_more_has_none(self) -> None:
        with FakeGitHub(pull_requests=[PULL_REQUEST]) as fake:
            old = fake.pull_request(7).head_sha
            fake.push(7)
            environ = {**fake.environ(event="push"), "GITHUB_SHA": old, "GITHUB_REF": "refs/heads/feature"}
            assert only(fake, read_context(environ)).pull_request is None

    def test_a_closed_one_does_not_count(self) -> None:
        with FakeGitHub(pull_requests=[PULL_REQUEST]) as fake:
            environ = {**fake.environ(event="push"), "GITHUB_SHA": fake.pull_request(7).head_sha}
            fake.close_pull_request(7)
            assert only(fake, read_context(environ)).pull_request is None

    def test_a_forks_run_finds_it_by_owner_and_branch_and_commit(self, fork: PullRequest) -> None:
        decoy = PullRequest(number=8, head="patch")
        with FakeGitHub(pull_requests=[decoy, fork]) as fake:
            run = fake.add_run(9)
            assert self.located(fake, event="workflow_run", number=run.id).pull_request == 9

    def test_a_pull_request_without_a_commit_gets_its_head(self) -> None:
        with FakeGitHub(pull_requests=[PULL_REQUEST]) as fake:
            environ = {**fake.environ(), "GITHUB_EVENT_PATH": "", "GITHUB_REF": "refs/pull/7/merge"}
            assert only(fake, read_context(environ)).sha == fake.pull_request(7).head_sha

    def test_nothing_but_the_report_names_a_commit(self) -> None:
        with FakeGitHub(pull_requests=[PULL_REQUEST]) as fake:
            environ = {**fake.environ(), "GITHUB_EVENT_PATH": "", "GITHUB_SHA": ""}
            del environ["GITHUB_REF"]
            head = fake.pull_request(7).head_sha
            assert only(fake, read_context(environ), head).pull_request == 7
            assert only(fake, read_context(environ)).pull_request is None
