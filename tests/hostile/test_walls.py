"""Private files: whatever a stranger's change names or links to, none of it reaches a report or an error."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING

import pytest
from hostile.page import Row, Section
from image_forges import png
from repos import PIPELINE, Project

from headway.__main__ import run
from headway.errors import DocumentError
from headway.publish.documents.document import publish_images, read_document
from headway.publish.images.store import NoImages
from headway.writing import write_files

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "CANARY"
FILES = {
    "s.json": f'{{"{CANARY}": 0.31337}}',
    "s.yaml": f"{CANARY}: 1\nlr: {CANARY}\n",
    "s.csv": f"step,{CANARY}\n1,2\n2,3\n",
    "s.md": f"# {CANARY}\n",
    "s.ini": f"[{CANARY}]\n{CANARY} = 1\n{CANARY} {CANARY}\n",
    "template.json": f'{{"mark": "line", "title": "{CANARY}", "data": {{"values": "<DVC_METRIC_DATA>"}}}}',
    "dvc.yaml": f"stages:\n  {CANARY}:\n    cmd: echo {CANARY}\n",
    "dvc.lock": f"schema: '2.0'\nstages:\n  train:\n    cmd: echo {CANARY}\n",
    "x.dvc": f"outs:\n- path: {CANARY}\n  md5: {'a' * 32}\n  hash: md5\n",
    "headway.yaml": f"{CANARY}: {CANARY}\n",
}
HASH = "c" * 32


def victim(folder: Path) -> Project:
    """A project with a commit, and secrets wherever a machine of CI has them."""
    project = Project(folder / "project").write("code.py", "").write("params.yaml", "lr: 0.1\n")
    project.json("metrics.json", {"acc": 0.9}).write("curve.csv", "step,acc\n1,2\n").dvc_yaml(PIPELINE)
    Project(project.root / "beside", dvc=False)
    project.write(".gitignore", "/beside\n").commit()
    for place in ("../outside", ".git", ".dvc/tmp", "beside"):
        for name, content in FILES.items():
            project.write(f"{place}/{name}", content)
    return project


def seen(project: Project, *args: str) -> tuple[int, str, bytes]:
    """A command's exit code, what it printed, and every byte of the report that it wrote."""
    out, stderr = project.root.parent / "out", io.StringIO()
    with redirect_stdout(io.StringIO()) as stdout, redirect_stderr(stderr):
        code = run([*args, "-C", str(project.root)] + (["--out", str(out)] if args[0] == "report" else []))
    report = b"".join(path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file())
    return code, stderr.getvalue(), report + stdout.getvalue().encode()


def reported(project: Project, head: str | None = None, *options: str) -> str:
    """How a report ended: its footnotes by what they say, and how often a secret is in it."""
    code, stderr, report = seen(project, "report", "main", *(("--head", head) if head else ()), *options)
    shown = report.count(CANARY.encode()) + stderr.count(CANARY)
    if code:
        why = " ".join(stderr.replace(f"{project.root.parent}/", "").splitlines()[:2])
        return f"exit {code}, {shown} secrets: {why}"
    problems = json.loads((project.root.parent / "out/report.json").read_text())["problems"]
    what = dict.fromkeys(each["what"].replace(str(project.root.parent), "") for each in problems)
    files = "1 file" if len(problems) == 1 else f"{len(problems)} files"
    return f"exit 0, {shown} secrets, {files} left out: {'; '.join(what)}"


def naming(project: Project, *places: str) -> Project:
    """A project that names the files of some places as everything that a report shows."""
    drawn = {place: {"y": {"curve.csv": "acc"}, "template": f"{place}/template.json"} for place in places}
    plots = [{f"{place}/s.csv": {"x": "step"}, f"plot {place}": plot} for place, plot in drawn.items()]
    metrics, params = [f"{place}/s.json" for place in places], [f"{place}/s.yaml" for place in places]
    project.dvc_yaml({**PIPELINE, "metrics": metrics, "params": params, "plots": plots})
    return project.json("headway.yaml", {"include": [{"path": f"{place}/s.md"} for place in places]})


def by_path(folder: Path) -> str:
    project = naming(victim(folder), "../outside")
    workspace = reported(project)
    project.branch("change").commit()
    return f"workspace: {workspace}. Commit: {reported(project, 'change')}"


def by_link(folder: Path) -> str:
    targets = {"one": "../outside", "two": ".git", "three": ".dvc/tmp", "four": "beside"}
    project = naming(victim(folder), *targets)
    for link, target in targets.items():
        (project.root / link).symlink_to(target)
    return reported(project)


def variables(folder: Path) -> str:
    project = victim(folder)
    stage = {"cmd": "echo ${CANARY}", "outs": ["o"]}
    return reported(project.dvc_yaml({"vars": ["../outside/s.yaml"], "stages": {"t": stage}}))


def own_files(folder: Path) -> str:
    """Each file that Headway or DVC reads by its name, as a link."""
    said = []
    for link in ("dvc.yaml", "dvc.lock", "x.dvc", ".dvc/config", "headway.yaml", "params.yaml"):
        project = victim(folder / link.replace("/", "-"))
        (project.root / link).unlink(missing_ok=True)
        secret = {".dvc/config": "s.ini", "params.yaml": "s.yaml"}.get(link, link)
        (project.root / link).symlink_to(project.root.parent / "outside" / secret)
        code, stderr, report = seen(project, "diff", "main")
        reason = stderr.splitlines()[1].strip() if code else "no error"
        said.append(f"exit {code}, {(stderr.encode() + report).count(CANARY.encode())} secrets ({reason})")
    return "; ".join(said)


def tracked(project: Project, oid: str, **entry: object) -> Project:
    project.json("m.json.dvc", {"outs": [{"path": "m.json", "md5": oid, "hash": "md5", "size": 9}], **entry})
    return project.dvc_yaml({**PIPELINE, "metrics": ["m.json"]})


def hash_as_path(folder: Path) -> str:
    return reported(tracked(victim(folder), "../../../../../outside/s.json"))


def planted_object(folder: Path) -> str:
    project = tracked(victim(folder), HASH).write(".dvc/config", "[cache]\n    dir = ../objects\n")
    place = project.root / f"objects/files/md5/{HASH[:2]}/{HASH[2:]}"
    place.parent.mkdir(parents=True)
    place.symlink_to(project.root.parent / "outside/s.json")
    return reported(project)


def pointer(folder: Path) -> str:
    project = victim(folder).write(".gitattributes", "m.json filter=lfs\n").branch("change")
    target = project.root.parent / "outside/s.json"
    project.write("m.json", f"version https://git-lfs.github.com/spec/v1\noid sha256:{target}\nsize 9\n")
    project.dvc_yaml({**PIPELINE, "metrics": ["m.json"]}).commit()
    return reported(project, "change")


def imported(folder: Path) -> str:
    project, other = victim(folder), Project(folder / "private").write("s.json", FILES["s.json"])
    other.commit()
    source = {"path": "s.json", "repo": {"url": str(other.root), "rev_lock": "main"}}
    return reported(tracked(project, HASH, deps=[source]), None, "--fetch")


def document(folder: Path) -> str:
    project = victim(folder)
    for place in ("../outside", ".git", "beside"):
        project.write(f"{place}/s.png", png(1))
    (project.root / "link.png").symlink_to("../outside/s.png")
    said = []
    for address in ("../outside/s.png", "/proc/self/environ", ".git/s.png", "beside/s.png", "link.png"):
        project.write("report.md", f"![]({address})\n")
        with pytest.raises(DocumentError) as refused:
            publish_images(read_document(project.root / "report.md"), NoImages())
        said.append(str(refused.value.what))
    return "; ".join(said)


def output_folder(folder: Path) -> str:
    project = victim(folder)
    (project.root / "reports").symlink_to("../outside")
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()) as stderr:
        code = run(["report", "main", "-C", str(project.root)])
    why = stderr.getvalue().splitlines()[1].strip()
    written = {path.name for path in (folder / "outside").iterdir()} - FILES.keys()
    return f"exit {code}, {len(written)} files written there: {why}"


def image_folder(folder: Path) -> str:
    """The committed report said that a key is an image of its own, which is stale now."""
    keys = folder / "keys"
    keys.mkdir()
    (keys / "id.png").write_text("key")
    said = []
    for images in ({}, {"charts/new.png": b"new"}):
        out = folder / f"{len(images)}-new"
        out.mkdir()
        (out / "charts").symlink_to(keys)
        write_files(out, images, {"report.json": b""}, stale={"charts/id.png"})
        form = "the link" if (out / "charts").is_symlink() else "a folder of its own"
        is_kept = {path.name: path.read_text() for path in keys.iterdir()} == {"id.png": "key"}
        said.append(f"with {len(images)} new images, it is {form}, and the key {'stays' if is_kept else 'is gone'}")
    return "; ".join(said)


SECTION = Section(
    "Private files",
    (
        Row(
            "metrics, parameters, plots, templates and sections with paths that lead out of the repository",
            by_path,
            slow=True,
        ),
        Row(
            "the same behind symbolic links out of it, to `.git`, to `.dvc/tmp`, and to another repository's checkout"
            " inside it",
            by_link,
        ),
        Row("variables in `dvc.yaml` from a file outside the repository", variables),
        Row(
            "`dvc.yaml`, `dvc.lock`, a `.dvc` file, `.dvc/config`, `headway.yaml` and `params.yaml`, each a link out of"
            " the repository",
            own_files,
        ),
        Row("a `.dvc` file with a path instead of a hash", hash_as_path),
        Row("a cache in the repository with an object that is a link out of it", planted_object),
        Row("a Git LFS pointer with a path instead of a hash", pointer),
        Row("an import from another repository on the same machine, with an arbitrary hash", imported),
        Row("a document that shows images from outside the repository and from `.git`", document),
        Row("a report folder behind a link out of the repository", output_folder),
        Row("a committed report whose `charts` is a link to a folder with a key", image_folder),
    ),
)


@pytest.mark.parametrize("row", SECTION.params(), ids=lambda row: row.tried)
def test_private_files(row: Row, tmp_path: Path) -> None:
    SECTION.check(row, row.play(tmp_path))
