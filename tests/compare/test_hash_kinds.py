"""Hashes of DVC 2 against hashes of DVC 3: no change if the content is the same, else unknown without the content."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING

import pytest
from dvc_data.hashfile.hash import file_md5
from dvc_data.hashfile.tree import Tree
from repos import Project

import headway
from headway.app.comparison import Request
from headway.app.data import build_data
from headway.gather import Repository
from headway.values.dataset import FolderChange

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from headway.values.comparison import Comparison
    from headway.values.report import Report

CRLF, LF, BINARY = b"id,x\r\n1,2\r\n", b"id,x\n1,2\n", b"\x00\r\n\x01"
FILES = {
    "crlf.csv": CRLF,
    "lf.csv": LF,
    "binary.bin": BINARY,
    "texts/crlf.csv": CRLF,
    "texts/deep/lf.csv": b"id,x\n3,4\n",
    "texts/binary.bin": BINARY,
}
CODE = {"code.py": b"import os\r\n", "src/a.py": b"import os\n", "src/b.py": b"import os\n"}
TRACKED = ["crlf.csv", "lf.csv", "binary.bin", "texts"]
STAGE = {
    "cmd": "true",
    "deps": [*TRACKED, "texts/crlf.csv", "code.py", "src"],
    "outs": ["model.txt"],
    "metrics": ["metrics.json"],
    "plots": ["loss.csv"],
}
IGNORED = "".join(f"/{path}\n" for path in ("model.txt", "metrics.json", "loss.csv"))


def lose(project: Project, *patterns: str) -> Project:
    for path in [path for pattern in patterns for path in project.root.glob(pattern)]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return project


def by_dvc_3(project: Project, files: Mapping[str, bytes] = {}) -> Project:
    """Tracks the files and records the stage, as DVC 3 does; a hash of DVC 2 that still holds it would keep."""
    lose(project, "dvc.lock", "?*.dvc")
    for path, content in {**FILES, **CODE, "loss.csv": b"loss\r\n1\r\n", "model.txt": b"1\r\n", **files}.items():
        project.write(path, content)
    project.write("metrics.json", b'{"acc": 0.5,\r\n "f1": 1}').dvc_yaml({"stages": {"t": STAGE}})
    return project.add(*TRACKED).recorded()


def by_dvc_2(project: Project) -> Project:
    """Makes of what DVC 3 recorded what DVC 2 would have: its hashes, and its cache, which lies elsewhere."""
    cache = project.root / ".dvc/cache/files/md5"
    objects = {path.parent.name + path.name: path for path in cache.glob("*/*")}
    oids = {oid: file_md5(str(path), name="md5-dos2unix") for oid, path in objects.items() if ".dir" not in oid}
    code = {path: project.root / path for path in CODE}
    oids |= {file_md5(str(path)): file_md5(str(path), name="md5-dos2unix") for path in code.values()}
    for oid, path in objects.items():
        content = path.read_bytes()
        if oid.endswith(".dir"):
            oids[oid], content = folder({it["relpath"]: oids[it["md5"]] for it in json.loads(content)})
        project.write(f".dvc/cache/{oids[oid][:2]}/{oids[oid][2:]}", content)
    sources = {path.removeprefix("src/"): file_md5(str(code[path])) for path in CODE if path.startswith("src/")}
    oids[folder(sources)[0]] = folder({name: oids[oid] for name, oid in sources.items()})[0]
    for path in [project.root / "dvc.lock", *project.root.glob("?*.dvc")]:
        text = re.sub(r"^\s+hash: md5\n", "", path.read_text(), flags=re.MULTILINE)
        path.write_text(re.sub(r"\b[0-9a-f]{32}(\.dir)?", lambda found: oids[found[0]], text))
    return project


def folder(files: Mapping[str, str]) -> tuple[str, bytes]:
    """The hash of a folder, and its listing, as DVC writes them."""
    tree = Tree.from_list([{"md5": oid, "relpath": path} for path, oid in files.items()])
    tree.digest()
    return str(tree.hash_info.value), tree.as_bytes()


@pytest.fixture(scope="module")
def _upgraded_once(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("upgraded") / "project").write(".gitignore", IGNORED)
    by_dvc_2(by_dvc_3(project)).commit("as DVC 2 wrote it")
    by_dvc_3(project).commit("as DVC 3 writes it")
    return project


@pytest.fixture
def upgraded(_upgraded_once: Project, tmp_path: Path) -> Project:
    """A project whose last commit differs from the one before in nothing but the kind of its hashes."""
    return Project(shutil.copytree(_upgraded_once.root, tmp_path / "project"), git=False)


def compared(project: Project, base: str = "HEAD~", head: str | None = "HEAD", *, fetch: bool = False) -> Comparison:
    return headway.compare_revisions(project.root, base=base, head=head, environ={}, fetch=fetch)


def inside(project: Project, base: str = "HEAD~") -> Report:
    """What ``headway data`` reports."""
    request = Request(folder=project.root, base=base, head="HEAD", settings=None, fetch=False)
    return build_data(request, draw=False).report


def said(found: Comparison) -> tuple[list[str], list[str]]:
    """The stages with their causes, and the data, that changed or may have."""
    stages = [f"{s.name}: {', '.join(f'{c.kind} {c.what} {c.change}' for c in s.causes)}" for s in found.stages]
    return stages, [f"{change.path} {change.status}" for change in found.data]


OLD_CACHE, NEW_CACHE = ".dvc/cache/[0-9a-f][0-9a-f]", ".dvc/cache/files"
OBJECT = "?" * 30
"""A file in the cache, not the listing of a folder."""
NOTHING: tuple[list[str], list[str]] = ([], [])
UNKNOWN = (
    ["t: data crlf.csv unknown, data texts unknown, data texts/crlf.csv unknown"],
    ["crlf.csv unknown", "model.txt unknown", "texts unknown"],
)
"""Outputs in git are compared; outputs without content are not."""


def test_another_kind_of_hash_is_no_change(upgraded: Project) -> None:
    for sides in (("HEAD~", "HEAD"), ("HEAD", "HEAD~"), ("HEAD~", None)):
        found = compared(upgraded, *sides)
        assert said(found) == NOTHING
        assert not [problem for problem in found.problems if "hash" in problem.what]


def test_the_workspace_has_files_that_the_caches_lack(upgraded: Project) -> None:
    lose(upgraded, OLD_CACHE, NEW_CACHE)
    assert said(compared(upgraded, head=None)) == (["t: data texts unknown"], ["texts unknown"])
    lose(upgraded, "crlf.csv", "texts", "model.txt")
    assert said(compared(upgraded, head=None)) == UNKNOWN


def test_without_the_content_the_change_is_unknown(upgraded: Project) -> None:
    found = compared(lose(upgraded, OLD_CACHE, NEW_CACHE))
    assert said(found) == UNKNOWN
    (problem,) = (problem for problem in found.problems if "hash of DVC 2" in problem.what)
    assert problem.where == "crlf.csv, model.txt, texts and 1 more"
    assert problem.remedy == "dvc fetch --all-commits"
    report = inside(upgraded)
    assert not report.datasets
    assert [problem.where for problem in report.problems] == ["crlf.csv, model.txt, texts"]


def test_the_content_that_tells_is_fetched(upgraded: Project, tmp_path: Path) -> None:
    lose(upgraded.remote(tmp_path / "store"), NEW_CACHE)
    by_dvc_3(upgraded).commit("with a remote")
    with upgraded.dvc() as repo:
        repo.push(all_commits=True)
    found = compared(lose(upgraded, OLD_CACHE, NEW_CACHE), "HEAD~2")
    (remedy,) = {problem.remedy for problem in found.problems if "hash of DVC 2" in problem.what}
    upgraded.paste(remedy)
    assert said(compared(upgraded, "HEAD~2")) == NOTHING


@pytest.mark.parametrize(
    ("changed", "without"),
    [
        (
            "1,3\r\n",
            {(): "changed", (f"{OLD_CACHE}/{OBJECT}",): "changed", (OLD_CACHE, NEW_CACHE): "unknown"},
        ),
        ("1,33\r\n", {(OLD_CACHE, NEW_CACHE): "changed"}),
    ],
)
def test_a_change_stays_one(upgraded: Project, changed: str, without: dict[tuple[str, ...], str]) -> None:
    content = f"id,x\r\n{changed}".encode()
    by_dvc_3(upgraded, {"crlf.csv": content, "texts/crlf.csv": content}).commit()
    for lost, expected in without.items():
        (stage,), data = said(compared(lose(upgraded, *lost), "HEAD~2"))
        assert stage.startswith(f"t: data crlf.csv {expected}, data texts {expected}, data texts/crlf.csv {expected}")
        assert {f"crlf.csv {expected}", f"texts {expected}"} <= set(data), lost


@pytest.mark.parametrize("name", ["crlf.csv", "lf.csv"])
def test_other_line_ends_are_a_change(upgraded: Project, name: str) -> None:
    by_dvc_3(upgraded, {name: LF if name == "crlf.csv" else CRLF}).commit()
    assert said(compared(upgraded, "HEAD~2")) == ([f"t: data {name} changed"], [f"{name} changed"])


def test_a_folder_names_the_files_that_changed(upgraded: Project) -> None:
    by_dvc_3(upgraded, {"texts/deep/lf.csv": LF + LF}).commit()
    for lost, named, unknown in (
        ("nothing", ["deep/lf.csv"], ""),
        (f"{OLD_CACHE}/{OBJECT}", ["deep/lf.csv"], ""),
        (f"{NEW_CACHE}/md5/*/{OBJECT}", [], "2 of its files"),
    ):
        found = inside(lose(upgraded, lost), "HEAD~2")
        (folder,) = (dataset for dataset in found.datasets if isinstance(dataset, FolderChange))
        assert [file.path for file in folder.files] == named
        assert [p.where for p in found.problems if unknown and unknown in p.what] == ["texts"] * bool(unknown)


def test_a_lock_that_a_rerun_wrote_in_part(upgraded: Project) -> None:
    (old, _, _), (_, outs, new) = (
        upgraded.git("show", f"{name}:dvc.lock").partition("    outs:\n") for name in ("HEAD~", "HEAD")
    )
    upgraded.write("dvc.lock", f"{old}{outs}{new}\n").commit()
    for base in ("HEAD~", "HEAD~2"):
        assert said(compared(upgraded, base)) == NOTHING


def test_imports(upgraded: Project) -> None:
    source = "deps:\n- path: a\n  repo:\n    url: https://example.com/r\n    rev_lock: '1'\n"
    for revision in ("HEAD~", "HEAD~"):
        tracked = upgraded.git("show", f"{revision}:crlf.csv.dvc").replace("crlf.csv", "imported.csv")
        upgraded.write("imported.csv.dvc", f"{source}{tracked}\n").commit()
    assert said(compared(upgraded)) == NOTHING
    assert said(compared(lose(upgraded, OLD_CACHE, NEW_CACHE))) == ([], ["imported.csv unknown"])


def test_metrics_and_plots_of_dvc_2_are_read(upgraded: Project, tmp_path: Path) -> None:
    upgraded.write(".dvc/config.local", f"[core]\n    remote = s\n['remote \"s\"']\n    url = {tmp_path / 'store'}\n")
    upgraded.checkout("HEAD~").push().checkout("main")
    assert not (tmp_path / "store/files").exists(), "DVC 2 kept its objects elsewhere"
    for lost in ("nothing", OLD_CACHE):
        with Repository.open(lose(upgraded, lost).root) as repository:
            base = repository.open_revision(repository.resolve_head("HEAD~"), "base")
            assert base.snapshot().metrics == {"metrics.json": {"acc": 0.5, "f1": 1}}
            assert base.read("loss.csv", 100) == b"loss\r\n1\r\n"
            assert base.read("texts/crlf.csv", 100) == CRLF


def test_a_lock_of_dvc_1_is_read(upgraded: Project) -> None:
    """It has no schema, and its stages stand at the top."""
    lock = upgraded.git("show", "HEAD~:dvc.lock")
    stages = re.sub(r"^  ", "", lock.partition("stages:\n")[2], flags=re.MULTILINE)
    upgraded.write("dvc.lock", re.sub(r"^ +(size|nfiles): .*\n", "", stages + "\n", flags=re.MULTILINE)).commit()
    assert said(compared(upgraded)) == NOTHING
    assert said(compared(upgraded, "HEAD~2")) == NOTHING


def test_verify_compares_the_two_kinds(upgraded: Project) -> None:
    """The stage was recorded by DVC 2, its data by DVC 3."""
    upgraded.write("dvc.lock", upgraded.git("show", "HEAD~:dvc.lock") + "\n")
    found = headway.verify_workspace(upgraded.root, environ={})
    assert (found.status, found.unchecked) == ("verified", ())
    lose(upgraded, "?*.csv", "texts")
    found = headway.verify_workspace(upgraded.root, environ={})
    assert (found.status, found.stages) == ("verified", ())
    assert [problem.where for problem in found.unchecked] == ["crlf.csv", "texts", "texts/crlf.csv"]
    assert all("one of DVC 3" in problem.what for problem in found.unchecked)
