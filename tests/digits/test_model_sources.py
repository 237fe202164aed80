"""Which model a command loads: a file, the version in a stage, or that of a commit, from a folder or a URL."""

from __future__ import annotations

import shutil
from argparse import ArgumentParser
from pathlib import Path

import pytest
from digit_service import write_weights
from registry.test_readers import tag_all
from repos import Project

from digits.inference.sources import Model, Origin, add_model_options, load_model
from digits.inference.weights import read_weights
from digits.stage import PipelineError

TIME = 1735689600
ARTIFACT = {"artifacts": {"digits": {"path": "models/digits.safetensors", "type": "model"}}}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Two commits with other models; the first was in production, and is not any more."""
    project = Project(tmp_path_factory.mktemp("models") / "project").dvc_yaml(ARTIFACT)
    shas = []
    for seed in (1, 2):
        write_weights(project.root / "models/digits.safetensors", seed)
        shas.append(project.commit(f"seed {seed}"))
    tags = [("digits@v0.0.1", shas[0]), ("digits#production#1", shas[0]), ("digits@v0.0.2", shas[1])]
    tags += [("digits#production!#2", shas[0]), ("digits#staging#1", shas[1])]
    tag_all(project, [(name, sha, TIME + place) for place, (name, sha) in enumerate(tags)])
    return project


def load(*words: str) -> Model:
    parser = ArgumentParser()
    add_model_options(parser)
    return load_model(parser, parser.parse_args(words))


def hash_of(folder: Path, seed: int) -> str:
    return read_weights(write_weights(folder / "expected.safetensors", seed)).sha256


def test_a_file_is_the_model_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PipelineError, match=r"models/digits\.safetensors is missing"):
        load()
    write_weights(tmp_path / "models/digits.safetensors")
    assert load().origin == Origin(path="models/digits.safetensors", sha256=hash_of(tmp_path, 1))
    assert load("--model", "expected.safetensors").origin.path == "expected.safetensors"


def test_a_stage_is_that_of_the_registry(project: Project, tmp_path: Path) -> None:
    origin = load("--stage", "staging", "--repository", str(project.root)).origin
    sha = project.git("rev-parse", "HEAD")
    assert origin == Origin(
        artifact="digits", stage="staging", version="v0.0.2", commit=sha, sha256=hash_of(tmp_path, 2)
    )


def test_a_version_that_was_taken_out_of_a_stage_is_not_served(project: Project) -> None:
    with pytest.raises(PipelineError, match=r"No version of digits is in production|not certain which version"):
        load("--stage", "production", "--repository", str(project.root))


def test_a_commit_may_be_any(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.root)
    sha = project.git("rev-parse", "HEAD~1")
    assert load("--sha", sha).origin == Origin(artifact="digits", commit=sha, sha256=hash_of(tmp_path, 1))
    with pytest.raises(PipelineError, match="not the full SHA"):
        load("--sha", sha[:7])


def test_a_repository_may_be_a_url_whose_clone_is_kept_and_updated(project: Project, tmp_path: Path) -> None:
    theirs = project.copied(tmp_path / "theirs")
    words = ("--stage", "staging", "--repository", f"file://{theirs.root}", "--cache", str(tmp_path / "cache"))
    assert load(*words).origin.version == "v0.0.2"
    write_weights(theirs.root / "models/digits.safetensors", 3)
    sha = theirs.commit("seed 3")
    tag_all(theirs, [("digits@v0.0.3", sha, TIME + 10), ("digits#staging#2", sha, TIME + 11)])
    assert load(*words).origin == Origin(
        artifact="digits", stage="staging", version="v0.0.3", commit=sha, sha256=hash_of(tmp_path, 3)
    )
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_a_clone_may_be_without_blobs(project: Project, tmp_path: Path) -> None:
    theirs = project.copied(tmp_path / "theirs")
    theirs.git("config", "uploadpack.allowFilter", "true")
    theirs.git("config", "uploadpack.allowAnySHA1InWant", "true")
    sha = theirs.git("rev-parse", "HEAD~1")
    model = load("--sha", sha, "--repository", f"file://{theirs.root}", "--cache", str(tmp_path / "cache"))
    assert model.origin.commit == sha
    (clone,) = (tmp_path / "cache").iterdir()
    assert Project(clone, git=False).git("config", "remote.origin.partialclonefilter") == "blob:none"


def test_a_shallow_repository_is_refused_before_git_clones_it(project: Project, tmp_path: Path) -> None:
    project.git("clone", "--quiet", "--depth=1", f"file://{project.root}", str(tmp_path / "a clone"))
    with pytest.raises(PipelineError, match="shallow"):
        load("--sha", "0" * 40, "--repository", f"file://{tmp_path}/a%20clone", "--cache", str(tmp_path / "cache"))
    assert not (tmp_path / "cache").exists()


def test_a_hook_of_another_repository_does_not_make_git_change_that_one(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("--sha", project.git("rev-parse", "HEAD"), "--repository", f"file://{project.root}")
    cache = ("--cache", str(tmp_path / "cache"))
    load(*words, *cache)
    mine = Project(tmp_path / "mine", dvc=False)
    mine.commit("published")
    mine.git("clone", "--quiet", "--bare", ".", str(tmp_path / "server"))
    mine.git("remote", "add", "origin", str(tmp_path / "server"))
    mine.git("fetch", "--quiet", "origin")
    mine.git("remote", "set-head", "origin", "--auto")
    mine.write("notes.txt", "not published")
    sha = mine.commit("mine")
    monkeypatch.setenv("GIT_DIR", str(mine.root / ".git"))
    load(*words, *cache)
    monkeypatch.delenv("GIT_DIR")
    assert mine.git("rev-parse", "HEAD") == sha


def test_a_clone_that_another_process_has_made_meanwhile_is_used(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha = project.git("rev-parse", "HEAD")
    words = ("--sha", sha, "--repository", f"file://{project.root}", "--cache", str(tmp_path / "cache"))
    rename = Path.rename

    def rename_late(clone: Path, folder: Path) -> Path:
        shutil.copytree(clone, folder)
        return rename(clone, folder)

    monkeypatch.setattr(Path, "rename", rename_late)
    assert load(*words).origin.commit == sha
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_a_cache_that_cannot_be_written_is_an_error(project: Project, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(PipelineError, match=r"cannot be written: File exists(.|\n)*--cache"):
        load("--sha", "a" * 40, "--repository", f"file://{project.root}", "--cache", str(tmp_path / "cache"))


@pytest.mark.parametrize(
    "url", ["file://ada:s3cret@/{}/none", "file://ada:a@s3cret@/{}/none", "http://ada:a/s3cret@{}"]
)
def test_a_url_that_cannot_be_cloned_is_an_error_without_its_password(tmp_path: Path, url: str) -> None:
    with pytest.raises(PipelineError, match="cannot be cloned") as caught:
        load("--stage", "staging", "--repository", url.format(tmp_path), "--cache", str(tmp_path / "cache"))
    assert "s3cret" not in str(caught.value)
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        ("--stage", "staging", "--sha", "a" * 40),
        ("--model", "a", "--stage", "staging"),
        ("--model", "a", "--repository", "."),
        ("--cache", "a"),
    ],
)
def test_options_that_contradict_each_other_are_wrong_usage(words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit, match="2"):
        load(*words)
