"""Contact sheets of a fork's examples: laid out again of what the child process decoded, and of nothing else."""

from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from datasets.test_flips import built, make_project
from fakes.github.forge import FakeGitHub
from hostile_archives import LINK, Member, archive
from PIL import Image
from publish.fork.redrawing import CHILDREN, SECRET, end_children, notes, picture, redrawn  # noqa: F401 - a fixture
from publish.fork.test_hostile_post import FORK, receive_and_post
from samples import make_report

from headway.draw.flip_sheet import shown_images
from headway.draw.renderer import Renderer
from headway.publish.fork.artifact import ARTIFACT
from headway.publish.fork.limits import TEXT_COLUMNS, decode_report
from headway.publish.fork.sheets import redraw_sheets
from headway.report import codec
from headway.values.chart import ImageChart
from headway.values.flips import ExampleText, Flip, Flips
from headway.values.report import IMAGE_ROLES

if TYPE_CHECKING:
    from pathlib import Path

    from fakes.github.state import WorkflowRun

    from headway.app.bundle import Bundle
    from headway.publish.fork.sanitize import Redrawn
    from headway.values.report import Report

GOOD, BAD = "charts/good.png", "charts/bad.png"


def flip(name: str, image: str | None) -> Flip:
    return Flip(id=name, actual="8", base="8", head=name, image=image)


def flips(*images: str | None, **changes: Any) -> Flips:
    """Broken predictions, each of them with its image."""
    broken = tuple(flip(f"{number}", image) for number, image in enumerate(images))
    given: dict[str, Any] = {"path": "p.csv", "rows": 90, "fixed_count": 0, "broken_count": 70, "broken": broken}
    return Flips(**given | {"sheet": "sheet"} | changes)


def sheet(**changes: Any) -> ImageChart:
    """The chart of a contact sheet as a stranger has it."""
    given: dict[str, Any] = {"id": "sheet", "title": "Lie", "alt": "Lie", "base": None, "head": None, "image": GOOD}
    return ImageChart(**given | changes)


def report_with(*found: Flips, charts: tuple[ImageChart, ...] = (sheet(),)) -> Report:
    return make_report("acc 0.9 -> 0.8", flips=found, charts=charts)


def drawn(*found: Flips, charts: tuple[ImageChart, ...] = (sheet(),), **files: bytes) -> Redrawn:
    return redrawn(report_with(*found, charts=charts), {f"charts/{name}.png": data for name, data in files.items()})


def colors(content: bytes) -> set[Any]:
    with Image.open(io.BytesIO(content)) as image:
        return {color for _, color in image.convert("RGB").getcolors(1 << 20) or ()}


def padded(content: bytes, size: int) -> bytes:
    """A PNG with a comment that is packed ``size`` bytes large."""
    packed = b"tEXt" + b"Comment\0" + b"x" * size
    chunk = (len(packed) - 4).to_bytes(4, "big") + packed + zlib.crc32(packed).to_bytes(4, "big")
    end = content.index(b"IEND") - 4
    return content[:end] + chunk + content[end:]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    project = make_project(tmp_path_factory.mktemp("flips"))
    return built(project, pixels="pixel_*", **{"from": "data.csv"})


class TestWhatHeadwayWrote:
    def test_becomes_the_same_sheet_on_both_pages(self, bundle: Bundle) -> None:
        (flipped,) = bundle.report.flips
        files = {path: bundle.images[path] for path in shown_images(flipped)}
        assert len(files) == 2
        found = redrawn(bundle.report, files)
        (before,), (after,) = bundle.report.charts, found.report.charts
        assert after == before
        assert found.images == {path: bundle.images[path] for path in (before.image, before.image_dark) if path}
        assert found.report.problems == bundle.report.problems

    def test_names_no_image_of_the_fork_from_then_on(self, bundle: Bundle) -> None:
        (flipped,) = redrawn(bundle.report, bundle.images).report.flips
        assert flipped.sheet
        assert {each.image for each in (*flipped.fixed, *flipped.broken)} == {None}


def test_no_role_of_a_sheet_names_a_file_of_the_fork() -> None:
    named = dict.fromkeys(IMAGE_ROLES, GOOD) | {"base": None, "head": None}
    found = drawn(flips(GOOD), charts=(sheet(**named),), good=picture())
    (chart,) = found.report.charts
    roles = {role: path for role in IMAGE_ROLES if (path := getattr(chart, role)) is not None}
    assert set(roles) == {"image", "image_dark"}
    assert set(roles.values()) == set(found.images)
    assert GOOD not in found.images


def test_without_any_image_that_can_be_shown_there_is_no_sheet() -> None:
    found = drawn(flips(BAD, GOOD), bad=b"x")
    assert not found.report.charts
    assert not found.images
    assert found.report.flips[0].sheet == ""
    assert notes(found).count("left out") == 1
    assert "2 of 2 images" in notes(found)


def test_a_sheet_whose_examples_name_no_image_is_left_out_as_before() -> None:
    found = drawn(flips(None), good=picture())
    assert "the fork made its image" in notes(found)
    assert not found.images


def test_nothing_but_pixels_remains() -> None:
    found = drawn(flips(GOOD), good=padded(picture(), 1_000))
    assert len(found.images) == 2
    for content in found.images.values():
        assert SECRET not in content
        assert b"xxx" not in content
        with Image.open(io.BytesIO(content)) as image:
            assert not image.text  # type: ignore[attr-defined]  # of a PngImageFile
    assert GOOD not in found.images


def test_a_sheet_is_laid_out_of_what_the_child_encoded() -> None:
    with Renderer(children=CHILDREN) as renderer:
        sheets, problems = redraw_sheets(report_with(flips(GOOD)), {GOOD: padded(picture(), 1_000)}, renderer)
    assert not problems
    found = sheets["sheet"]
    assert found
    for job in found.jobs.values():
        ((thumbnail,),) = (group.thumbnails for group in job.groups)
        assert thumbnail.image.startswith(b"\x89PNG")
        assert SECRET not in thumbnail.image
        assert b"tEXt" not in thumbnail.image


def test_the_words_are_those_of_the_predictions() -> None:
    evil = Flip(id="1", actual="<b>", base="<b>", head="h" * 20_000, image=GOOD)
    found = drawn(flips(broken=(evil,), fixed=(flip("3", GOOD),), fixed_count=1, broken_count=2), good=picture())
    (chart,) = found.report.charts
    assert "Lie" not in chart.alt
    assert "2 of 3 examples" in chart.alt
    assert "Broken: 2: <b> as hhh" in chart.alt
    assert "Fixed: 1: 8 as 8" in chart.alt
    assert len(chart.alt) < 1_000
    assert codec.decode(codec.encode(found.report)) == found.report


def test_one_sheet_shows_the_predictions_of_one_table() -> None:
    first, second = flips(GOOD), flips(BAD, path="q.csv")
    found = drawn(first, second, charts=(sheet(), sheet(head=BAD)), good=picture("red"), bad=picture("blue"))
    laid_out, plain = found.report.charts
    assert laid_out.image
    assert plain.image
    assert (255, 0, 0) in colors(found.images[laid_out.image])
    assert (0, 0, 255) not in colors(found.images[laid_out.image])
    assert (0, 0, 255) in colors(found.images[plain.image]), "an image of the repository's own, as without a sheet"


def test_texts_have_few_columns() -> None:
    names = [str(number) for number in range(TEXT_COLUMNS + 1)]
    broken = tuple(
        msgspec.structs.replace(flip(name, None), texts=(ExampleText(column=name, base=name, head=name),))
        for name in names
    )
    report = decode_report(codec.encode(report_with(flips(broken=broken), charts=())))
    assert [text.column for each in report.flips[0].broken for text in each.texts] == names[:-1]
    (problem,) = report.problems
    assert (problem.path, str(TEXT_COLUMNS) in problem.what) == ("p.csv", True)
    less = report_with(flips(broken=broken[:-1]), charts=())
    assert decode_report(codec.encode(less)) == less


def upload(github: FakeGitHub, run: WorkflowRun, report: Report, *members: Member) -> None:
    report = msgspec.structs.replace(report, head=msgspec.structs.replace(report.head, sha=run.head_sha))
    github.add_artifact(run, ARTIFACT, archive(Member("report.json", codec.encode(report)), *members))


def test_from_the_artifact_to_the_comment(tmp_path: Path) -> None:
    with FakeGitHub(pull_requests=[FORK]) as github:
        run = github.add_run(7)
        images = [Member(GOOD, picture("red")), Member(BAD, b"/etc/passwd", mode=LINK)]
        upload(github, run, report_with(flips(GOOD, BAD, "charts/gone.png")), *images)
        receive_and_post(github, run, tmp_path)
        (comment,) = github.comments(7)
        assert "Contact sheet. 1 of 70 examples" in comment.body
        assert "2 of 3 images are left out" in comment.body
        stored = [content for name, content in github.branch_files("headway-images").items() if name.endswith(".png")]
        assert len(stored) == 2, "the sheet for light and for dark pages, and no example of its own"
        assert all((255, 0, 0) in colors(content) for content in stored)
        assert len(list((tmp_path / "charts").iterdir())) == 2
