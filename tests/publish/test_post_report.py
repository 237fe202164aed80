"""``headway post`` as a whole: what reaches each forge, what stays when something fails, and the exit code."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import msgspec
import pytest
from click.testing import CliRunner
from fakes import FakeBitbucket, FakeGitHub, FakeGitLab, faults
from publish.forge_places import PULL_REQUEST, bitbucket_context, make_options, post_one, sent
from samples import PIXEL, make_report

from headway.ci.read import read_context
from headway.cli import options
from headway.cli.main import cli
from headway.errors import ContextError, DeniedError, ForgeError, ReportFileError
from headway.publish import post as post_module
from headway.publish.comment import marker
from headway.publish.images import report_images
from headway.publish.images.formats import IMAGE_LIMIT
from headway.report import codec
from headway.report.blocks import images_of
from headway.settings import ImagePlace, ImageSettings
from headway.values.chart import ImageChart, LineChart, Points, Series
from headway.values.report import Include, Report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from click.testing import Result

    from headway.ci.job import Context
    from headway.publish.images.store import ImageStore
    from headway.publish.post import Delivery

METRICS = "acc 0.90 -> 0.92 higher\nloss 0.30 -> 0.25 lower"
CURVE = Series(name="", base=Points((1.0, 2.0), (3.0, 2.0)), head=Points((1.0, 2.0), (3.0, 1.0)))


def line_chart(name: str) -> LineChart:
    light, dark = f"charts/{name}-light.png", f"charts/{name}-dark.png"
    return LineChart(
        id=name, title=name, alt="down", series=(CURVE,), x_label="epoch", y_label="loss", image=light, image_dark=dark
    )


@pytest.fixture
def report() -> Report:
    return make_report(METRICS, charts=(line_chart("loss"), line_chart("accuracy")))


@pytest.fixture
def folder(tmp_path: Path, report: Report) -> Path:
    (tmp_path / "charts").mkdir()
    for chart in report.charts:
        for path in (chart.image, chart.image_dark):
            (tmp_path / str(path)).write_bytes(PIXEL)
    (tmp_path / "report.json").write_bytes(codec.encode(report))
    return tmp_path


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with FakeGitHub(pull_requests=[PULL_REQUEST]) as forge:
        yield forge


@pytest.fixture
def context(fake: FakeGitHub) -> Context:
    return read_context(fake.environ())


class RecordingStore:
    """A store that keeps what it is given."""

    name = "a recording store"

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def put(self, files: Mapping[str, bytes]) -> Mapping[str, str]:
        self.kept.update(files)
        return {name: f"https://images.example/{name}" for name in files}

    def choose(self) -> RecordingStore:
        return self


def deliver(folder: Path, context: Context, **more: Any) -> Delivery:
    return post_one(folder, context, make_options(), **{"images": ImageSettings(store="none"), **more})


def deliver_with(choose_store: Callable[[], ImageStore], folder: Path, context: Context) -> Delivery:
    """Post a report with the images in a store of the test's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(post_module, "make_store", lambda *_, **__: choose_store())
        return deliver(folder, context)


class TestGitHub:
    def test_gets_a_comment_a_check_run_a_summary_and_outputs(
        self, fake: FakeGitHub, folder: Path, context: Context
    ) -> None:
        delivery = deliver(folder, context, label="nightly")
        assert delivery.failures == ()
        (comment,) = fake.comments(7)
        assert (found := marker.read(comment.body)) is not None
        head = fake.pull_request(7).head_sha
        assert (found.label, found.sha, found.run, found.attempt) == ("nightly", head, 4711, 1)
        assert found.time == "2027-01-15T08:00:00+00:00"
        assert "+0.02 as wanted" in comment.body
        (run,) = fake.check_runs()
        assert (run.fields["name"], run.fields["conclusion"]) == ("headway: nightly", "neutral")
        assert run.fields["details_url"] == delivery.comment.url if delivery.comment else None
        assert context.summary_file is not None
        assert context.output_file is not None
        assert "+0.02 as wanted" in context.summary_file.read_text()
        outputs = context.output_file.read_text()
        assert "\ncreated\n" in outputs
        assert f"\n{folder / 'report.json'}\n" in outputs
        assert f"\n{delivery.comment.url if delivery.comment else ''}\n" in outputs

    def test_a_second_time_changes_nothing(self, fake: FakeGitHub, folder: Path, context: Context) -> None:
        deliver(folder, context)
        assert deliver(folder, context).outcome == "unchanged"
        assert len(fake.comments(7)) == len(fake.check_runs()) == 1

    def test_a_commit_without_a_pull_request_gets_a_status_and_a_note(self, fake: FakeGitHub, folder: Path) -> None:
        delivery = deliver(folder, read_context(fake.environ(event="push")))
        assert (delivery.outcome, delivery.comment) == ("none", None)
        assert "no open pull request" in delivery.notes[0]
        assert len(fake.check_runs()) == 1

    def test_an_overtaken_result_is_a_note_and_no_failure(
        self, fake: FakeGitHub, folder: Path, context: Context
    ) -> None:
        fake.push(7)
        delivery = deliver(folder, context)
        assert delivery.outcome == "overtaken"
        assert "this result is of" in delivery.notes[0]
        assert delivery.failures == ()

    def test_a_large_report_is_made_to_fit(self, fake: FakeGitHub, tmp_path: Path, context: Context) -> None:
        lines = "\n".join(
            f"metric-{'x' * 60}-{number:04}-mean 0.{number + 1:04} -> 0.9 higher" for number in range(900)
        )
        (tmp_path / "report.json").write_bytes(codec.encode(make_report(lines)))
        assert deliver(tmp_path, context).failures == ()
        (comment,) = fake.comments(7)
        assert len(comment.body.encode()) <= 60_000
        assert "not shown" in comment.body
        assert context.run.url in comment.body


class TestOtherForges:
    def test_gitlab_gets_a_note_and_a_status(self, folder: Path) -> None:
        with FakeGitLab(merge_requests=[PULL_REQUEST], sub_path="/gitlab") as fake:
            delivery = deliver(folder, read_context(fake.environ()))
            assert delivery.failures == ()
            assert ["2 as wanted" in str(status.description) for status in fake.statuses()] == [True]
            assert len(fake.comments(7)) == 1
            assert fake.quick_actions == []

    def test_a_commit_without_a_request_uploads_no_pictures_that_nothing_shows(self, folder: Path) -> None:
        upload = ImageSettings(store="upload")
        with FakeGitLab() as gitlab:
            delivery = deliver(folder, read_context(gitlab.environ(branch="main")), images=upload)
            assert (delivery.failures, len(gitlab.statuses()), gitlab.uploads()) == ((), 1, [])
        with FakeBitbucket() as bitbucket:
            delivery = deliver(folder, bitbucket_context(bitbucket, branch="main"), images=upload)
            assert (delivery.failures, len(bitbucket.statuses()), bitbucket.downloads()) == ((), 1, {})

    def test_a_commit_without_a_request_shows_pictures_in_githubs_check_run(self, folder: Path) -> None:
        with FakeGitHub() as github:
            context = read_context(github.environ(event="push"))
            github.add_commit(context.sha)
            assert deliver(folder, context, images=ImageSettings(store="branch")).failures == ()
            (check,) = github.check_runs()
            assert "<img" in str(check.fields["output"])

    def test_bitbucket_gets_a_comment_a_report_and_a_build_status(self, folder: Path) -> None:
        with FakeBitbucket(pull_requests=[PULL_REQUEST]) as fake:
            delivery = deliver(folder, bitbucket_context(fake))
            assert delivery.failures == ()
            assert len(fake.comments(7)) == len(fake.reports()) == len(fake.statuses()) == 1


class TestPictures:
    def test_are_stored_and_shown_light_and_dark(self, fake: FakeGitHub, folder: Path, context: Context) -> None:
        shelf = RecordingStore()
        assert deliver_with(shelf.choose, folder, context).failures == ()
        assert set(shelf.kept) == {
            f"0/charts/{name}-{tone}.png" for name in ("loss", "accuracy") for tone in ("light", "dark")
        }
        body = fake.comments(7)[0].body
        assert 'src="https://images.example/0/charts/loss-light.png"' in body
        assert 'srcset="https://images.example/0/charts/loss-dark.png"' in body

    def test_that_are_missing_become_one_footnote(self, fake: FakeGitHub, folder: Path, context: Context) -> None:
        (folder / "charts/loss-light.png").unlink()
        (folder / "charts/accuracy-dark.png").unlink()
        shelf = RecordingStore()
        deliver_with(shelf.choose, folder, context)
        assert "0/charts/loss-light.png" not in shelf.kept
        body = fake.comments(7)[0].body
        assert "1 image cannot be shown here" in body
        assert "loss-dark" not in body
        assert "accuracy-light" in body

    def test_without_a_store_are_told_in_words(self, fake: FakeGitHub, folder: Path, context: Context) -> None:
        deliver(folder, context)
        body = fake.comments(7)[0].body
        assert "<img" not in body
        assert "▁" in body

    def test_go_to_a_branch_on_github_by_themselves(self, fake: FakeGitHub, folder: Path, context: Context) -> None:
        assert deliver(folder, context, images=ImageSettings()).failures == ()
        assert "<img" in fake.comments(7)[0].body
        assert len(fake.branches()) == 3

    def test_a_store_that_fails_costs_the_pictures_and_nothing_else(
        self, fake: FakeGitHub, folder: Path, context: Context
    ) -> None:
        def choose() -> RecordingStore:
            raise ForgeError("The branch could not be written.")

        delivery = deliver_with(choose, folder, context)
        assert [failure.what for failure in delivery.failures] == ["The branch could not be written."]
        assert len(fake.comments(7)) == 1
        assert context.summary_file is not None
        assert "The branch could not be written." in context.summary_file.read_text()

    def test_never_come_from_outside_the_folder(self, tmp_path: Path) -> None:
        (tmp_path / "secret.png").write_bytes(PIXEL)
        (tmp_path / "reports").mkdir()
        (tmp_path / "reports/link.png").symlink_to(tmp_path / "secret.png")
        (tmp_path / "reports/huge.png").write_bytes(PIXEL + bytes(IMAGE_LIMIT))
        (tmp_path / "reports/good.png").write_bytes(PIXEL)
        names = ["../secret.png", str(tmp_path / "secret.png"), "link.png", "huge.png", "missing.png", ".", "good.png"]
        said: list[str] = []
        assert set(report_images.read_images(tmp_path / "reports", names, said.append)) == {"good.png"}
        assert ["outside of the report" in each for each in said] == [True, True, True, False]
        assert "10,485,760 bytes" in said[-1]

    def test_of_sections_are_shown_like_charts(self, fake: FakeGitHub, folder: Path, context: Context) -> None:
        (folder / "report.json").write_bytes(codec.encode(make_report(METRICS, includes=(picture_section("x"),))))
        assert deliver_with(RecordingStore().choose, folder, context).failures == ()
        body = fake.comments(7)[0].body
        assert 'src="https://images.example/0/charts/loss-light.png"' in body
        assert "cannot be shown" not in body

    def test_of_sections_and_image_plots_are_missed_in_one_footnote(self) -> None:
        section = picture_section("x")
        plot = ImageChart(id="p", title="p", alt="p", base="c.png", head=None, image="charts/p.png")
        report = make_report(METRICS, includes=(section,), charts=(plot,))
        left = report_images.with_only(report, set(), html=True)
        assert (left.includes, left.charts[0].image) == ((), None)
        assert left.problems[-1].what.startswith("2 images")
        every = {"charts/loss-light.png", "charts/loss-dark.png", "charts/p.png"}
        assert report_images.with_only(report, every, html=True) == report

    def test_of_both_sides_are_shown_together_or_not_at_all(self) -> None:
        paths: dict[str, Any] = {"before": "b.png", "image": "h.png", "image_dark": "dark.png", "difference": "d.png"}
        plot = ImageChart(id="p", title="p", alt="p", base="1.png", head="2.png", **paths)
        report = make_report(METRICS, charts=(plot,))
        assert report_images.shown_images(report, html=True) == ["b.png", "dark.png", "h.png", "d.png"]
        (light,) = report_images.with_only(report, {*paths.values()} - {"dark.png"}, html=True).charts
        assert light == msgspec.structs.replace(plot, image_dark=None)
        left = report_images.with_only(report, {*paths.values()} - {"d.png"}, html=True)
        assert images_of(left.charts[0]) == []
        assert left.problems[-1].what.startswith("1 image ")

    @pytest.mark.parametrize("html", [True, False])
    def test_that_no_rendering_shows_are_neither_stored_nor_missed(self, *, html: bool) -> None:
        """A hundred charts and no more are shown; without HTML neither dark pictures nor such as do not differ."""
        same = msgspec.structs.replace(line_chart("same"), series=(Series(name="", base=CURVE.base, head=CURVE.base),))
        moved = tuple(line_chart(f"chart{number}") for number in range(101))
        report = make_report(METRICS, charts=(same, *moved), includes=(picture_section("x", same=True),))
        shown = report_images.shown_images(report, html=html)
        assert len(shown) == (2 * 102 if html else 100)
        assert report_images.with_only(report, shown, html=html).problems == report.problems


def picture_section(title: str, *, same: bool = False) -> Include:
    return Include(
        path=f"{title}.png",
        title=title,
        form="image",
        base="charts/a.png",
        head="charts/a.png" if same else "charts/b.png",
        image="charts/loss-light.png",
        image_dark="charts/loss-dark.png",
    )


class TestFailures:
    def test_of_the_comment_leave_status_and_summary(self, fake: FakeGitHub, folder: Path) -> None:
        context = read_context(fake.environ(token=fake.token(checks="write", pull_requests="read")))
        delivery = deliver(folder, context)
        assert delivery.outcome == "failed"
        assert [type(failure) for failure in delivery.failures] == [DeniedError]
        assert len(fake.check_runs()) == 1
        assert context.summary_file is not None
        assert context.output_file is not None
        text = context.summary_file.read_text()
        assert "could not publish everything" in text
        assert "pull-requests: write" in text
        assert "+0.02 as wanted" in text
        assert "\nfailed\n" in context.output_file.read_text()

    def test_of_the_whole_forge_leave_the_summary(self, fake: FakeGitHub, folder: Path, context: Context) -> None:
        fake.fail("*", "*", faults.server_error(503), times=-1)
        delivery = deliver(folder, context)
        assert len(delivery.failures) == 2
        assert context.summary_file is not None
        assert "+0.02 as wanted" in context.summary_file.read_text()

    def test_of_a_token_that_is_not_there_are_told_like_any_other(self, fake: FakeGitHub, folder: Path) -> None:
        context = read_context(fake.environ(token=""))
        delivery = deliver(folder, context)
        assert [type(failure) for failure in delivery.failures] == [ContextError]
        assert fake.requests == []
        assert context.summary_file is not None
        assert "GITHUB_TOKEN: ${{ github.token }}" in context.summary_file.read_text()

    def test_of_the_files_are_told_too(self, folder: Path, context: Context, tmp_path: Path) -> None:
        nowhere = replace(context, output_file=tmp_path / "no" / "output", summary_file=tmp_path / "no" / "summary")
        assert len(deliver(folder, nowhere).failures) == 2

    def test_of_the_report_itself_are_raised(self, fake: FakeGitHub, context: Context, tmp_path: Path) -> None:
        with pytest.raises(ReportFileError, match="There is no report") as caught:
            deliver(tmp_path, context)
        assert "headway report" in caught.value.remedy
        (tmp_path / "report.json").write_bytes(b"{}")
        with pytest.raises(ReportFileError):
            deliver(tmp_path, context)
        assert fake.requests == []


def run(folder: Path, environ: Mapping[str, str], *args: str) -> Result:
    return CliRunner().invoke(cli, ["post", str(folder), *args], env=dict(environ), catch_exceptions=False)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line makes its own transport; here its clock does not wait."""
    monkeypatch.setattr(options, "ClientOptions", make_options)


class TestCommand:
    def test_prints_the_comments_page(self, fake: FakeGitHub, folder: Path) -> None:
        result = run(folder, fake.environ())
        assert result.exit_code == 0
        assert result.stdout == f"created {fake.server_url}/octo/digits/pull/7#issuecomment-{fake.comments(7)[0].id}\n"

    def test_a_failure_turns_no_job_red_unless_asked_to(self, fake: FakeGitHub, folder: Path) -> None:
        environ = fake.environ(token=fake.token("read"))
        result = run(folder, environ)
        assert result.exit_code == 0
        assert "not published: GitHub refused to create the comment" in result.stderr
        assert "::warning title=Headway::GitHub refused to create the comment" in result.stderr
        assert run(folder, environ, "--strict").exit_code == 4

    def test_a_dry_run_prints_every_request_and_writes_nothing(self, fake: FakeGitHub, folder: Path) -> None:
        environ = fake.environ()
        result = run(folder, environ, "--dry-run")
        assert result.exit_code == 0
        assert environ["GITHUB_TOKEN"] not in result.output
        posts = re.findall(r"^(?:POST|PATCH|PUT|DELETE) (\S+)$", result.stdout, re.MULTILINE)
        ends = [address.removeprefix(f"{fake.api_url}/repos/octo/digits/") for address in posts]
        assert ends[0] == "git/blobs"
        assert ends[-2:] == ["issues/7/comments", "check-runs"]
        assert "authorization: ***" in result.stdout
        assert sent(fake, "POST", "PATCH", "PUT", "DELETE") == []
        assert [Path(environ[name]).read_text() for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")] == ["", ""]

    def test_a_dry_run_needs_no_token(self, fake: FakeGitHub, folder: Path) -> None:
        result = run(folder, fake.environ(token=""), "--dry-run")
        assert result.exit_code == 0
        assert "  anonymous" in result.stdout

    def test_options_name_another_place(self, fake: FakeGitHub, folder: Path) -> None:
        token = fake.token()
        environ = {"GITHUB_API_URL": fake.api_url, "GITHUB_GRAPHQL_URL": fake.graphql_url, "MINE": token}
        place = ["--forge", "github", "--repo", "octo/digits", "--pr", "7", "--token-env", "MINE"]
        result = run(folder, environ, *place, "--label", "local")
        assert result.exit_code == 0
        assert (found := marker.read(fake.comments(7)[0].body)) is not None
        assert (found.label, found.run) == ("local", 0)

    def test_offers_every_place_for_pictures(self) -> None:
        assert get_args(ImagePlace) == options.IMAGE_STORES

    def test_an_endless_label_is_refused(self, fake: FakeGitHub, folder: Path) -> None:
        result = run(folder, fake.environ(), "--label", "x" * 101)
        assert result.exit_code == 2
        assert "limit is 100" in result.stderr

    def test_a_warning_about_pull_request_target_is_shown(self, fake: FakeGitHub, folder: Path) -> None:
        result = run(folder, {**fake.environ(), "GITHUB_EVENT_NAME": "pull_request_target"})
        assert "pull_request_target" in result.stderr


def test_hostile_names_reach_the_forge_as_text(fake: FakeGitHub, tmp_path: Path, context: Context) -> None:
    name = "@octo <!-- --> ![x](https://evil.example/x.png) fixes #1 | `x`"
    metric = msgspec.structs.replace(make_report(METRICS).metrics[0], key=name)
    report = make_report((metric,), project="<!-- headway -->/../@octo")
    (tmp_path / "report.json").write_bytes(codec.encode(report))
    assert deliver(tmp_path, context).failures == ()
    assert (found := marker.read(fake.comments(7)[0].body)) is not None
    assert found.directory == report.project
    assert "\n<!--" not in fake.comments(7)[0].body


def github_state(fake: FakeGitHub) -> object:
    comments = [marker.text_of(comment.body) for comment in fake.comments(7)]
    pictures_kept = {name: fake.branch_files(name) for name in fake.branches() if name not in {"main", "feature"}}
    return comments, [run.fields["output"] for run in fake.check_runs()], sorted(pictures_kept)


def gitlab_state(fake: FakeGitLab) -> object:
    return [marker.text_of(comment.body) for comment in fake.comments(7)], fake.statuses()[-1].description


def bitbucket_state(fake: FakeBitbucket) -> object:
    comments = [marker.text_of(comment.body) for comment in fake.comments(7) if not comment.deleted]
    return comments, [(each.key, each.fields) for each in (*fake.reports(), *fake.statuses())]


@pytest.mark.parametrize(
    ("make", "read", "state"),
    [
        (lambda: FakeGitHub(pull_requests=[PULL_REQUEST]), lambda fake: read_context(fake.environ()), github_state),
        pytest.param(
            lambda: FakeGitLab(merge_requests=[PULL_REQUEST]),
            lambda fake: read_context(fake.environ()),
            gitlab_state,
            marks=pytest.mark.slow,
        ),
        pytest.param(
            lambda: FakeBitbucket(pull_requests=[PULL_REQUEST]),
            bitbucket_context,
            bitbucket_state,
            marks=pytest.mark.slow,
        ),
    ],
    ids=["github", "gitlab", "bitbucket"],
)
def test_killed_after_any_request_and_run_again_the_end_is_the_same(
    folder: Path, make: Any, read: Any, state: Any
) -> None:
    """The forge goes silent after so many requests, with the last one carried out and its answer lost."""

    def end_after(survived: int | None) -> tuple[str, int]:
        with make() as fake:
            context = replace(read(fake), output_file=None, summary_file=None)
            if survived is not None:
                fake.fail("*", "*", faults.connection_reset(took_effect=True), skip=survived)
                fake.fail("*", "*", faults.connection_reset(), times=-1, skip=survived)
                post_one(folder, context, make_options(attempts=1), images=ImageSettings())
                fake.clear_faults()
            before = len(fake.requests)
            assert post_one(folder, context, make_options(), images=ImageSettings()).failures == ()
            return _MADE_UP.sub("", repr(state(fake))), len(fake.requests) - before

    expected, requests = end_after(None)
    for survived in range(requests):
        assert end_after(survived)[0] == expected, f"killed after {survived} of {requests} requests"


_MADE_UP = re.compile(r"http://[\d.:]+|\b[0-9a-f]{32,40}\b|comment-\d+|note_\d+")
"""Ports, names of commits and uploads, and numbers of comments differ from one fake to the next."""
