"""A stranger's report is drawn anew: of its pictures, templates and files nothing but pixels remains."""

from __future__ import annotations

import io
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from PIL import Image
from publish.fork.redrawing import SECRET, end_children, notes, picture, redrawn  # noqa: F401 - a fixture
from samples import digits_report, make_report

from headway.judge.movement import has_moved
from headway.report import codec, markdown
from headway.values.chart import BarChart, Chart, ConfusionChart, ImageChart, LineChart, Points, Series, VegaChart
from headway.values.report import IMAGE_ROLES, Include

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from headway.publish.fork.sanitize import Redrawn


def drawn(charts: tuple[Chart, ...] = (), includes: tuple[Include, ...] = (), **files: bytes) -> Redrawn:
    return redrawn(make_report(charts=charts, includes=includes), {f"{name}.png": data for name, data in files.items()})


def named(found: Redrawn) -> set[str]:
    items = (*found.report.charts, *found.report.includes)
    return {path for item in items for role in IMAGE_ROLES if (path := getattr(item, role, None)) and ".png" in path}


def template(spec: dict[str, Any], id_: str = "own") -> VegaChart:
    shared = {"$schema": "https://vega.github.io/schema/vega-lite/v6.json", "width": 50, "height": 50}
    return VegaChart(id=id_, title="Own", alt="Own", spec={**shared, **spec})


def image_chart(**paths: Any) -> ImageChart:
    return ImageChart(id="map.png", title="Map", alt="Map", **{"base": None, "head": None, **paths})


@pytest.fixture(scope="module")
def digits() -> Redrawn:
    report = digits_report()
    own = (
        *report.charts,
        image_chart(base="a.png", head="b.png"),
        template({"mark": "point", "data": {"values": [{}]}}),
    )
    section = Include(path="shown.png", title="Shown", form="image", base="a.png", head="b.png")
    report = msgspec.structs.replace(report, charts=own, includes=(*report.includes, section))
    return redrawn(report, {"a.png": picture("red"), "b.png": picture("blue", form="JPEG")})


class TestEverythingFits:
    def test_every_chart_has_its_pictures(self, digits: Redrawn) -> None:
        assert len(digits.report.charts) == 8
        assert named(digits) == set(digits.images)
        assert all(chart.image in digits.images for chart in digits.report.charts)
        assert all(chart.image_dark in digits.images for chart in digits.report.charts)
        assert digits.report.problems == digits_report().problems

    def test_the_pictures_are_pngs_made_here(self, digits: Redrawn) -> None:
        for content in digits.images.values():
            with Image.open(io.BytesIO(content)) as image:
                image.load()
                assert image.format == "PNG"
                assert not image.text  # type: ignore[attr-defined]  # of a PngImageFile
            assert SECRET not in content

    def test_no_name_of_the_fork_is_kept(self, digits: Redrawn) -> None:
        assert not {"a.png", "b.png", "charts/learning-curve.png"} & named(digits)

    def test_no_program_remains(self, digits: Redrawn) -> None:
        own = digits.report.charts[-1]
        assert isinstance(own, ImageChart)
        assert "spec" not in msgspec.to_builtins(own)

    def test_an_image_shows_each_side_and_is_told_from_an_unchanged_one(self, digits: Redrawn) -> None:
        for shown in (digits.report.charts[-2], digits.report.includes[-1]):
            assert isinstance(shown, ImageChart | Include)
            assert (shown.base, shown.head) == (shown.before, shown.image)
            assert len({digits.images[path] for path in (shown.image, shown.before) if path}) == 2
        assert has_moved(digits.report.charts[-1]), "a custom template may have changed"

    def test_an_unchanged_image_is_drawn_once(self) -> None:
        found = drawn(charts=(image_chart(base="a.png", head="a.png"), image_chart(base="a.png")), a=picture())
        same, gone = found.report.charts
        assert isinstance(same, ImageChart)
        assert isinstance(gone, ImageChart)
        assert same.before is None
        assert same.base == same.head == same.image
        assert (gone.base, gone.head) == (gone.image, None)

    def test_the_report_can_be_written_and_rendered(self, digits: Redrawn) -> None:
        again = codec.decode(codec.encode(digits.report))
        assert again == digits.report
        assert markdown.render(again, image_url=lambda path: f"https://images.example/{digits.images[path][:0]!r}")


@dataclass
class Listening:
    """A server that should hear nothing."""

    url: str
    heard: list[str] = field(default_factory=list)


@pytest.fixture
def listening() -> Iterator[Listening]:
    heard: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.path)
            self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield Listening(f"http://127.0.0.1:{server.server_port}", heard)
    server.shutdown()
    server.server_close()


def test_a_template_gets_neither_network_nor_files(listening: Listening, tmp_path: Path) -> None:
    tell_tale = Image.new("RGB", (50, 50), "#ff00ff")
    tell_tale.save(tmp_path / "secret.png")
    (tmp_path / "secret.csv").write_text("x,y\n1,1\n")
    addresses = [
        f"{listening.url}/secret.csv",
        f"file://{tmp_path}/secret.csv",
        f"{tmp_path}/secret.csv",
        "//127.0.0.1/secret.csv",
        "data:text/csv,x%0A1",
    ]
    pictures = [f"{listening.url}/secret.png", f"file://{tmp_path}/secret.png", f"{tmp_path}/secret.png"]
    dot = {"x": {"value": 25}, "y": {"value": 25}}
    data = [template({"data": {"url": url}, "mark": "point"}, f"data {url}") for url in addresses]
    marks = [
        template(
            {
                "data": {"values": [{"a": url}]},
                "mark": {"type": "image", "width": 50, "height": 50},
                "encoding": {**dot, "url": {"field": "a"}},
            },
            f"mark {url}",
        )
        for url in pictures
    ]
    found = drawn(charts=(*data, *marks))
    assert not listening.heard
    for content in found.images.values():
        with Image.open(io.BytesIO(content)) as image:
            assert (255, 0, 255) not in {color for _, color in image.convert("RGB").getcolors(1 << 20) or ()}


@pytest.mark.slow
def test_a_template_that_never_ends_costs_itself() -> None:
    backtracking = "test(regexp('(a+)+$'), 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!')"
    program = {"data": {"values": [{}]}, "transform": [{"calculate": backtracking, "as": "x"}], "mark": "point"}
    endless = template({**program, "encoding": {"x": {"field": "x"}}}, "endless")
    curve = Series(name="", head=Points((1.0, 2.0), (1.0, 2.0)))
    line = LineChart(id="line", title="Line", alt="Line", series=(curve,), x_label="x", y_label="y")
    found = redrawn(make_report(charts=(endless, line)), {}, limit=5.0, processes=2)
    assert "endless: its image could not be drawn" in notes(found)
    assert found.report.charts[0].image is None
    assert found.report.charts[1].image in found.images


def _png_header(width: int, height: int) -> bytes:
    """A PNG that says it is large, and is a few hundred bytes."""
    stream = io.BytesIO()
    Image.new("1", (width, height)).save(stream, "PNG", optimize=True)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' width='1' height='1'/>", "only PNG"),
        (b"<!DOCTYPE html><script>alert(1)</script>", "only PNG"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n(/etc/passwd) run", "only PNG"),
        (b"BM" + bytes(60), "only PNG"),
        (b"", "only PNG"),
        (None, "archive does not hold"),
    ],
)
def test_files_that_are_not_even_decoded(content: bytes | None, words: str) -> None:
    section = Include(path="s.png", title="S", form="image", base=None, head="x.png")
    files = {} if content is None else {"x": content}
    found = drawn(charts=(image_chart(head="x.png"),), includes=(section,), **files)
    assert notes(found).count(words) == 2
    assert not found.images
    assert not found.report.charts
    assert not found.report.includes


def test_pictures_that_do_not_decode() -> None:
    broken = {
        "cut": picture()[:60],
        "huge": _png_header(30_000, 2_000),
        "text": b"\x89PNG\r\n\x1a\n" + b"x" * 100,
        "webp": b"RIFF\xff\xff\xff\xffWEBPVP8L" + bytes(50),
    }
    charts = tuple(msgspec.structs.replace(image_chart(head=f"{name}.png"), id=name) for name in broken)
    sections = tuple(Include(path=name, title=name, form="image", base=None, head=f"{name}.png") for name in broken)
    found = drawn(charts=charts, includes=sections, **broken)
    assert not found.images
    assert not found.report.includes
    assert all(f"{name}: its image could not be drawn" in notes(found) for name in broken)


def test_a_picture_without_a_side_is_left_out() -> None:
    assert "the fork made its image" in notes(drawn(charts=(image_chart(),)))


def test_a_chart_that_makes_no_sense_costs_itself() -> None:
    empty = BarChart(id="empty", title="", alt="", bars=(), value_label="", category_label="")
    wrong = LineChart(
        id="wrong",
        title="Wrong",
        alt="Wrong",
        series=(Series(name="", base=Points(("a", "b"), ("c", "d")), head=Points((), ())),),
        x_label="x",
        y_label="y",
        diagonal=True,
    )
    none = LineChart(id="none", title="None", alt="None", series=(), x_label="x", y_label="y")
    labels = ("a", "b")
    vast = ConfusionChart(
        id="vast",
        title="Vast",
        alt="Vast",
        labels_x=labels,
        labels_y=labels,
        base=((2**70, 1), (1, 2**70)),
        head=((-1, 1), (1, 1)),
        x_label="x",
        y_label="y",
    )
    program = template({"mark": "point", "data": {"values": [{"x": 10**30}]}}, "program")
    found = drawn(charts=(empty, wrong, none, vast, program, *digits_report().charts[:1]))
    assert "program: its chart cannot be drawn (OverflowError)" in notes(found)
    assert found.report.charts[-1].image in found.images
    assert codec.decode(codec.encode(found.report)) == found.report
