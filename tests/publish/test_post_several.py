"""Several reports at once: a comment each or one for all, on every forge, and what a later run leaves of it."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from click.testing import CliRunner
from fakes import FakeBitbucket, FakeGitHub, FakeGitLab
from image_forges import png
from publish.forge_places import PULL_REQUEST, bitbucket_context, make_options, sent
from rendered import github
from samples import PIXEL, make_report

from headway.ci.read import read_context
from headway.cli import options
from headway.cli.main import cli
from headway.errors import ForgeError, ReportFileError
from headway.numbers import MINUS
from headway.publish.comment import marker
from headway.publish.forges.forge import SizeLimit
from headway.publish.post import Delivery, PostableReport, find_reports, post
from headway.report import codec
from headway.settings import ImageSettings
from headway.values.chart import LineChart, Points, Series

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from click.testing import Result

    from headway.ci.job import Context

CURVE = Series(name="", base=Points((1.0, 2.0), (3.0, 2.0)), head=Points((1.0, 2.0), (3.0, 1.0)))
CHART = LineChart(
    id="loss", title="loss", alt="down", series=(CURVE,), x_label="x", y_label="y", image="charts/loss.png"
)


def write(out: Path, project: str, metrics: str, picture: bytes = PIXEL) -> None:
    folder = out / project
    (folder / "charts").mkdir(parents=True, exist_ok=True)
    (folder / "charts/loss.png").write_bytes(picture)
    report = msgspec.structs.replace(make_report(metrics, charts=(CHART,)), project=project)
    (folder / "report.json").write_bytes(codec.encode(report))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    write(tmp_path / "out", "speech", "acc 0.90 -> 0.92 higher\nrows 5 -> 5")
    write(tmp_path / "out", "teams/vision", "acc 0.90 -> 0.85 higher")
    return tmp_path / "out"


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with FakeGitHub(pull_requests=[PULL_REQUEST]) as forge:
        yield forge


@pytest.fixture
def context(fake: FakeGitHub) -> Context:
    return read_context(fake.environ())


def post_combined(folders: Sequence[Path], context: Context, place: Any = "none", label: str = "") -> Delivery:
    images = ImageSettings(store=place)
    (delivery,) = post(folders, context, make_options(), label=label, images=images, combined=True)
    return delivery


def each(folders: Sequence[Path], context: Context) -> list[Delivery]:
    return post(folders, context, make_options(), images=ImageSettings(store="none"))


class TestOneComment:
    def test_has_a_line_and_a_section_for_each_project(self, fake: FakeGitHub, out: Path, context: Context) -> None:
        delivery = post_combined(find_reports(out), context, label="nightly")
        assert delivery.failures == ()
        (comment,) = fake.comments(7)
        page = github(comment.body)
        speech, vision = page.tables[0][1:]
        assert (speech[0], vision[0]) == ("speech", "teams/vision")
        assert "1 as wanted" in speech[1]
        assert "1 not as wanted" in vision[1]
        assert comment.body.count("<summary><code>") == 2
        assert "+0.02 as wanted" in comment.body
        assert f"{MINUS}0.05 not as wanted" in comment.body
        found = marker.read(comment.body)
        assert found is not None
        assert (found.directory, found.label, found.run) == ("*", "nightly", 4711)

    def test_has_one_status_one_summary_and_one_set_of_outputs(
        self, fake: FakeGitHub, out: Path, context: Context
    ) -> None:
        delivery = post_combined(find_reports(out), context)
        (run,) = fake.check_runs()
        assert (run.fields["name"], run.fields["conclusion"]) == ("headway: all projects", "neutral")
        output: Any = run.fields["output"]
        assert (
            output["title"] == "2 projects changed, 2 of 3 metrics changed, 1 as wanted, 1 not as wanted,"
            " Untested (no predictions to judge by)"
        )
        assert context.summary_file is not None
        assert context.output_file is not None
        assert context.summary_file.read_text().count("### Headway: 2 changed projects") == 1
        outputs = context.output_file.read_text()
        assert f"\n{out / 'speech/report.json'}\n{out / 'teams/vision/report.json'}\n" in outputs
        assert outputs.count("outcome<<") == 1
        assert delivery.outcome == "created"

    def test_a_second_time_changes_nothing(self, out: Path, context: Context, fake: FakeGitHub) -> None:
        post_combined(find_reports(out), context)
        assert post_combined(find_reports(out), context).outcome == "unchanged"
        assert len(fake.comments(7)) == len(fake.check_runs()) == 1

    def test_stands_beside_the_comments_of_another_label(self, fake: FakeGitHub, out: Path, context: Context) -> None:
        each(find_reports(out), context)
        post_combined(find_reports(out), context, label="nightly")
        assert len(fake.comments(7)) == len(fake.check_runs()) == 3

    def test_forgets_a_project_that_is_not_in_this_run(self, fake: FakeGitHub, out: Path, context: Context) -> None:
        post_combined(find_reports(out), context)
        shutil.rmtree(out / "teams")
        assert post_combined(find_reports(out), context).outcome == "updated"
        (comment,) = fake.comments(7)
        assert "vision" not in comment.body
        assert "1 changed project" in comment.body

    def test_says_when_no_project_differs_any_more(self, fake: FakeGitHub, out: Path, context: Context) -> None:
        post_combined(find_reports(out), context)
        assert post_combined([], context).outcome == "updated"
        (comment,) = fake.comments(7)
        assert "no project changed" in comment.body

    def test_is_not_begun_where_no_project_differs(self, fake: FakeGitHub, context: Context) -> None:
        delivery = post_combined([], context)
        assert (delivery.outcome, delivery.failures) == ("none", ())
        assert fake.comments(7) == []

    def test_of_an_older_run_does_not_replace_a_newer_one(self, fake: FakeGitHub, out: Path) -> None:
        context = read_context(fake.environ())
        post_combined(find_reports(out), replace(context, run=replace(context.run, id=12)))
        newer = fake.comments(7)[0].body
        delivery = post_combined(find_reports(out)[:1], replace(context, run=replace(context.run, id=11)))
        assert delivery.outcome == "overtaken"
        assert [comment.body for comment in fake.comments(7)] == [newer]

    def test_of_an_older_commit_is_not_written(self, fake: FakeGitHub, out: Path, context: Context) -> None:
        post_combined(find_reports(out), context)
        body = fake.comments(7)[0].body
        fake.push(7)
        assert post_combined([], context).outcome == "overtaken"
        assert [comment.body for comment in fake.comments(7)] == [body]

    def test_heals_duplicates(self, fake: FakeGitHub, out: Path, context: Context) -> None:
        post_combined(find_reports(out), context)
        fake.add_comment(7, fake.comments(7)[0].body, author="github-actions[bot]")
        post_combined(find_reports(out)[:1], context)
        assert len(fake.comments(7)) == 1

    def test_a_report_that_cannot_be_read_stops_all_before_the_first_request(
        self, fake: FakeGitHub, out: Path, context: Context
    ) -> None:
        (out / "teams/vision/report.json").write_text("{}")
        for publish in (post_combined, each):
            with pytest.raises(ReportFileError):
                publish(find_reports(out), context)
        assert fake.requests == []


class TestPictures:
    def test_of_all_projects_are_published_at_once(self, fake: FakeGitHub, out: Path, context: Context) -> None:
        write(out, "teams/vision", "acc 0.90 -> 0.85 higher", png(1))
        delivery = post_combined(find_reports(out), context, place="branch")
        assert delivery.failures == ()
        (comment,) = fake.comments(7)
        shown = re.findall(r'src="([^"]+)"', comment.body)
        assert len(set(shown)) == 2
        assert len([path for path in sent(fake, "PATCH") if "/git/refs/" in path]) == 1

    def test_equal_pictures_under_equal_names_are_each_their_own_projects(
        self, fake: FakeGitHub, out: Path, context: Context
    ) -> None:
        post_combined(find_reports(out), context, place="branch")
        assert fake.comments(7)[0].body.count("<img") == 2

    def test_without_a_place_are_told_in_words(self, fake: FakeGitHub, out: Path, context: Context) -> None:
        post_combined(find_reports(out), context)
        assert "<img" not in fake.comments(7)[0].body
        assert fake.comments(7)[0].body.count("<summary>Charts as text</summary>") == 2


class TestOtherForges:
    def test_gitlab(self, out: Path) -> None:
        with FakeGitLab(merge_requests=[PULL_REQUEST], sub_path="/gitlab") as fake:
            for folders in (find_reports(out), find_reports(out)[:1]):
                assert post_combined(folders, read_context(fake.environ()), place="upload").failures == ()
            (note,) = fake.comments(7)
            assert "1 changed project" in note.body
            assert "/uploads/" in note.body
            assert fake.quick_actions == []

    def test_bitbucket_without_html(self, out: Path) -> None:
        with FakeBitbucket(pull_requests=[PULL_REQUEST]) as fake:
            assert post_combined(find_reports(out), bitbucket_context(fake)).failures == ()
            (comment,) = fake.comments(7)
            assert not re.search(r"<[A-Za-z/!]|&#?\w+;", comment.body)
            assert re.findall("^### (.*)", comment.body, re.MULTILINE) == [
                "Headway: 2 changed projects",
                "`speech`",
                "`teams/vision`",
            ]
            assert len(fake.reports()) == len(fake.statuses()) == 1


class TestSizes:
    def test_the_largest_report_gives_way_first(self, fake: FakeGitHub, out: Path, context: Context) -> None:
        lines = "\n".join(
            f"metric-{'x' * 60}-{number:04}-mean 0.{number + 1:04} -> 0.9 higher" for number in range(900)
        )
        write(out, "teams/large", lines)
        assert post_combined(find_reports(out), context).failures == ()
        (comment,) = fake.comments(7)
        assert len(comment.body.encode()) <= 60_000
        assert "+0.02 as wanted" in comment.body
        assert "unchanged metric</summary>" in comment.body, "the small ones keep everything"
        assert "more changed metric" in comment.body
        assert context.run.url in comment.body

    @pytest.mark.slow
    def test_a_hundred_large_projects_have_their_lines(
        self, fake: FakeGitHub, tmp_path: Path, context: Context
    ) -> None:
        lines = "\n".join(f"metric-{number:04}-mean 0.{number + 1:04} -> 0.9 higher" for number in range(30))
        for number in range(110):
            write(tmp_path / "out", f"team/{number:03}", lines)
        assert post_combined(find_reports(tmp_path / "out"), context).failures == ()
        body = fake.comments(7)[0].body
        assert body.count("| `team/") == 100
        assert "10 more projects not shown" in body
        assert "Left out here: the sections of" in body

    def test_what_never_fits_is_refused(self) -> None:
        with pytest.raises(ForgeError, match="too large"):
            shared(2).fit(SizeLimit(10))

    @pytest.mark.parametrize("size", range(8_000, 28_001, 5_000))
    def test_the_comment_fills_its_room(self, size: int) -> None:
        text = shared(40, 3, 200, 60, 15, 120).fit(SizeLimit(size))
        assert 0.9 * size < len(text.encode()) <= size
        assert "<summary><code>x/3</code>" in text, "the smallest report has a section before others"

    def test_reports_of_a_size_give_way_alike(self) -> None:
        text = shared(90, 90, 90).fit(SizeLimit(12_000))
        counts = [section.count("| `metric-") for section in text.split("<summary><code>x/")[1:]]
        assert len(counts) == 3
        assert 20 < min(counts) <= max(counts) <= min(counts) + 1 < 60

    def test_what_fits_is_whole(self) -> None:
        every = shared(40, 3)
        text = every.fit(SizeLimit(1_000_000))
        assert "not shown" not in text
        assert every.fit(SizeLimit(len(text.encode()))) == text


def shared(*metrics: int) -> PostableReport:
    """Reports of as many changed metrics that have one comment, called ``x/`` and that number."""
    reports = tuple(
        msgspec.structs.replace(
            make_report("\n".join(f"metric-{n:04}-mean 0.{n + 1:04} -> 0.9 higher" for n in range(number))),
            project=f"x/{number}",
        )
        for number in metrics
    )
    return PostableReport(folders=(), reports=reports, combined=True)


class TestAComment:
    def test_each_has_its_own_status_and_the_outputs_name_all(
        self, fake: FakeGitHub, out: Path, context: Context
    ) -> None:
        deliveries = each(find_reports(out), context)
        assert [delivery.outcome for delivery in deliveries] == ["created", "created"]
        marks = [marker.read(comment.body) for comment in fake.comments(7)]
        assert [mark and mark.directory for mark in marks] == ["speech", "teams/vision"]
        assert [run.fields["name"] for run in fake.check_runs()] == ["headway: speech", "headway: teams/vision"]
        assert context.output_file is not None
        outputs = context.output_file.read_text()
        assert outputs.count("outcome<<") == 1
        assert all(each.comment and each.comment.url in outputs for each in deliveries)
        assert context.summary_file is not None
        assert context.summary_file.read_text().count("### Headway:") == 2

    def test_none_of_none(self, context: Context, fake: FakeGitHub) -> None:
        assert each([], context) == []
        assert fake.requests == []


class TestCommandLine:
    @pytest.fixture(autouse=True)
    def _no_waiting(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(options, "ClientOptions", make_options)

    @staticmethod
    def run(fake: FakeGitHub, *args: str) -> Result:
        environ = dict(fake.environ())
        return CliRunner().invoke(cli, ["post", *args, "--images", "none"], env=environ, catch_exceptions=False)

    def test_walks_a_folder_for_one_comment(self, fake: FakeGitHub, out: Path) -> None:
        result = self.run(fake, str(out), "--all", "--one-comment")
        assert result.output.count("created") == 1
        assert len(fake.comments(7)) == 1

    @pytest.mark.slow
    def test_takes_several_folders_for_a_comment_each(self, fake: FakeGitHub, out: Path) -> None:
        result = self.run(fake, str(out / "speech"), str(out / "teams/vision"))
        assert result.output.count("created") == 2
        assert len(fake.comments(7)) == 2

    def test_no_changed_project_is_a_note(self, fake: FakeGitHub, tmp_path: Path) -> None:
        (tmp_path / "index.md").write_text("no project changed")
        result = self.run(fake, str(tmp_path), "--all")
        assert (result.exit_code, "nothing to publish" in result.output) == (0, True)
        assert fake.comments(7) == []

    def test_a_folder_of_nothing_is_an_error(self, fake: FakeGitHub, tmp_path: Path) -> None:
        with pytest.raises(ReportFileError, match="no reports below"):
            self.run(fake, str(tmp_path), "--all")

    def test_a_forks_run_has_one_report(self, fake: FakeGitHub, out: Path) -> None:
        assert self.run(fake, str(out), "--all", "--from-run").exit_code == 2
