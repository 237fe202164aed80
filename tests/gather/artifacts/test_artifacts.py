"""An artifact at a commit: found by its name, fetched from DVC's remote, and checked against the recorded hash."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from repos import Project

from headway.errors import RepositoryError
from headway.gather.artifacts import FetchedArtifact, fetch_artifact
from headway.gather.dvc import cache
from headway.gather.dvc.objects import md5
from headway.gather.network import OFFLINE

if TYPE_CHECKING:
    from pathlib import Path

WEIGHTS = b"\0weights" * 300_000
"""More than DVC's files are copied by at once."""
BUNDLE = {"config.json": b"{}", "deep/weights.bin": b"w", "deep/.gitignore": b"*", "dvc.yaml": b"# the bundle's own"}
PIPELINE = {
    "stages": {"train": {"cmd": "true", "outs": ["models/digits.bin"]}},
    "artifacts": {
        "digits": {"path": "models/digits.bin", "type": "model"},
        "bundle": {"path": "bundle", "type": "model"},
        "part": {"path": "bundle/deep"},
        "one": {"path": "bundle/deep/weights.bin"},
        "card": {"path": "card.md"},
        "all": {"path": "models"},
        "never-made": {"path": "never.bin"},
        "outside": {"path": "../outside"},
        "absolute": {"path": "/etc/passwd"},
        "url": {"path": "s3://bucket/model"},
        "root": {"path": "."},
    },
}


@pytest.fixture(scope="module")
def _made_once(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A commit with artifacts whose files only the remote has, and one after it with another model."""
    folder = tmp_path_factory.mktemp("artifacts")
    project = Project(folder / "project").remote(folder / "store")
    for name, content in BUNDLE.items():
        project.write(f"bundle/{name}", content)
    project.write("models/digits.bin", WEIGHTS).write("models/notes.md", "notes").write("card.md", "card")
    project.write(".gitignore", "/models/digits.bin\n").dvc_yaml(PIPELINE).recorded().add("bundle").push().commit("v1")
    project.write("models/digits.bin", b"newer").recorded().push().commit("v2")
    for path in ("bundle", ".dvc/cache"):
        shutil.rmtree(project.root / path)
    return project


@pytest.fixture
def made(_made_once: Project, tmp_path: Path) -> Project:
    """A copy with a remote of its own."""
    shutil.copytree(_made_once.root.parent, tmp_path / "made")
    project = Project(tmp_path / "made/project", git=False)
    config = (project.root / ".dvc/config").read_text()
    return project.write(".dvc/config.local", config.replace(str(_made_once.root.parent), str(tmp_path / "made")))


def fetch(project: Project, name: str, into: Path, rev: str = "HEAD~1") -> FetchedArtifact:
    into.mkdir()
    return fetch_artifact(project.root, name, project.git("rev-parse", rev), OFFLINE, into)


def refused(project: Project, name: str, into: Path, rev: str = "HEAD~1") -> RepositoryError:
    with pytest.raises(RepositoryError) as caught:
        fetch(project, name, into, rev)
    return caught.value


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def test_a_file_is_that_of_its_commit(made: Project, tmp_path: Path) -> None:
    old = fetch(made, "digits", tmp_path / "old")
    assert old == FetchedArtifact(
        place=tmp_path / "old/digits.bin", path="models/digits.bin", files=1, size=len(WEIGHTS)
    )
    assert old.place.read_bytes() == WEIGHTS
    assert fetch(made, "digits", tmp_path / "new", "HEAD").place.read_bytes() == b"newer"
    assert files(made.root / "models") == {"digits.bin": b"newer", "notes.md": b"notes"}  # the workspace is as it was


def test_a_folder_has_all_of_its_files(made: Project, tmp_path: Path) -> None:
    found = fetch(made, "bundle", tmp_path / "into")
    assert (found.files, found.size) == (4, sum(map(len, BUNDLE.values())))
    assert files(found.place) == BUNDLE


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("part", {"deep/weights.bin": b"w", "deep/.gitignore": b"*"}),
        ("one", {"weights.bin": b"w"}),
        ("card", {"card.md": b"card"}),
        ("all", {"models/digits.bin": WEIGHTS, "models/notes.md": b"notes"}),
    ],
)
def test_parts_of_folders_and_files_in_git(made: Project, tmp_path: Path, name: str, found: dict[str, bytes]) -> None:
    fetch(made, name, tmp_path / "into")
    assert files(tmp_path / "into") == found


def test_an_object_of_the_cache_is_used_without_the_remote(made: Project, tmp_path: Path) -> None:
    fetch(made, "bundle", tmp_path / "one")
    shutil.rmtree(made.root.parent / "store")
    assert files(fetch(made, "bundle", tmp_path / "two").place) == BUNDLE


def test_an_artifact_of_a_folder_is_named_from_gits_root(tmp_path: Path) -> None:
    project = Project(tmp_path / "project").remote(tmp_path / "store")
    project.write("models/de/model.bin", "de").add("models/de/model.bin").push()
    project.dvc_yaml({"artifacts": {"digits": {"path": "model.bin"}}}, "models/de").commit()
    assert fetch(project, "models/de:digits", tmp_path / "into", "HEAD").place.read_bytes() == b"de"
    error = refused(project, "digits", tmp_path / "none", "HEAD")
    assert "models/de:digits" in error.why


def test_a_project_in_a_folder(tmp_path: Path) -> None:
    project = Project(tmp_path / "project", subdir="models/de").remote(tmp_path / "store")
    project.write("model.bin", "de").add("model.bin").push()
    sha = project.dvc_yaml({"artifacts": {"digits": {"path": "model.bin"}}}).commit()
    for number, folder in enumerate((project.git_root, project.root)):
        into = tmp_path / f"into-{number}"
        into.mkdir()
        found = fetch_artifact(folder, "models/de:digits", sha, OFFLINE, into)
        assert (found.place.read_bytes(), found.path) == (b"de", "model.bin")
    assert "models/de:digits" in refused(project, "digits", tmp_path / "none", "HEAD").why


def test_a_project_that_is_not_checked_out(made: Project, tmp_path: Path) -> None:
    sha = made.git("rev-parse", "HEAD~1")
    made.git("checkout", "--quiet", "--orphan", "empty")
    made.git("rm", "--quiet", "-rf", ".")
    (tmp_path / "into").mkdir()
    assert not (made.root / "dvc.yaml").exists()
    assert fetch_artifact(made.root, "card", sha, OFFLINE, tmp_path / "into").place.read_bytes() == b"card"


@pytest.mark.parametrize("name", ["outside", "absolute", "url", "root", "never-made"])
def test_what_is_no_file_of_the_repository(made: Project, tmp_path: Path, name: str) -> None:
    error = refused(made, name, tmp_path / "into")
    assert repr(name) in error.what
    assert error.why
    assert files(tmp_path / "into") == {}


def test_an_artifact_that_the_commit_does_not_declare(made: Project, tmp_path: Path) -> None:
    error = refused(made, "letters", tmp_path / "into")
    assert "'letters'" in error.what
    assert "digits" in error.why
    assert "DIR:NAME" in error.remedy


def test_a_commit_that_does_not_exist(made: Project, tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match="no revision"):
        fetch_artifact(made.root, "digits", "5" * 40, OFFLINE, tmp_path)


def test_the_sha_of_a_tag_is_no_commit(made: Project, tmp_path: Path) -> None:
    made.git("tag", "--annotate", "--message", "v1", "digits@v1.0.0")
    assert "is a tag" in refused(made, "digits", tmp_path / "into", "digits@v1.0.0").why


def test_a_commit_without_a_project(tmp_path: Path) -> None:
    project = Project(tmp_path / "project", dvc=False)
    project.commit()
    refused(project, "digits", tmp_path / "into", "HEAD")


def test_what_the_remote_lacks(made: Project, tmp_path: Path) -> None:
    shutil.rmtree(made.root.parent / "store")
    for name in ("digits", "bundle"):
        error = refused(made, name, tmp_path / name)
        assert "remote" in error.why
        assert "dvc" in error.remedy


def of_store(project: Project, content: bytes) -> Path:
    digest = md5(content)
    return project.root.parent / "store/files/md5" / digest[:2] / digest[2:]


def test_what_is_damaged_in_the_remote_is_not_taken(made: Project, tmp_path: Path) -> None:
    path = of_store(made, WEIGHTS)
    path.chmod(0o644)
    path.write_bytes(b"evil")
    assert "damaged" in refused(made, "digits", tmp_path / "into").why
    assert files(tmp_path / "into") == {}


def test_what_is_damaged_in_the_cache_is_not_taken(made: Project, tmp_path: Path) -> None:
    fetch(made, "digits", tmp_path / "one")
    digest = md5(WEIGHTS)
    path = made.root / ".dvc/cache/files/md5" / digest[:2] / digest[2:]
    path.chmod(0o644)
    path.write_bytes(b"evil")
    error = refused(made, "digits", tmp_path / "two")
    assert "damaged" in error.why
    made.paste(error.remedy)
    assert fetch(made, "digits", tmp_path / "three").place.read_bytes() == WEIGHTS


@pytest.mark.parametrize("path", ["../../evil", "/evil", "a/../../evil", "a//b", "./a", ""])
def test_a_listing_cannot_lead_out_of_the_folder(made: Project, tmp_path: Path, path: str) -> None:
    listing = json.dumps([{"md5": md5(b"w"), "relpath": path}]).encode()
    place = of_store(made, listing).with_name(f"{of_store(made, listing).name}.dir")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(listing)
    made.write("bundle.dvc", json.dumps({"outs": [{"md5": f"{md5(listing)}.dir", "hash": "md5", "path": "bundle"}]}))
    made.commit()
    assert "not in the folder" in refused(made, "bundle", tmp_path / "into", "HEAD").why
    assert [found for found in files(tmp_path) if "evil" in found] == []


class TestByName:
    """Files that their storage keeps by name and version: DVC opens them, and the cache gets none."""

    @pytest.fixture(autouse=True)
    def _by_name(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(cache, "_comes_by_name", lambda _: True)

    def test_are_read_in_pieces(self, made: Project, tmp_path: Path) -> None:
        assert fetch(made, "digits", tmp_path / "one").place.read_bytes() == WEIGHTS
        assert files(fetch(made, "bundle", tmp_path / "two").place) == BUNDLE
        assert not (made.root / ".dvc/cache/files").exists()

    def test_are_checked(self, made: Project, tmp_path: Path) -> None:
        path = of_store(made, WEIGHTS)
        path.chmod(0o644)
        path.write_bytes(b"evil")
        assert "damaged" in refused(made, "digits", tmp_path / "into").why

    def test_that_are_gone_are_named(self, made: Project, tmp_path: Path) -> None:
        of_store(made, WEIGHTS).unlink()
        assert "remote" in refused(made, "digits", tmp_path / "into").why
