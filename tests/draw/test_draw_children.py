"""The processes behind the renderer: one that cannot start costs its images, and those that are idle serve again."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from msgspec.structs import replace
from repos import Project

from headway.cli.main import run
from headway.draw import children
from headway.draw.children import Children
from headway.draw.input_keys import input_keys
from headway.draw.jobs import ImageJob, ThumbnailJob, VegaJob
from headway.draw.plots.messages import StoredFile
from headway.draw.renderer import Renderer
from headway.values.chart import VegaChart
from headway.values.comparison import PlotPair
from headway.values.snapshot import Axis, PlotDefinition

if TYPE_CHECKING:
    from pathlib import Path

    from headway.draw.children import Role
    from headway.draw.plots.messages import PlotJob, Reduced

GOOD = {"data": {"values": [{"a": 1, "b": 2}]}, "mark": "point", "encoding": {"x": {"field": "a"}, "y": {"field": "b"}}}
CURVE = "step,loss\n" + "\n".join(f"{step},{3 / (step + 1)}" for step in range(9))
HUGE = {"data": {"values": "<DVC_METRIC_DATA>"}, "mark": {"type": "point", "size": 2**70}}


def started(monkeypatch: pytest.MonkeyPatch) -> list[Role]:
    """The roles of the processes that are started from now on."""
    roles: list[Role] = []
    start = children.start

    def start_and_tell(role: Role) -> Any:
        roles.append(role)
        return start(role)

    monkeypatch.setattr(children, "start", start_and_tell)
    return roles


def workers() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "headway.draw.worker" in child.cmdline()]


def test_one_renderer_leaves_its_processes_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    roles = started(monkeypatch)
    images = []
    with Children() as shared:
        for _ in range(2):
            with Renderer(processes=1, children=shared) as renderer:
                renderer.submit("one", VegaJob(GOOD))
                images.append(renderer.results()["one"])
    assert sorted(set(roles)) == sorted(roles), "each at most once"
    assert "programs" in roles
    assert images[0] == images[1]
    assert isinstance(images[0], bytes)
    assert not workers()


def test_a_process_that_died_idle_is_not_taken() -> None:
    with Children() as shared:
        dead = shared.take("pixels")
        dead.kill()
        dead.wait()
        shared.leave("pixels", dead)
        assert shared.take("pixels").pid != dead.pid
        for child in workers():
            child.kill()


def test_projects_share_their_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = Project(tmp_path / "several", dvc=False)
    for name in ("a", "b", "c"):
        Project(project.root / name, git=False).dvc_init().dvc_yaml(
            {"plots": [{"loss.csv": {"x": "step", "y": "loss"}}]}
        )
        (project.root / name / "loss.csv").write_text(CURVE)
    project.commit("base")
    for name in ("a", "b", "c"):
        (project.root / name / "loss.csv").write_text(CURVE + "\n9,0.1")
    project.commit("head")
    roles = started(monkeypatch)
    monkeypatch.chdir(project.root)
    assert run(["report", "HEAD~1", "HEAD", "--all-projects"]) == 0
    assert len(list((project.root / "reports/headway").rglob("loss-*.png"))) == 6
    assert sorted(set(roles)) == sorted(roles), "each at most once"
    assert {"programs", "tables"} <= set(roles)


def test_a_process_that_cannot_start_costs_its_images(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Role) -> None:
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    with Renderer(processes=1) as renderer:
        monkeypatch.setattr("headway.draw.renderer.start", refuse)
        renderer.submit("small", ThumbnailJob(b"no image"))
        reason = renderer.result("small")
    assert "cannot be started" in str(reason)


def pair(custom: dict[str, Any] | None = None) -> PlotPair:
    plot = PlotDefinition(
        id="loss.csv",
        form="table",
        files=("loss.csv",),
        x=(Axis("loss.csv", "step"),),
        y=(Axis("loss.csv", "loss"),),
        custom=custom,
    )
    return PlotPair(id="loss.csv", base=plot, head=plot)


class Noted(Renderer):
    """Keeps the orders for the process for tables, and starts none."""

    jobs: list[PlotJob]

    def order(self, content: bytes) -> PlotJob:
        assert self._plots
        self.reduce(pair(), {"loss.csv": content}, {"loss.csv": content}, lambda _: None)
        item = self._plots.orders.get_nowait()
        assert item
        job: PlotJob = item[1].job  # type: ignore[assignment]  # the lane for tables has no others
        return job


def test_a_large_file_is_stored_once_and_removed() -> None:
    renderer, content = Noted(tables=True), CURVE.encode() + b"\n" * 2_000_000
    stored = [job.base["loss.csv"] for job in (renderer.order(content), renderer.order(content))]
    assert isinstance(stored[0], StoredFile)
    assert stored[0] == stored[1] == renderer.order(content).head["loss.csv"]
    assert os.path.getsize(stored[0].path) == len(content)  # noqa: PTH202 - a string
    renderer.__exit__()
    assert not os.path.exists(stored[0].path)  # noqa: PTH110 - likewise


def test_without_room_on_the_disk_a_large_file_travels_in_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: str) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("headway.draw.renderer.TemporaryDirectory", full)
    content = CURVE.encode() + b"\n" * 2_000_000
    assert Noted(tables=True).order(content).base["loss.csv"] == content


def test_a_template_with_a_huge_integer_costs_its_image_alone() -> None:
    found: list[Reduced] = []
    Noted(tables=True).reduce(pair(HUGE), {"loss.csv": CURVE.encode()}, {"loss.csv": CURVE.encode()}, found.append)
    (chart,) = found[0].charts
    assert isinstance(chart, VegaChart)
    assert not found[0].reason


@pytest.mark.parametrize(("letters", "keys"), [("one", 1), ("\u0531", 0)])
def test_what_the_machines_fonts_draw_has_no_key(letters: str, keys: int) -> None:
    svg = f'<svg xmlns="http://www.w3.org/2000/svg"><text>{letters}</text></svg>'.encode()
    job = ImageJob(content=svg, side="head", caption="head", title="title", theme="light")
    assert len(input_keys(job, ["image"])) == keys


def test_files_and_words_are_part_of_a_key() -> None:
    job = ImageJob(content=b"\x89PNG one", side="head", caption="head", title="title", theme="light")
    others: list[dict[str, Any]] = [{"content": b"\x89PNG two"}, {"caption": "base"}, {"theme": "dark"}]
    jobs = [job, *(replace(job, **each) for each in others)]
    assert len({input_keys(each, ["image"])["image"] for each in jobs}) == 4


def test_a_command_without_its_package_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(*_: object, **__: object) -> None:
        raise ModuleNotFoundError("No module named 'pygit2'", name="pygit2")

    monkeypatch.setattr("headway.app.comparison.build_diff", missing)
    assert run(["diff", "HEAD"]) == 3
    assert "needs the package pygit2" in capsys.readouterr().err
