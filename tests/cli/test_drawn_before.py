"""A second report into the same folder draws only what is new, and trusts no file that it did not write itself."""

from __future__ import annotations

import io
import shutil
from typing import TYPE_CHECKING, Any, ClassVar, Self

import pytest
from draw.reduced_here import ReducesHere
from PIL import Image
from repos import Project

import headway
from headway.draw.renderer import Renderer

if TYPE_CHECKING:
    from pathlib import Path

    from headway.draw.jobs import Job

CURVE = "step,loss\n" + "\n".join(f"{step},{3 / (step + 1)}" for step in range(9))
BARS = "class,f1\ncat,{}\ndog,0.5"
OWN = {"data": {"values": "<DVC_METRIC_DATA>"}, "mark": "point", "encoding": {"x": {"field": "step"}}}


class QuickRenderer(ReducesHere, Renderer):
    """Makes an image of each job without V8, a white one and a black one where it is for both themes."""

    jobs: ClassVar[list[Job]] = []

    def __enter__(self) -> Self:
        return self

    def submit(self, key: str, job: Job, *, dark_key: str | None = None) -> None:
        self.jobs.append(job)
        for name, color in ((key, "white"), (dark_key, "black")):
            if name:
                image = Image.new("RGB", (752, 8), color)
                image.putpixel((0, 0), (len(str(job)) % 256, 0, 0))
                stream = io.BytesIO()
                image.save(stream, "PNG")
                self._results[name] = stream.getvalue()

    def results(self) -> dict[str, bytes | str]:
        return self._results


@pytest.fixture
def ordered(monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    """The jobs that reports leave to the renderer."""
    monkeypatch.setattr("headway.app.report.Renderer", QuickRenderer)
    QuickRenderer.jobs.clear()
    return QuickRenderer.jobs


def project_of(folder: Path, *plots: dict[str, Any]) -> Project:
    project = Project(folder).dvc_yaml({"plots": list(plots)})
    project.write("loss.csv", CURVE).write("f1.csv", BARS.format(0.4)).commit("base")
    project.write("f1.csv", BARS.format(0.6)).commit("head")
    return project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    bars = {"f1.csv": {"x": "f1", "y": "class", "template": "bar_horizontal"}}
    return project_of(tmp_path / "project", {"loss.csv": {"x": "step", "y": "loss"}}, bars)


def report(project: Project) -> dict[str, bytes]:
    headway.build_report(project.root, "HEAD~1", "HEAD", out=project.root / "out", environ={})
    return files(project)


def files(project: Project) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (project.root / "out").rglob("*") if path.is_file()}


@pytest.mark.usefixtures("shared_children")
@pytest.mark.slow
def test_a_second_report_is_the_first_one(project: Project) -> None:
    first = report(project)
    assert report(project) == first
    shutil.rmtree(project.root / ".git/headway")
    assert report(project) == first


def test_a_second_report_draws_nothing(project: Project, ordered: list[Job]) -> None:
    first = report(project)
    assert len(ordered) == 2
    assert report(project) == first
    assert len(ordered) == 2


def test_only_what_changed_is_drawn(project: Project, ordered: list[Job]) -> None:
    report(project)
    project.write("f1.csv", BARS.format(0.7)).commit("better")
    before = len(ordered)
    headway.build_report(project.root, "HEAD~2", "HEAD", out=project.root / "out", environ={})
    assert len(ordered) == before + 1


@pytest.mark.parametrize("harm", ["changed", "missing", "link to nowhere"])
def test_an_image_that_is_not_what_was_drawn_is_drawn_again(project: Project, ordered: list[Job], harm: str) -> None:
    first = report(project)
    image = next(path for path in sorted((project.root / "out/charts").iterdir()) if path.name.startswith("loss"))
    image.unlink()
    if harm == "changed":
        Image.new("RGB", (752, 400), "red").save(image)
    if harm == "link to nowhere":
        image.symlink_to("nowhere")
    assert report(project) == first
    assert len(ordered) == 3


@pytest.mark.parametrize("harm", ["missing", "no JSON", "another form"])
def test_without_its_list_all_images_are_drawn_again(project: Project, ordered: list[Job], harm: str) -> None:
    first = report(project)
    (listed,) = (project.root / ".git/headway").iterdir()
    listed.unlink()
    if harm != "missing":
        listed.write_text("{" if harm == "no JSON" else '{"a": 1}')
    assert report(project) == first
    assert len(ordered) == 4


def test_a_clone_gets_no_list_whatever_is_committed(project: Project, tmp_path: Path, ordered: list[Job]) -> None:
    first = report(project)
    shutil.copytree(project.root / ".git/headway", project.root / "out/headway")
    project.commit("a report and a list")
    clone = project.clone(tmp_path / "clone")
    headway.build_report(clone.root, "HEAD~2", "HEAD~1", out=clone.root / "out", environ={})
    assert len(ordered) == 4
    assert {name for name in files(clone) if name.endswith(".png")} == {name for name in first if name.endswith(".png")}


def test_a_folder_beside_another_has_a_list_of_its_own(project: Project, ordered: list[Job]) -> None:
    report(project)
    headway.build_report(project.root, "HEAD~1", "HEAD", out=project.root / "other", environ={})
    assert len(ordered) == 4
    report(project)
    assert len(ordered) == 4


def test_a_folder_that_git_lets_nobody_write_costs_only_time(project: Project, ordered: list[Job]) -> None:
    (project.root / ".git/headway").write_text("not a folder")
    assert report(project) == report(project)
    assert len(ordered) == 4


def test_what_may_look_different_tomorrow_is_always_drawn(tmp_path: Path, ordered: list[Job]) -> None:
    own = {"loss.csv": {"x": "step", "y": "loss", "template": "own"}}
    chess = {"f1.csv": {"x": "f1", "y": "class", "template": "bar_horizontal", "title": "\N{BLACK CHESS KING}"}}
    project = Project(tmp_path / "project").json(".dvc/plots/own.json", OWN)
    project = project_of(tmp_path / "project", own, chess)
    report(project)
    drawn = len(ordered)
    report(project)
    assert drawn == 3  # both themes of the team's program, and one program of ours
    assert len(ordered) == 2 * drawn
