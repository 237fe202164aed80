"""Which remotes and imports of a checkout may have the credentials of a job."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest
from dvc.config import Config
from repos import Project

from headway.ci.job import PullRequestBase
from headway.errors import RemoteError
from headway.gather.checkout_trust import checkout_trust
from headway.gather.git.fetching import open_history
from headway.gather.network import Network
from headway.remotes.trust import CommittedFiles, Trust

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CONFIG, LOCAL = ".dvc/config", ".dvc/config.local"
S3 = "url = s3://team/dvc"
ELSEWHERE = "fs_config: {endpointurl: https://b}"


def remote(*lines: str, name: str = "store") -> str:
    return f"['remote \"{name}\"']\n" + "".join(f"    {line}\n" for line in lines)


def commit(files: Mapping[str, str]) -> CommittedFiles:
    data = {path: text.encode() for path, text in files.items()}
    return CommittedFiles(name="main", read=data.get, imports=tuple(path for path in files if path.endswith(".dvc")))


def trust(folder: Path, base: Mapping[str, str], head: Mapping[str, str], local: str = "") -> Trust:
    """The question about a checkout of ``head``, whose job has configured ``local``."""
    for path, text in {LOCAL: local, **head}.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text)
    return Trust(folder, folder, lambda: commit(head), lambda: iter([commit(base)]))


def refused(found: Trust, folder: Path, name: str = "store", **added: str) -> str:
    """The option because of which a remote is not asked; empty where it may be."""
    refusal = found.refusal(Config(dvc_dir=str(folder / ".dvc")), name, added)
    if refusal is None:
        return ""
    assert "on main" in refusal.reason
    return refusal.reason.partition("its ")[2].split()[0]


@pytest.mark.parametrize(
    ("base", "head", "local", "option"),
    [
        pytest.param((S3,), (S3, "jobs = 4", "region = eu-west-1"), (), "", id="what is harmless"),
        pytest.param((S3,), ("url = s3://other/dvc",), (), "", id="another bucket of the same storage"),
        pytest.param((S3, "endpointurl = https://a"), (S3, "endpointurl = https://a"), (), "", id="the same server"),
        pytest.param((S3, "endpointurl = https://a"), (S3, "endpointurl = https://b"), (), "endpointurl", id="another"),
        pytest.param((S3, "endpointurl = https://a"), (S3,), (), "", id="the storage's own server"),
        pytest.param((S3,), (S3, "endpointurl = https://b"), ("endpointurl = https://b",), "", id="the job's own"),
        pytest.param((S3,), (S3, "ssl_verify = false"), (), "ssl_verify", id="any certificate"),
        pytest.param((S3,), (S3, "use_ssl = false"), (), "use_ssl", id="no encryption"),
        pytest.param((S3,), (S3, "use_ssl = true"), (), "", id="encryption"),
        pytest.param((S3,), (S3, "profile = other"), (), "profile", id="other credentials"),
        pytest.param((S3,), (S3, "credentialpath = key"), (), "credentialpath", id="a file"),
        pytest.param((S3,), (S3, "configpath = /proc/self/environ"), (), "configpath", id="a file elsewhere"),
        pytest.param(("url = gs://t",), ("url = gs://t", "endpointurl = https://b"), (), "endpointurl", id="gs"),
        pytest.param(
            ("url = azure://t",),
            ("url = azure://t", "connection_string = BlobEndpoint=https://b"),
            (),
            "connection_string",
            id="azure",
        ),
        pytest.param(("url = azure://t",), ("url = azure://t", "account_name = b"), (), "account_name", id="account"),
        pytest.param(("url = oss://t",), ("url = oss://t", "oss_endpoint = b"), (), "oss_endpoint", id="oss"),
        pytest.param(("url = https://a/x",), ("url = https://b/x",), (), "", id="https without a password"),
        pytest.param(("url = https://a/x",), ("url = https://b/x",), ("password = s",), "url", id="https"),
        pytest.param(("url = https://a/x",), ("url = http://a/x",), ("password = s",), "url", id="https to http"),
        pytest.param(("url = https://a/x",), ("url = https://a/y",), ("password = s",), "", id="another folder"),
        pytest.param(("url = webdav://a",), ("url = webdav://b",), ("token = s",), "url", id="webdav"),
        pytest.param(
            ("url = webdav://a",),
            ("url = webdav://a", "bearer_token_command = env"),
            (),
            "bearer_token_command",
            id="a command that DVC would run",
        ),
        pytest.param(("url = ssh://a/x",), ("url = ssh://b/x",), (), "", id="ssh with a key"),
        pytest.param(("url = ssh://a/x",), ("url = ssh://b/x",), ("password = s",), "url", id="ssh with a password"),
        pytest.param((S3,), ("url = https://b/x",), (), "", id="another kind of storage, which these keys are not for"),
    ],
)
def test_what_the_base_or_the_job_itself_names_may_have_credentials(
    tmp_path: Path, base: tuple[str, ...], head: tuple[str, ...], local: tuple[str, ...], option: str
) -> None:
    mine = remote(*local) if local else ""
    found = trust(tmp_path, {CONFIG: remote(*base)}, {CONFIG: remote(*head)}, mine)
    assert refused(found, tmp_path) == option


def test_a_remote_that_the_base_lacks_may_be_named_by_the_job(tmp_path: Path) -> None:
    """As the remedy says: by ``dvc remote modify --local``, which writes the option without the address."""
    head = {CONFIG: remote(S3, "endpointurl = https://b")}
    assert refused(trust(tmp_path, {}, head, remote("endpointurl = https://b")), tmp_path) == ""
    head = {CONFIG: remote("url = https://b/x")}
    assert refused(trust(tmp_path, {}, head, remote("password = s")), tmp_path) == "url"


def test_a_remote_behind_another_counts_as_well(tmp_path: Path) -> None:
    behind = remote("url = remote://server/dvc")
    server = remote("url = s3://team", name="server")
    evil = remote("url = s3://team", "endpointurl = https://b", name="server")
    found = trust(tmp_path, {CONFIG: behind + server}, {CONFIG: behind + evil})
    assert refused(found, tmp_path) == "endpointurl"


def test_remotes_that_name_each_other_end(tmp_path: Path) -> None:
    config = remote("url = remote://b/x") + remote("url = remote://store/x", "profile = p", name="b")
    assert refused(trust(tmp_path, {}, {CONFIG: config}), tmp_path) == "profile"


def test_the_address_that_the_job_is_about_to_write_counts_as_its_own(tmp_path: Path) -> None:
    found = trust(tmp_path, {}, {CONFIG: ""}, remote("url = https://a", "password = s"))
    assert refused(found, tmp_path, url="https://b") == ""


def test_a_file_in_the_checkout_counts_with_its_content(tmp_path: Path) -> None:
    config = remote(S3, "configpath = aws")
    same, other = {CONFIG: config, ".dvc/aws": "a"}, {CONFIG: config, ".dvc/aws": "b"}
    assert refused(trust(tmp_path, same, same), tmp_path) == ""
    assert refused(trust(tmp_path, same, other), tmp_path) == "configpath"


def test_a_tracked_file_that_the_job_names_counts_with_its_content(tmp_path: Path) -> None:
    base, head = ({CONFIG: remote(S3), "aws": text} for text in "ab")
    local = remote(S3, "configpath = ../aws")
    assert refused(trust(tmp_path, base, base, local), tmp_path) == ""
    assert refused(trust(tmp_path, base, head, local), tmp_path) == "configpath"
    assert refused(trust(tmp_path, {}, {CONFIG: remote(S3)}, local), tmp_path) == ""  # one that git does not track


def test_a_tracked_local_configuration_is_not_the_jobs_own(tmp_path: Path) -> None:
    head = {CONFIG: remote(S3), LOCAL: remote("endpointurl = https://b")}
    assert refused(trust(tmp_path, {CONFIG: remote(S3)}, head, head[LOCAL]), tmp_path) == "endpointurl"
    assert refused(trust(tmp_path, head, head, head[LOCAL]), tmp_path) == ""


def test_the_remedy_can_be_pasted_whatever_the_remotes_name_is(tmp_path: Path) -> None:
    name = "$(touch x); y"
    config = remote(S3, "endpointurl = https://b", name=name)
    refusal = trust(tmp_path, {}, {CONFIG: config}).refusal(Config(dvc_dir=str(tmp_path / ".dvc")), name)
    assert refusal
    assert shlex.split(refusal.remedy.partition(": ")[2]) == [
        *("dvc", "remote", "modify", "--local"),
        *(name, "endpointurl", "VALUE"),
    ]


def test_the_machines_own_configuration_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "global").mkdir()
    (tmp_path / "global/config").write_text(remote(S3, "endpointurl = https://a"))
    monkeypatch.setenv("DVC_GLOBAL_CONFIG_DIR", str(tmp_path / "global"))
    assert refused(trust(tmp_path, {}, {CONFIG: ""}), tmp_path) == ""
    assert refused(trust(tmp_path, {}, {CONFIG: remote("endpointurl = https://b")}), tmp_path) == "endpointurl"


@pytest.mark.parametrize("config", ["[broken", "['remote \"store\"']\n    no_such_option = 1\n", "\x00\xff"])
def test_a_base_whose_configuration_is_not_valid_names_nothing(tmp_path: Path, config: str) -> None:
    found = trust(tmp_path, {CONFIG: config}, {CONFIG: remote(S3, "endpointurl = https://b")})
    assert refused(found, tmp_path) == "endpointurl"


@pytest.mark.parametrize(
    ("base", "head", "allowed"),
    [
        ("repo: {url: https://a, rev_lock: x}", "repo: {url: https://a, rev_lock: y}", True),
        ("repo: {url: https://a}", "repo: {url: https://b}", False),
        ("repo: {url: https://a}", "repo: {url: https://a, remote: {endpointurl: https://b}}", False),
        ("repo: {url: https://a}", "repo: {url: https://a, config: c}", False),
        ("path: s3://a/b", "path: s3://c/d", True),
        ("path: s3://a/b", f"path: s3://a/b\n  {ELSEWHERE}", False),
        (
            "path: s3://a/b\n  fs_config: {endpointurl: https://b}",
            "path: s3://a/c\n  fs_config: {endpointurl: https://b}",
            True,
        ),
        ("path: https://a/b\n  fs_config: {password: s}", "path: https://b/b\n  fs_config: {password: s}", False),
    ],
)
def test_an_imports_source_is_one_that_the_base_has(tmp_path: Path, base: str, head: str, *, allowed: bool) -> None:
    before, after = (f"deps:\n- {text}\nouts:\n- path: a\n" for text in (base, head))
    found = trust(tmp_path, {"x.dvc": before}, {"y.dvc": after, CONFIG: ""})
    config = Config(dvc_dir=str(tmp_path / ".dvc"))
    if allowed:
        found.check(config)
    else:
        with pytest.raises(Exception, match=r"source of y.dvc is not contacted"):
            found.check(config)


@pytest.mark.parametrize("text", ["- [", "a: [1", "deps: 3", "deps: [1]", "outs: [{path: a, fs_config: 1}]", ""])
def test_a_file_that_is_no_import_names_no_source(tmp_path: Path, text: str) -> None:
    trust(tmp_path, {}, {"y.dvc": text, CONFIG: ""}).check(Config(dvc_dir=str(tmp_path / ".dvc")))


class TestBase:
    """Real clones: which commit is the base, and from where it comes."""

    @pytest.fixture
    def upstream(self, project: Project) -> Project:
        project.write(CONFIG, remote(S3)).commit("first")
        project.write(CONFIG, remote(S3, "endpointurl = https://a")).commit("base")
        return project.branch("change")

    @staticmethod
    def ask(project: Project, base: PullRequestBase | None) -> str:
        network = Network(history=True)
        found = checkout_trust(project.root, lambda: open_history(project.root, network), base)
        refusal = found.refusal(Config(dvc_dir=str(project.root / ".dvc")), "store")
        return refusal.reason if refusal else ""

    @pytest.mark.parametrize("base", [PullRequestBase(branch="main"), None], ids=["named", "the default branch"])
    @pytest.mark.parametrize("depth", [(), ("--depth=1", "--branch=change")], ids=["whole", "shallow"])
    def test_a_clone_without_the_base_fetches_it(
        self, upstream: Project, tmp_path: Path, base: PullRequestBase | None, depth: tuple[str, ...]
    ) -> None:
        upstream.write("more", "").commit("change")
        upstream.git("symbolic-ref", "HEAD", "refs/heads/main")
        clone = upstream.clone(tmp_path / "clone", *depth)
        assert self.ask(clone, base) == ""
        clone.write(CONFIG, remote(S3, "endpointurl = https://b"))
        assert "endpointurl is not the same on origin/main" in self.ask(clone, base)

    def test_the_commit_that_gitlab_names(self, upstream: Project) -> None:
        first = upstream.git("rev-parse", "main~1")
        assert "on main" in self.ask(upstream, PullRequestBase(commit=first, branch="main"))

    def test_a_base_that_has_moved_on_leaves_an_older_change_as_it_was(self, upstream: Project) -> None:
        upstream.commit("change")
        upstream.checkout("main").write(CONFIG, remote(S3, "endpointurl = https://new")).commit("moved")
        upstream.checkout("change")
        assert self.ask(upstream, None) == ""

    def test_an_import_of_a_project_in_a_hidden_folder(self, tmp_path: Path) -> None:
        project = Project(tmp_path / "git", subdir=".models")
        project.commit("base")
        project.branch("change").write("x.dvc", f"deps:\n- path: s3://a\n  {ELSEWHERE}\nouts:\n- path: a\n")
        project.commit("change")
        found = checkout_trust(project.root, lambda: open_history(project.root, Network()), None)
        with pytest.raises(RemoteError, match=r"x\.dvc"):
            found.check(Config(dvc_dir=str(project.root / ".dvc")))

    def test_no_git(self, tmp_path: Path) -> None:
        project = Project(tmp_path / "plain", git=False).write(CONFIG, remote(S3))
        assert self.ask(project, None) == ""
        project.write(CONFIG, remote(S3, "endpointurl = https://b"))
        assert "not in a git repository" in self.ask(project, None)

    def test_no_commit(self, project: Project) -> None:
        project.write(CONFIG, remote(S3, "endpointurl = https://b"))
        assert "cannot be read" in self.ask(project, None)
