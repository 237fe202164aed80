"""Git's login with a job's token, at a real git server: who gets it, and where it can be read."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any

import pytest
from ci_jobs import Job, Said
from git_server import GitHttp, git_http
from registries import at, trained_versions
from repos import Project

from headway.ci.git_credentials import git_credentials, header_setting
from headway.errors import RepositoryError
from headway.gather.git.transfer import job_login
from headway.publish.requests.request_branch import GitRemote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN, OTHER = "ghs_0123456789abcdefABCDEF", "glpat-another"
GITHUB = {"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "octo/digits", "GITHUB_RUN_ID": "7"}
GITLAB = {"GITLAB_CI": "true", "CI_PROJECT_ID": "7", "CI_PIPELINE_URL": "https://gitlab.example/7"}


def basic(user: str, token: str = TOKEN) -> str:
    return f"basic {base64.b64encode(f'{user}:{token}'.encode()).decode()}"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return trained_versions(tmp_path_factory.mktemp("made") / "project")


@pytest.fixture
def server(made: Project, tmp_path: Path) -> Iterator[GitHttp]:
    """A server with a repository that only the job's token of GitHub opens."""
    bare = tmp_path / "served/digits.git"
    made.git("clone", "--quiet", "--bare", str(made.git_root), str(bare))
    made.git("-C", str(bare), "config", "http.receivepack", "true")
    with git_http(bare.parent) as backend:
        backend.admits = lambda login: login.lower() == basic("x-access-token").lower()
        yield backend


@pytest.fixture
def clone(made: Project, server: GitHttp, tmp_path: Path) -> Project:
    """As actions/checkout leaves it with ``persist-credentials: false``."""
    project = made.copied(tmp_path / "clone")
    project.git("remote", "add", "origin", f"{server.url}/digits.git")
    project.git("update-ref", "refs/remotes/origin/main", "main")
    return project


def promote(clone: Project, variables: dict[str, str], *options: str) -> Said:
    """Promote in a job; git writes down each command that it runs, with its arguments."""
    trace = {"GIT_TRACE": str(clone.root.parent / "trace")}
    return Job(clone, {**variables, **trace}).headway("promote", "digits", at(1), "--to", "staging", *options)


def tags(tmp_path: Path) -> list[str]:
    return Project(tmp_path / "served/digits.git", git=False, dvc=False).git("tag").splitlines()


def test_the_token_opens_the_forge_and_can_be_read_nowhere(clone: Project, server: GitHttp, tmp_path: Path) -> None:
    said = promote(clone, {**GITHUB, "GITHUB_SERVER_URL": server.url, "GITHUB_TOKEN": TOKEN})
    assert said.code == 0, said.err
    assert tags(tmp_path) == ["digits#staging#1", "digits@v0.0.1"]
    assert set(server.logins) == {f"{basic('x-access-token')}"}, "it is sent at once, and with the first request"
    trace = (tmp_path / "trace").read_text()
    assert re.search(r"git push .*origin", trace)
    assert "git remote-http origin" in trace
    written = [path.read_bytes().decode(errors="replace") for path in clone.root.rglob("*") if path.is_file()]
    for text in (said.out, said.err, trace, *written):
        assert TOKEN not in text
        assert basic("x-access-token").split()[1] not in text


@pytest.mark.parametrize("token", [{}, {"GITHUB_TOKEN": "ghs_expired"}], ids=["none", "an expired one"])
def test_without_a_token_that_opens_it_the_forge_refuses(
    clone: Project, server: GitHttp, tmp_path: Path, token: dict[str, str]
) -> None:
    said = promote(clone, {**GITHUB, "GITHUB_SERVER_URL": server.url, **token})
    assert said.code == 3
    assert "The tags of the remote 'origin' could not be read." in said.err
    assert re.search("could not read Username|Authentication failed", said.err)
    assert "ghs_" not in said.err
    assert tags(tmp_path) == []


def test_a_token_that_may_only_read_is_refused_at_the_push(clone: Project, server: GitHttp, tmp_path: Path) -> None:
    server.before = lambda path: 403 if "receive-pack" in path else None
    said = promote(clone, {**GITHUB, "GITHUB_SERVER_URL": server.url, "GITHUB_TOKEN": TOKEN})
    assert said.code == 3
    assert "The remote 'origin' did not take the tag digits@v0.0.1." in said.err
    assert "403" in said.err
    assert TOKEN not in said.err
    assert tags(tmp_path) == []


def test_another_server_does_not_get_it(clone: Project, server: GitHttp, tmp_path: Path) -> None:
    with git_http(tmp_path / "served") as elsewhere:
        clone.git("remote", "set-url", "origin", f"{elsewhere.url}/digits.git")
        said = promote(clone, {**GITHUB, "GITHUB_SERVER_URL": server.url, "GITHUB_TOKEN": TOKEN})
        assert said.code == 0, said.err
        assert set(elsewhere.logins) == {""}
    assert server.logins == []


def test_a_login_that_the_clone_has_already_is_the_only_one(clone: Project, server: GitHttp, tmp_path: Path) -> None:
    """As actions/checkout leaves it without ``persist-credentials: false``. GitHub refuses two headers."""
    clone.git("config", f"http.{server.url}/.extraheader", f"AUTHORIZATION: {basic('x-access-token', OTHER)}")
    server.admits = lambda login: login == basic("x-access-token", OTHER)
    said = promote(clone, {**GITHUB, "GITHUB_SERVER_URL": server.url, "GITHUB_TOKEN": TOKEN})
    assert said.code == 0, said.err
    assert set(server.logins) == {basic("x-access-token", OTHER)}
    assert tags(tmp_path) == ["digits#staging#1", "digits@v0.0.1"]


@pytest.mark.parametrize(
    ("variables", "user"),
    [({"CI_JOB_TOKEN": TOKEN}, "gitlab-ci-token"), ({"CI_JOB_TOKEN": OTHER, "HEADWAY_TOKEN": TOKEN}, "oauth2")],
    ids=["the job's token", "a project's token"],
)
def test_a_token_of_gitlab_has_the_user_that_gitlab_wants(
    clone: Project, server: GitHttp, tmp_path: Path, variables: dict[str, str], user: str
) -> None:
    """It counts more than the one in the address, where GitLab's runner puts the job's token."""
    server.admits = lambda login: login == basic(user)
    address = server.url.replace("//", f"//gitlab-ci-token:{OTHER}@")
    clone.git("remote", "set-url", "origin", f"{address}/digits.git")
    said = promote(clone, {**GITLAB, "CI_SERVER_URL": server.url, **variables})
    assert said.code == 0, said.err
    assert tags(tmp_path) == ["digits#staging#1", "digits@v0.0.1"]
    assert not re.search(f"{TOKEN}|{OTHER}", said.out + said.err)


def test_settings_of_git_that_the_job_has_in_its_environment_still_count(
    clone: Project, server: GitHttp, tmp_path: Path
) -> None:
    """As in a container that names its safe folders."""
    clone.git("remote", "set-url", "origin", "forge:digits.git")
    settings = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{server.url}/.insteadOf",
        "GIT_CONFIG_VALUE_0": "forge:",
    }
    said = promote(clone, {**GITHUB, "GITHUB_SERVER_URL": server.url, "GITHUB_TOKEN": TOKEN, **settings})
    assert said.code == 0, said.err
    assert tags(tmp_path) == ["digits#staging#1", "digits@v0.0.1"]


@pytest.mark.parametrize(
    ("variables", "setting"),
    [
        ({**GITHUB, "GITHUB_TOKEN": TOKEN}, "http.https://github.com/.extraheader"),
        (
            {**GITHUB, "GITHUB_TOKEN": TOKEN, "GITHUB_SERVER_URL": "https://git.example"},
            "http.https://git.example/.extraheader",
        ),
        (
            {"BITBUCKET_PIPELINE_UUID": "{1}", "BITBUCKET_WORKSPACE": "o", "BITBUCKET_REPO_SLUG": "d"}
            | {"BITBUCKET_ACCESS_TOKEN": TOKEN},
            "http.https://bitbucket.org/.extraheader",
        ),
        ({**GITHUB, "GITHUB_TOKEN": TOKEN, "GITHUB_SERVER_URL": "http://git.example"}, ""),
        ({**GITHUB, "GITHUB_TOKEN": TOKEN, "GITHUB_SERVER_URL": "http://127.0.0.1.git.example"}, ""),
        ({**GITHUB, "GITHUB_TOKEN": "two words"}, ""),
        (GITHUB, ""),
        ({"GITHUB_TOKEN": TOKEN}, ""),
    ],
    ids=["github", "enterprise", "bitbucket", "not encrypted", "like loopback", "no token's form", "none", "no job"],
)
def test_it_is_bound_to_the_address_of_the_forge(variables: dict[str, Any], setting: str) -> None:
    assert header_setting(variables) == setting
    assert list(git_credentials(variables).values())[1:2] == [setting] * bool(setting)


def test_a_named_token_takes_the_place_of_the_one_that_the_clone_holds(
    clone: Project, server: GitHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As checkout leaves it by default: what is pushed must not be the job's if an app opens the request."""
    clone.git("config", f"http.{server.url}/.extraheader", f"AUTHORIZATION: {basic('x-access-token', OTHER)}")
    for name, value in {**GITHUB, "GITHUB_SERVER_URL": server.url, "GITHUB_TOKEN": OTHER, "APP": TOKEN}.items():
        monkeypatch.setenv(name, value)
    assert GitRemote(clone.root, "origin", job_login(clone.root, "APP")).tip("main") == clone.git("rev-parse", "main")
    with pytest.raises(RepositoryError):
        GitRemote(clone.root, "origin", job_login(clone.root)).tip("main")


def test_a_promotion_pushes_its_tag_with_the_named_token(clone: Project, server: GitHttp, tmp_path: Path) -> None:
    clone.git("config", f"http.{server.url}/.extraheader", f"AUTHORIZATION: {basic('x-access-token', OTHER)}")
    variables = {**GITHUB, "GITHUB_SERVER_URL": server.url, "GITHUB_TOKEN": OTHER, "APP": TOKEN}
    said = promote(clone, variables, "--token-env", "APP")
    assert said.code == 0, said.err
    assert tags(tmp_path) == ["digits#staging#1", "digits@v0.0.1"]
