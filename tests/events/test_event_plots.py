"""Event files of TensorBoard as plots, in real repositories: declared, or found in outputs that changed."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest
from draw.reduced_here import NoRenderer
from events.event_writers import write_run
from PIL import Image

from headway.app import event_plots
from headway.app.comparison import Request, compare_sides, open_sides
from headway.app.event_plots import with_event_plots
from headway.app.report import build_report
from headway.ci.job import Job
from headway.draw import plot_submission
from headway.draw.plot_submission import submit_plot
from headway.draw.plots import events
from headway.draw.queue import ChartQueue
from headway.remotes.environment import Credentials
from headway.values.chart import ImageChart, LineChart

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from repos import Project

    from headway.values.chart import Chart
    from headway.values.problem import Problem

BASE, HEAD = [4.0, 3.0], [2.0, 1.0]
INSTALL = 'pip install "dvc-headway[tensorboard]"'


class Drawn(NamedTuple):
    charts: dict[str, Chart]
    problems: tuple[Problem, ...]
    images: dict[str, bytes]

    @property
    def titles(self) -> list[str]:
        return [chart.title for chart in self.charts.values()]

    @property
    def said(self) -> list[str]:
        return [f"{problem.where}: {problem.what}" for problem in self.problems]

    def curves(self, id_: str) -> dict[str, list[Any]]:
        """The values of each curve on base and on head."""
        chart = self.charts[id_]
        assert isinstance(chart, LineChart)
        return {each.name: [points and list(points.y) for points in (each.base, each.head)] for each in chart.series}


def request(project: Project) -> Request:
    return Request(folder=project.root, base="HEAD~1", head="HEAD", settings=None, job=Job(), credentials=Credentials())


def draw(project: Project) -> Drawn:
    """What a report would draw of the last commit."""
    with open_sides(request(project)) as sides:
        comparison = with_event_plots(compare_sides(sides), sides)
        queue = ChartQueue(NoRenderer())  # type: ignore[arg-type]  # takes jobs and gives results like the real one
        for pair in comparison.plots:
            submit_plot(queue, pair, sides.base, sides.head)
    collected = queue.collect()
    charts = {chart.id: chart for chart in collected.charts()}
    return Drawn(charts, (*comparison.problems, *collected.left_out), collected.images)


def declare(project: Project, *outs: Any, plots: Sequence[Any] = (), kind: str = "outs") -> Project:
    project.write(".gitignore", "".join(f"/{out}\n" for out in outs if isinstance(out, str)))
    return project.dvc_yaml({"stages": {"train": {"cmd": "true", kind: [*outs]}}, "plots": [*plots]})


def sides(project: Project, *runs: str, folder: str = "logs", tag: str = "loss") -> Iterator[Project]:
    """The project with the runs of base, and then with those of head; each is committed afterwards."""
    for values in (BASE, HEAD):
        shutil.rmtree(project.root / folder, ignore_errors=True)
        for run in runs or (".",):
            write_run(project.root / folder / run, {tag: values})
        yield project
        project.recorded().commit()


def image(color: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), color).save(file, "PNG")
    return file.getvalue()


def test_a_folder_of_runs_under_an_output_is_found(project: Project) -> None:
    declare(project, "logs")
    for side in sides(project, "train", "validation"):
        side.write("logs/model.pt", b"weights")
    drawn = draw(project)
    assert drawn.titles == ["loss"]
    assert drawn.curves("logs:loss") == {"train": [BASE, HEAD], "validation": [BASE, HEAD]}
    assert drawn.said == []
    chart = drawn.charts["logs:loss"]
    assert isinstance(chart, LineChart)
    assert (chart.x_label, chart.y_label) == ("step", "loss")


def test_an_output_that_did_not_change_is_not_looked_into(project: Project) -> None:
    declare(project, "logs")
    for _ in sides(project):
        pass
    project.write("notes.txt", "more").commit()
    assert draw(project).charts == {}


@pytest.mark.parametrize(
    ("outs", "plots", "kind"),
    [
        (["logs"], ["logs/"], "outs"),
        (["logs"], [], "plots"),
        ([{"logs": {"cache": False}}], [], "outs"),
        ([{"logs": {"cache": False}}], ["logs"], "outs"),
        ([], ["logs"], "outs"),
    ],
    ids=["dvc", "of-a-stage", "found-in-git", "declared-in-git", "no-output"],
)
def test_it_may_be_declared_in_every_way(project: Project, outs: list[Any], plots: list[str], kind: str) -> None:
    declare(project, *outs, plots=plots, kind=kind)
    for _ in sides(project, "train", "validation"):
        pass
    drawn = draw(project)
    assert drawn.curves("logs:loss") == {"train": [BASE, HEAD], "validation": [BASE, HEAD]}
    assert drawn.said == []


def test_a_single_file_is_paired_by_its_folder(project: Project) -> None:
    for values in (BASE, HEAD):
        shutil.rmtree(project.root / "logs", ignore_errors=True)
        file = write_run(project.root / "logs", {"loss": values})
        project.dvc_yaml({"plots": [f"logs/{file.name}"]}).commit()
    assert draw(project).curves("logs:loss") == {"": [BASE, HEAD]}


def test_only_one_side_declares_it(project: Project) -> None:
    """Base wrote the same output before the plot was declared."""
    declare(project, "logs")
    for number, _ in enumerate(sides(project, "a", "b")):
        if number:
            declare(project, "logs", plots=[{"logs": {"title": "Training", "y": ["acc", "loss"]}}])
    drawn = draw(project)
    assert drawn.titles == ["Training: loss"]
    assert drawn.curves("logs:loss") == {"a": [BASE, HEAD], "b": [BASE, HEAD]}
    assert drawn.said == ["logs: no run has the tag 'acc'; available tags: loss"]


def test_a_column_for_x_is_left_out_and_told(project: Project) -> None:
    declare(project, "logs", plots=[{"logs": {"x": "epoch"}}])
    for _ in sides(project):
        pass
    drawn = draw(project)
    assert drawn.curves("logs:loss") == {"": [BASE, HEAD]}
    assert drawn.said == [
        f"logs ({side}): its x is left out, because event files are drawn over their steps" for side in ("base", "head")
    ]


def test_event_files_cannot_be_columns_of_another_plot(project: Project) -> None:
    declare(project, "logs", plots=[{"Loss": {"x": "step", "y": {"logs": "loss"}}}])
    for _ in sides(project):
        pass
    what = "the plot reads event files: make logs a plot of its own, with tags as y"
    assert draw(project).said == [f"Loss ({side}): {what}" for side in ("base", "head")]


def test_images_and_tables_with_the_mark_in_their_names_are_drawn_as_before(project: Project) -> None:
    declare(project, plots=["logs"])
    for number, side in enumerate(sides(project)):
        side.write("logs/tfevents.png", image(("red", "blue")[number])).write("logs/tfevents.csv", f"a\n{number}\n1\n")
    drawn = draw(project)
    assert sorted(drawn.charts) == ["logs/tfevents.csv", "logs/tfevents.png", "logs:loss"]
    assert drawn.said == []


def test_runs_come_and_go(project: Project) -> None:
    declare(project, "logs")
    write_run(project.root / "logs/old", {"loss": BASE, "gone": BASE})
    write_run(project.root / "logs/v1.2", {"loss": BASE})
    project.recorded().commit()
    shutil.rmtree(project.root / "logs")
    write_run(project.root / "logs/v1.2", {"loss": HEAD})
    write_run(project.root / "logs/w0.1", {"loss": HEAD, "new": HEAD})
    project.recorded().commit()
    drawn = draw(project)
    assert drawn.curves("logs:loss") == {"v1.2": [BASE, HEAD], "w0.1": [None, HEAD], "old": [BASE, None]}
    assert drawn.curves("logs:gone") == {"": [BASE, None]}
    assert drawn.curves("logs:new") == {"": [None, HEAD]}


def test_the_only_run_of_each_side_is_one_whatever_its_name(project: Project) -> None:
    """``SummaryWriter()`` puts the time and the host into the name."""
    declare(project, "runs")
    for values, run in ((BASE, "Jan01_10-00-00_a"), (HEAD, "Jan02_10-00-00_b")):
        shutil.rmtree(project.root / "runs", ignore_errors=True)
        write_run(project.root / "runs" / run, {"loss": values})
        write_run(project.root / "runs" / run / "1700000000.25", {"hparam/acc": [1.0]})
        project.recorded().commit()
    drawn = draw(project)
    assert list(drawn.charts) == ["runs:loss"]
    assert drawn.curves("runs:loss") == {"": [BASE, HEAD]}


def test_titles_name_the_folder_if_there_are_several(project: Project) -> None:
    declare(project, "a", "b")
    write_run(project.root / "a", {"loss": BASE})
    write_run(project.root / "b", {"loss": HEAD})
    project.recorded().commit()
    project.git("rm", "-q", "dvc.yaml", "dvc.lock")
    project.commit()
    project.git("revert", "--no-edit", "HEAD")
    drawn = draw(project)
    assert drawn.titles == ["a: loss", "b: loss"]
    assert drawn.curves("b:loss") == {"": [None, HEAD]}


def test_images_of_the_last_step_are_image_plots(project: Project) -> None:
    declare(project, "logs")
    for color in ("red", "blue"):
        shutil.rmtree(project.root / "logs", ignore_errors=True)
        tags = {"same": [image("white")], "a.html": [image("black"), image(color)]}
        write_run(project.root / "logs", images=tags, form="tensor")
        project.recorded().commit()
    drawn = draw(project)
    changed, same = drawn.charts["logs:a.html.png"], drawn.charts["logs:same.png"]
    assert isinstance(changed, ImageChart)
    assert isinstance(same, ImageChart)
    assert (changed.base, changed.head) != (None, None)
    assert changed.base != changed.head
    assert same.base == same.head
    assert drawn.images[changed.head or ""] == image("blue")
    assert all(path.endswith(".png") for path in drawn.images)
    assert changed.title == "a.html"


def test_a_number_that_is_none_is_a_gap(project: Project) -> None:
    declare(project, "logs")
    for _ in sides(project):
        write_run(project.root / "logs", {"loss": [float("nan"), 0.1]}, first=2)
    drawn = draw(project)
    assert drawn.curves("logs:loss") == {"": [[*BASE, 0.1], [*HEAD, 0.1]]}
    lost = "1 of 4 values of 'loss' is not drawn: it is not a number (first in row 3: 'nan')"
    assert drawn.said == [f"logs ({side}): {lost}" for side in ("base", "head")]


def test_a_file_that_is_cut_off_costs_a_footnote(project: Project) -> None:
    declare(project, "logs")
    for _ in sides(project):
        file = next((project.root / "logs").iterdir())
        file.write_bytes(file.read_bytes()[:-3])
    drawn = draw(project)
    assert drawn.curves("logs:loss") == {"": [BASE[:1], HEAD[:1]]}
    assert [said.partition(": ")[2] for said in drawn.said] == [
        "the event file ends within record 3; what comes before it is drawn"
    ] * 2


def test_files_without_scalars_cost_a_footnote(project: Project) -> None:
    declare(project, "logs", plots=["logs"])
    for _ in range(2):
        write_run(project.root / "logs")
        project.recorded().commit()
    drawn = draw(project)
    assert drawn.charts == {}
    assert drawn.said == [f"logs ({side}): the event files hold no scalars and no images" for side in ("base", "head")]


def test_an_empty_folder_costs_a_footnote(project: Project) -> None:
    (project.root / "logs").mkdir()
    declare(project, "logs", plots=["logs"]).recorded().commit()
    project.commit()
    assert (
        "logs (head): the plot reads logs, which is not a CSV, TSV, JSON, YAML, TOML or event file"
        in draw(project).said
    )


def test_the_folder_of_the_runs_may_be_called_like_an_event_file(project: Project) -> None:
    declare(project, "tfevents", plots=["tfevents"])
    for _ in sides(project, folder="tfevents"):
        pass
    assert draw(project).curves("tfevents:loss") == {"": [BASE, HEAD]}
    project.git("rm", "-q", "dvc.lock")
    project.commit()
    drawn = draw(project)
    assert drawn.curves("tfevents:loss") == {"": [HEAD, None]}


def test_each_limit_is_told(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    declare(project, "logs")
    for _ in sides(project, "a", "b", "c"):
        write_run(project.root / "logs/a", {"acc": [1.0]}, {"x": [image("red")], "y": [image("red")]})
    monkeypatch.setattr(event_plots, "MOST_RUNS", 2)
    monkeypatch.setattr(events, "MOST_CHARTS", 1)
    monkeypatch.setattr(events, "MOST_IMAGES", 1)
    drawn = draw(project)
    assert list(drawn.charts) == ["logs:acc", "logs:a/x.png"]
    assert drawn.said == [
        "logs: only the first 2 of 3 runs are drawn",
        "logs: only the first 1 of 2 scalars are drawn",
        "logs: only the first 1 of 2 images are drawn",
    ]


def test_the_files_of_a_plot_share_one_limit(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    declare(project, "logs")
    for _ in sides(project, "a", "b", "c"):
        pass
    size = max(file.stat().st_size for file in (project.root / "logs").rglob("*tfevents*"))
    monkeypatch.setattr(plot_submission, "PLOT_LIMIT", size * 3 // 2)
    drawn = draw(project)
    assert drawn.curves("logs:loss") == {"": [BASE, HEAD]}
    assert len(drawn.said) == 2
    assert all("later files are left out" in said for said in drawn.said)


def test_of_a_folder_only_the_event_files_are_fetched(project: Project, tmp_path: Path) -> None:
    declare(project.remote(tmp_path / "store"), "logs", "data")
    for number, side in enumerate(sides(project)):
        if number:
            side.push()
        side.write("logs/model.pt", b"weights" * (number + 1)).write("data/a.bin", bytes([number]))
    project.push()
    clone = project.clone(tmp_path / "clone")
    assert [chart.id for chart in build_report(request(clone)).report.charts] == ["logs:loss"]
    contents = [path.read_bytes() for path in (clone.root / ".dvc/cache/files").rglob("*") if path.is_file()]
    assert sum(content.startswith(b"[{") for content in contents) == 4  # the listings of two folders on two sides
    assert len(contents) == 6


@pytest.mark.parametrize("plots", [[], ["logs"]], ids=["found", "declared"])
def test_without_the_extra_only_what_is_declared_is_told(
    project: Project, monkeypatch: pytest.MonkeyPatch, plots: list[str]
) -> None:
    declare(project, "logs", "more", plots=[*plots, "more"] if plots else [])
    for _ in sides(project):
        write_run(project.root / "more", {"loss": [1.0]})
    for name in ("tensorboard", "tensorboard.compat.proto.event_pb2", "google_crc32c"):
        monkeypatch.setitem(sys.modules, name, None)
    for name in ("headway.gather.read.event_files", "headway.draw.plots.events"):
        monkeypatch.delitem(sys.modules, name)
    drawn = draw(project)
    assert drawn.charts == {}
    assert [problem.remedy for problem in drawn.problems] == [INSTALL][: len(plots)]


def test_a_project_without_event_files_does_not_load_tensorboard() -> None:
    program = "import sys, headway.app.report, headway.draw.plots.reducer; print('tensorboard' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False"


@pytest.mark.slow
def test_what_pytorch_writes_becomes_charts_and_images(project: Project) -> None:
    from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 - takes seconds

    declare(project, "logs", plots=["logs"])
    for value in (1.0, 2.0):
        shutil.rmtree(project.root / "logs", ignore_errors=True)
        for new_style in (False, True):
            with SummaryWriter(str(project.root / "logs" / f"new {new_style}")) as writer:
                for step in range(5):
                    writer.add_scalar("loss", value / (step + 1), step, new_style=new_style)
                writer.add_scalars("both", {"train": value, "validation": value / 2}, 0)
                writer.add_hparams({"lr": value}, {"accuracy": value})
                writer.add_text("notes", "words")
        with SummaryWriter(str(project.root / "logs" / "images")) as writer:
            writer.add_image("samples", np.full((16, 16), value / 4), 7, dataformats="HW")
        project.recorded().commit()
    report = build_report(request(project)).report
    charts = {chart.id: chart for chart in report.charts}
    assert list(charts) == ["logs:both", "logs:loss", "logs:images/samples.png"]
    assert all(chart.image and chart.image_dark for chart in charts.values())
    assert [problem.what for problem in report.problems] == ["its event files also hold texts, which are not drawn"]
