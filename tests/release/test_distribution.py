"""What a release consists of: its version and commit, the page on the index, and nothing that users do not need."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email import message_from_string
from typing import TYPE_CHECKING

import pytest
from house.requirements import builds, locked
from readme_renderer.markdown import render
from repos import Project
from workflow_steps import ROOT

if TYPE_CHECKING:
    from pathlib import Path

UV = [sys.executable, "-m", "uv", "build", "--quiet"]
PACKED = {"README.md", "CHANGELOG.md", "CITATION.cff", "LICENSE", "pyproject.toml", "hatch_build.py", ".gitignore"}
"""The files at the top of a source distribution, of which each must exist but CITATION.cff."""
SOURCES = {name for name in (*PACKED, ".gitattributes", ".git_archival.txt") if (ROOT / name).exists()}
URLS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Headway's sources, in a repository of their own whose only commit is tagged, with what must not be packed."""
    project = Project(tmp_path_factory.mktemp("sources") / "headway")
    for name in SOURCES:
        shutil.copy(ROOT / name, project.root)
    shutil.copytree(ROOT / "src/headway", project.root / "src/headway", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("src/digits/train.py", ".dvc/embedded/files/md5/ab", "reports/metrics.json", "tests/test_a.py"):
        project.write(name, "not for users\n")
    project.commit("release")
    for tag in ("v1.2.3", "v1", "digits@v9.0.0", "v9.0.0-digits", "v9.0.0@v1"):
        project.git("tag", tag)
    return project


@pytest.fixture(scope="module")
def sdist(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as in a hook of another repository, where git sets variables."""
    other = Project(tmp_path_factory.mktemp("other"), dvc=False)
    other.commit()
    return build(project.root, "--sdist", GIT_DIR=str(other.root / ".git"), GIT_WORK_TREE=str(other.root))


@pytest.fixture(scope="module")
def page(sdist: Path) -> str:
    """The README as a package index shows it."""
    text = read(sdist, "PKG-INFO")
    shown = render(str(message_from_string(text).get_payload()))
    assert shown
    return shown


def build(folder: Path, *options: str, out: str = "dist", **variables: str) -> Path:
    """What a build makes of a folder, as a release is built."""
    made = folder.parent / out
    environ = {**os.environ, "SOURCE_DATE_EPOCH": "1800000000", **variables}
    subprocess.run([*UV, *options, "--out-dir", str(made), str(folder)], check=True, env=environ)
    (file,) = [each for each in made.iterdir() if each.name.endswith((".whl", ".tar.gz"))]
    return file


def read(sdist: Path, name: str) -> str:
    with tarfile.open(sdist) as archive:
        (found,) = [each for each in archive.getmembers() if each.name.split("/", 1)[1] == name]
        file = archive.extractfile(found)
        assert file
        return file.read().decode()


def test_the_version_is_that_of_the_releases_tag(sdist: Path) -> None:
    assert sdist.name == "dvc_headway-1.2.3.tar.gz"


def test_the_source_distribution_is_small(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = [name.split("/", 1)[1] for name in archive.getnames()]
    top = {name.split("/")[0] for name in names}
    assert PACKED - {"CITATION.cff"} <= top <= {*PACKED, "PKG-INFO", "src"}
    assert {"/".join(name.split("/")[:2]) for name in names if name.startswith("src/")} == {"src/headway"}
    assert sdist.stat().st_size < 1_500_000


def test_it_knows_its_commit(sdist: Path, project: Project) -> None:
    assert read(sdist, "src/headway/commit.txt") == project.git("rev-parse", "HEAD") + "\n"
    assert project.git("status", "--porcelain") == ""


def test_no_link_and_no_image_of_the_page_is_relative(page: str) -> None:
    targets = re.findall(r'\b(?:href|src|srcset)="([^"]*)"', page)
    assert not [each for each in targets if not re.match(r"https?://|#", each)]
    links = [each for each in targets if each.startswith(URLS["Source"])]
    assert f"{URLS['Source']}/blob/v1.2.3/docs/first-comment.md" in links
    assert all(each.startswith(f"{URLS['Source']}/blob/v1.2.3/") for each in links)


def test_every_image_of_the_readme_shows_on_the_page(page: str) -> None:
    images = re.findall(r'<img [^>]*src="([^"]+)"', (ROOT / "README.md").read_text())
    raw = URLS["Source"].replace("https://github.com", "https://raw.githubusercontent.com")
    assert images
    assert re.findall(r'<img [^>]*src="([^"]+)"', page) == [f"{raw}/v1.2.3/{each}" for each in images]


def test_its_metadata_say_whose_it_is_and_where_it_runs(sdist: Path) -> None:
    metadata = message_from_string(read(sdist, "PKG-INFO"))
    links = dict(each.split(", ") for each in metadata.get_all("Project-URL", []))
    assert links == URLS
    assert {"Homepage", "Documentation", "Source", "Issues", "Changelog"} == links.keys()
    assert metadata.get_all("License-File") == ["LICENSE", "src/headway/report/assets/vega.LICENSE.txt"]
    assert metadata["Author"]
    assert not re.search(r"\S@\S", f"{metadata['Author']} {metadata['Author-email']} {metadata['Maintainer']}")
    tested = re.findall(r"Python :: (3\.\d+)", str(metadata.get_all("Classifier", [])))
    (matrix,) = re.findall(r"python: (\[.+\])", (ROOT / ".github/workflows/ci.yml").read_text())
    assert tested == re.findall(r"3\.\d+", matrix)


def test_the_tools_are_locked() -> None:
    tools = locked("release.txt")
    assert builds(tools)
    assert "twine" in tools


@pytest.mark.slow
def test_every_way_to_build_gives_the_same_bytes_and_the_index_takes_them(
    project: Project, sdist: Path, tmp_path: Path
) -> None:
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.iterdir()
    wheels = [
        build(project.root, "--wheel", out="wheel"),
        build(project.root, "--wheel", out="again"),
        build(unpacked, "--wheel", out="by way of the source distribution"),
    ]
    assert len({each.read_bytes() for each in wheels}) == 1
    assert build(project.root, "--sdist", out="sdist again").read_bytes() == sdist.read_bytes()
    commit = zipfile.ZipFile(wheels[0]).read("headway/commit.txt").decode().strip()
    assert commit == project.git("rev-parse", "HEAD")
    subprocess.run([sys.executable, "-m", "twine", "check", "--strict", wheels[0], sdist], check=True)


@pytest.mark.slow
def test_the_version_of_what_is_no_release(project: Project, tmp_path: Path) -> None:
    clone = project.clone(tmp_path / "clone").root

    def made(folder: Path, out: str) -> tuple[str, str]:
        wheel = build(folder, "--wheel", out=out)
        with zipfile.ZipFile(wheel) as archive:
            noted = "headway/commit.txt" in archive.namelist()
            commit = archive.read("headway/commit.txt").decode().strip() if noted else ""
        return wheel.name.split("-")[1], commit

    (clone / "a.txt").write_text("new\n")
    assert made(clone, "untracked") == ("1.2.3", ""), "no commit has the new file"
    subprocess.run(["git", "add", "."], cwd=clone, check=True)
    assert made(clone, "changed") == ("1.2.4.dev0+dirty", "")
    subprocess.run(["git", "commit", "--quiet", "--message", "new"], cwd=clone, check=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=clone, check=True, capture_output=True, text=True).stdout
    assert made(clone, "later") == ("1.2.4.dev1", head.strip())
    for tags, version in ((True, "1.2.4.dev1"), (False, "0.0.0.dev0")):
        if not tags:
            subprocess.run(["git", "tag", "--delete", "v1.2.3"], cwd=clone, check=True)
        folder = tmp_path / f"archive{tags}"
        folder.mkdir()
        archive = ["git", "archive", "--output", str(folder / "a.tar"), "HEAD"]
        subprocess.run(archive, cwd=clone, check=True)
        shutil.unpack_archive(folder / "a.tar", folder / "files")
        assert made(folder / "files", f"archive {tags}") == (version, head.strip()), "as GitHub gives an action"
    (tmp_path / "archiveFalse/files/.git_archival.txt").unlink()
    assert made(tmp_path / "archiveFalse/files", "no git") == ("0.0.0.dev0", "")


@pytest.mark.slow
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
@pytest.mark.parametrize("extra", ["", "pipeline", "serve", "s3", "gs", "tensorboard"])
def test_each_extra_has_packages_for_each_python(python: str, extra: str, tmp_path: Path) -> None:
    """Wheels alone, so that users need no compiler; of the one package without wheels, the source is plain Python."""
    compile_ = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--python-version", python]
    wheels = ["--only-binary", ":all:", "--no-binary", "antlr4-python3-runtime"]
    wanted = [str(ROOT / "pyproject.toml"), *(["--extra", extra] if extra else [])]
    subprocess.run([*compile_, *wheels, *wanted, "--output-file", str(tmp_path / "found.txt")], check=True)
    assert re.search(r"^dvc==3\.", (tmp_path / "found.txt").read_text(), re.MULTILINE)


@pytest.mark.slow
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
def test_the_versions_of_the_tests_have_packages_for_each_python(python: str, tmp_path: Path) -> None:
    compile_ = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--python-version", python, "--extra", "dev"]
    wheels = ["--only-binary", ":all:", "--no-binary", "antlr4-python3-runtime"]
    pins = ["--constraint", str(ROOT / "constraints.txt"), "--output-file", str(tmp_path / "found.txt")]
    subprocess.run([*compile_, *wheels, str(ROOT / "pyproject.toml"), *pins], check=True)
