"""What ``headway init`` finds out about a repository: its forge, requirements and remote, and Headway's own source."""

from __future__ import annotations

import json
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest
from repos import Project

from headway.app.scaffold import source as sources
from headway.app.scaffold.repository import DataRemote, read_remote, read_repository
from headway.app.scaffold.source import Source, installed_source, read_source
from headway.errors import RepositoryError, SettingsError
from headway.gather.git.checked_out import is_ignored
from headway.gather.git.remotes import as_web_address

COMMIT = "ab" * 20


def of_git(url: str) -> str:
    """What pip records of a package from a git repository."""
    return json.dumps({"url": url, "vcs_info": {"vcs": "git", "commit_id": COMMIT}})


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("git@github.com:team/digits.git", "https://github.com/team/digits"),
        ("ssh://git@gitlab.example:2222/team/sub/digits.git", "https://gitlab.example/team/sub/digits"),
        ("https://ada:secret@git.example:8443/team/digits/", "https://git.example:8443/team/digits"),
        ("/srv/git/digits.git", ""),
        ("file:///srv/git/digits.git", ""),
        ("C:/git/digits", ""),
        ("https://host:port/digits", ""),
        ("https://[host/digits", ""),
        ("../digits", ""),
    ],
)
def test_an_address_becomes_one_for_the_web_without_a_password(url: str, address: str) -> None:
    assert as_web_address(url) == address


@pytest.mark.parametrize(
    ("url", "forge"),
    [
        ("git@github.com:team/digits.git", "github"),
        ("https://gitlab.example.com/team/digits", "gitlab"),
        ("git@bitbucket.org:team/digits.git", "bitbucket"),
        ("https://git.example/team/github", None),
    ],
)
def test_the_host_of_the_remote_tells_the_forge(project: Project, url: str, forge: str | None) -> None:
    project.commit()
    project.git("remote", "add", "origin", url)
    assert read_repository(project.root).forge == forge


def test_without_a_remote_the_ci_files_tell_the_forge_if_they_agree(project: Project) -> None:
    project.write(".gitlab-ci.yml", "a: {script: [b]}\n").commit()
    assert read_repository(project.root).forge == "gitlab"
    project.write("bitbucket-pipelines.yml", "pipelines: {}\n")
    assert read_repository(project.root).forge is None


@pytest.mark.parametrize(
    ("files", "requirements", "is_package", "python"),
    [
        ({}, "", False, "3.11"),
        ({"requirements.txt": "dvc\n", "pyproject.toml": "[project]\nname='a'\n"}, "requirements.txt", False, "3.11"),
        (
            {"pyproject.toml": "[project]\nname='a'\nrequires-python='>=3.12,<4'\n[build-system]\nrequires=[]\n"},
            "pyproject.toml",
            True,
            "3.12",
        ),
        ({"pyproject.toml": "[project]\nname='a'\nrequires-python='==3.13.*'\n"}, "pyproject.toml", False, "3.13"),
        ({"pyproject.toml": "[tool.ruff]\nline-length = 100\n", ".python-version": "3.12.4\n"}, "", False, "3.12"),
        ({"src/requirements.txt": "dvc\n"}, "src/requirements.txt", False, "3.11"),
        ({"pyproject.toml": "[project\n", ".python-version": "3.8\n"}, "", False, "3.11"),
        ({"pyproject.toml": "tool = 3\nproject = 3\n"}, "pyproject.toml", False, "3.11"),
    ],
    ids=[
        "nothing",
        "requirements first",
        "a package",
        "dependencies alone",
        "tools alone",
        "beside the code",
        "broken",
        "of other types",
    ],
)
def test_requirements_and_python(
    project: Project, files: dict[str, str], requirements: str, python: str, *, is_package: bool
) -> None:
    for path, text in files.items():
        project.write(path, text)
    project.commit()
    found = read_repository(project.root)
    assert (found.requirements, found.is_package, found.python) == (requirements, is_package, python)


def test_the_folder_says_for_which_projects(tmp_path: Path) -> None:
    repository = Project(tmp_path / "git", dvc=False)
    for folder in ("a", "b/c"):
        Project(repository.git_root, subdir=folder, git=False).dvc_init().write("x/y", "")
    repository.commit()
    found = {folder: read_repository(repository.git_root / folder) for folder in ("", "b", "a/x", "b/c")}
    assert {folder: each.projects for folder, each in found.items()} == {
        "": ("a", "b/c"),
        "b": ("a", "b/c"),
        "a/x": ("a",),
        "b/c": ("b/c",),
    }
    assert [found[folder].project for folder in ("", "a/x")] == ["", "a"]


def test_a_repository_without_a_project_is_an_error_with_its_remedy(tmp_path: Path) -> None:
    repository = Project(tmp_path, dvc=False).write("a", "b")
    repository.commit()
    with pytest.raises(RepositoryError, match="no DVC project") as caught:
        read_repository(repository.root)
    assert caught.value.remedy == "dvc init"


def remote(project: Project, url: str, where: str = "config") -> DataRemote:
    project.write(f".dvc/{where}", f"[core]\n    remote = r\n['remote \"r\"']\n    url = {url}\n")
    return read_remote(project.root, "")


def test_remotes_name_their_packages_and_secrets(project: Project) -> None:
    s3, azure = remote(project, "s3://bucket/dvc"), remote(project, "azure://container/dvc")
    assert (s3.extras, s3.package, s3.secrets) == ("s3", "", ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))
    assert (azure.extras, azure.package, azure.secrets) == ("", "dvc-azure", ("AZURE_STORAGE_CONNECTION_STRING",))
    assert not s3.is_here


def test_a_folder_of_this_machine_is_told_from_one_in_the_repository(project: Project, tmp_path: Path) -> None:
    assert remote(project, f"{tmp_path}/store").is_here
    assert not remote(project, "store").is_here


def test_a_remote_of_this_machine_alone_does_not_count(project: Project) -> None:
    assert remote(project, "s3://private/dvc", "config.local") == DataRemote()


def test_ignored_paths(project: Project) -> None:
    project.write(".gitignore", "/reports/\n")
    assert is_ignored(project.root, "reports/headway/report.json")
    assert not is_ignored(project.root, "report/headway/report.json")


class TestSource:
    def test_it_names_what_pip_and_github_install(self) -> None:
        source = read_source(f"https://github.com/team/headway.git@{COMMIT}")
        assert source.requirement("s3") == f"dvc-headway[s3] @ git+https://github.com/team/headway@{COMMIT}"
        assert source.requirement() == f"dvc-headway @ git+https://github.com/team/headway@{COMMIT}"
        assert source.action() == f"team/headway@{COMMIT}", "whose version nothing tells"
        assert source.action("a/b.yml") == f"team/headway/a/b.yml@{COMMIT}"

    @pytest.mark.parametrize(
        "text", ["https://github.com/team/headway", "https://a/b@main", f"http://a/b@{COMMIT}", ""]
    )
    def test_anything_but_a_commit_is_an_error(self, text: str) -> None:
        with pytest.raises(SettingsError, match="does not name a commit"):
            read_source(text)

    @pytest.mark.parametrize(
        ("recorded", "known"),
        [
            (
                f'{{"url": "git@github.com:team/headway.git", "vcs_info": {{"vcs": "git", "commit_id": "{COMMIT}"}}}}',
                True,
            ),
            (
                f'{{"url": "https://a:b@git.example/h.git", "vcs_info": {{"vcs": "git", "commit_id": "{COMMIT}"}}}}',
                True,
            ),
            (f'{{"url": "file:///srv/h.git", "vcs_info": {{"vcs": "git", "commit_id": "{COMMIT}"}}}}', False),
            ('{"url": "https://index.example/dvc_headway-0.1.0.whl", "archive_info": {}}', False),
            ("not JSON", False),
        ],
        ids=["a clone over ssh", "a clone with a password", "a clone of this machine", "a file", "damaged"],
    )
    def test_an_installed_commit_is_known(self, monkeypatch: pytest.MonkeyPatch, recorded: str, *, known: bool) -> None:
        monkeypatch.setattr(sources, "distribution", lambda _: Recorded(recorded))
        found = installed_source()
        assert found.is_known == known
        assert found.commit == (COMMIT if known else Source().commit)
        assert "@" not in found.url

    def test_an_installed_clone_is_known_by_its_remote(
        self, monkeypatch: pytest.MonkeyPatch, project: Project, tmp_path: Path
    ) -> None:
        commit = project.commit()
        recorded = f'{{"url": "{project.root.as_uri()}"}}'
        monkeypatch.setattr(sources, "distribution", lambda _: Recorded(recorded))
        assert not installed_source().is_known
        project.git("remote", "add", "origin", "git@git.example.org:team/headway.git")
        found = Source(
            url="https://git.example.org/team/headway", commit=commit, is_known=True, version=Recorded.version
        )
        assert installed_source() == found
        noted = tmp_path / "commit.txt"
        noted.write_text(f"{COMMIT}\n")
        monkeypatch.setattr(sources, "distribution", lambda _: Recorded(recorded, noted))
        assert installed_source().commit == COMMIT, "which was built; the clone may have gone on since"

    def test_files_in_another_repository_are_not_its_commit(
        self, monkeypatch: pytest.MonkeyPatch, project: Project
    ) -> None:
        project.write("vendor/headway/a.py", "").write("a.whl", "").commit()
        project.git("remote", "add", "origin", "git@git.example.org:team/model.git")
        for name in ("vendor/headway", "a.whl", "gone"):
            recorded = f'{{"url": "{(project.root / name).as_uri()}"}}'
            monkeypatch.setattr(sources, "distribution", lambda _, recorded=recorded: Recorded(recorded))
            assert installed_source() == Source()

    def test_a_release_of_an_index_is_known_by_its_version_and_its_commit(self, release: Path) -> None:
        found = installed_source()
        assert found.is_known
        assert found.requirement("s3") == "dvc-headway[s3]==1.2.3"
        assert found.requirement() == "dvc-headway==1.2.3"
        assert found.action("a/b.yml") == f"team/headway/a/b.yml@{COMMIT} # v1.2.3"
        assert release.is_dir()

    @pytest.mark.parametrize(
        ("version", "commit", "links"),
        [
            ("1.2.4.dev5", COMMIT, True),
            ("1.2.3+dirty", COMMIT, True),
            ("1.2.3", "", True),
            ("1.2.3", COMMIT[:7], True),
            ("1.2.3", COMMIT, False),
        ],
        ids=["no release", "changed files", "no commit", "half a commit", "no address"],
    )
    def test_a_build_that_is_no_release_with_a_commit_is_not(
        self, release: Path, version: str, commit: str, *, links: bool
    ) -> None:
        put_release(release, version, commit, "Source" if links else "Homepage")
        assert installed_source() == Source()

    def test_what_was_installed_from_a_file_is_no_release(self, release: Path) -> None:
        (release / "dvc_headway-1.dist-info/direct_url.json").write_text('{"url": "file:///a.whl", "archive_info": {}}')
        assert not installed_source().is_known


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that packages are installed in, with a release of Headway."""
    put_release(tmp_path, "1.2.3", COMMIT, "Source")
    installed = PathDistribution(tmp_path / "dvc_headway-1.dist-info")
    monkeypatch.setattr(sources, "distribution", lambda _: installed)
    return tmp_path


def put_release(folder: Path, version: str, commit: str, label: str) -> None:
    """What the wheel of a release consists of, apart from the code."""
    for name in ("dvc_headway-1.dist-info", "headway"):
        (folder / name).mkdir(exist_ok=True)
    links = f"Project-URL: Issues, https://github.com/a/b\nProject-URL: {label}, https://github.com/team/headway\n"
    metadata = f"Metadata-Version: 2.4\nName: dvc-headway\nVersion: {version}\n{links}"
    (folder / "dvc_headway-1.dist-info/METADATA").write_text(metadata)
    (folder / "headway/commit.txt").write_text(f"{commit}\n")
    if not commit:
        (folder / "headway/commit.txt").unlink()


class Recorded:
    """An installed package with what its installer recorded, and the commit that its build noted, if any."""

    version = "1.2.3"

    def __init__(self, text: str, noted: Path = Path("nowhere")) -> None:
        self._text, self._noted = text, noted

    def locate_file(self, name: str) -> Path:
        assert name == "headway/commit.txt"
        return self._noted

    def read_text(self, name: str) -> str:
        assert name == "direct_url.json"
        return self._text
