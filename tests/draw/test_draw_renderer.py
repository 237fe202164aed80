"""The child process: an image may fail, hang or kill it and costs no other; nothing is loaded, nothing outlives it."""

from __future__ import annotations

import http.server
import os
import select
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from queue import SimpleQueue
from typing import IO, TYPE_CHECKING, Any

import matplotlib as mpl
import psutil
import pytest
from datasets.folders import encoded
from draw.pixels import count, open_png, render
from draw.plots import draw, plot
from PIL import Image

from headway.draw import jobs
from headway.draw.jobs import ImageJob, VegaJob
from headway.draw.renderer import Renderer
from headway.draw.specification import vega_lite

if TYPE_CHECKING:
    from collections.abc import Iterator

GOOD = {"data": {"values": [{"a": 1, "b": 2}]}, "mark": "point", "encoding": {"x": {"field": "a"}, "y": {"field": "b"}}}
ENDLESS = {
    "data": {"sequence": {"start": 0, "stop": 400_000}},
    "transform": [{"loess": "data", "on": "data"}],
    "mark": "line",
    "encoding": {axis: {"field": "data", "type": "quantitative"} for axis in ("x", "y")},
}
"""Smoothing this many points takes V8 hours and no memory."""


def children() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if is_worker(child)]


def is_worker(child: psutil.Process) -> bool:
    """Whether a process draws; one that has just begun has no command line for a moment, as one that has ended."""
    words = child.cmdline()
    return "headway.draw.worker" in words or (not words and child.status() != psutil.STATUS_ZOMBIE)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> SimpleQueue[jobs.Job]:
    """Every job, as soon as a child has it; a child has its second job only when the first is done."""
    sent: SimpleQueue[jobs.Job] = SimpleQueue()
    write = jobs.write

    def write_and_tell(stream: IO[bytes], order: jobs.Order) -> None:
        write(stream, order)
        sent.put(order.job)

    monkeypatch.setattr(jobs, "write", write_and_tell)
    return sent


def test_a_bad_program_gets_a_sentence_and_the_others_get_drawn() -> None:
    programs: dict[str, dict[str, Any]] = {
        "bad": {"mark": "no such mark"},
        "empty": {},
        "huge": {"mark": "point", "width": 2**70},
        "good": GOOD,
    }
    results = render({name: VegaJob(program) for name, program in programs.items()})
    assert open_png(results["good"])
    assert isinstance(results["bad"], str)
    assert results["bad"]
    assert str(results["empty"]).startswith("Invalid specification")
    assert "\n" not in results["bad"]
    assert "64 bits" in str(results["huge"])


def test_a_killed_child_costs_only_its_image(sent: SimpleQueue[jobs.Job]) -> None:
    with Renderer(processes=1) as renderer:
        (child,) = children()
        renderer.submit("before", VegaJob(GOOD))
        renderer.submit("fatal", VegaJob(ENDLESS))
        renderer.submit("next", VegaJob(GOOD))
        while sent.get() != VegaJob(ENDLESS):  # past the warm-up and the first image
            pass
        child.kill()
        results = renderer.results()
    assert "SIGKILL" in str(results["fatal"])
    assert open_png(results["next"])
    assert not children()


@pytest.mark.slow
def test_an_image_that_takes_too_long_is_stopped() -> None:
    with Renderer(processes=1, limit=4) as renderer:
        renderer.submit("endless", VegaJob(ENDLESS))
        renderer.submit("next", VegaJob(GOOD))
        results = renderer.results()
    assert "more than 4 s" in str(results["endless"])
    assert open_png(results["next"])


def test_leaving_early_ends_a_busy_child(sent: SimpleQueue[jobs.Job]) -> None:
    with Renderer() as renderer:
        renderer.submit("endless", VegaJob(ENDLESS))
        sent.get()
        started = children()
    assert len(started) == 1
    assert not any(child.is_running() for child in started)


def test_one_image_can_be_waited_for_before_others_are_submitted() -> None:
    with Renderer() as renderer:
        renderer.submit("first", jobs.ThumbnailJob(encoded(Image.new("RGB", (8, 8), "red"))))
        first = renderer.result("first")
        assert isinstance(first, bytes)
        renderer.submit("second", jobs.ThumbnailJob(first))
        assert renderer.result("second") == first
        assert renderer.results() == {"first": first, "second": first}
        assert renderer.result("never submitted") == "drawing was interrupted"


def test_an_image_is_the_same_on_every_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    times = "t,y\n2026-01-01T00:30,1\n2026-01-02T12:00,3"
    chart, _ = draw(plot(times, "y", x="t"), plot(times, "y", x="t"))
    jobs = {theme: VegaJob(vega_lite(chart, theme)) for theme in ("light", "dark")}
    here = render(dict(jobs))
    fonts = tmp_path / "fonts.conf"
    fonts.write_text("<fontconfig><dir>/usr/share/fonts/truetype/dejavu</dir></fontconfig>")
    for name, value in {"FONTCONFIG_FILE": str(fonts), "TZ": "Asia/Tokyo", "LC_ALL": "de_DE.UTF-8"}.items():
        monkeypatch.setenv(name, value)
    assert render(dict(jobs)) == here
    assert all(isinstance(image, bytes) for image in here.values())


@pytest.mark.slow
def test_letters_of_any_script_are_found_among_the_machines_fonts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    latin, chess = (VegaJob({**GOOD, "mark": "text", "title": {"text": text, "fontSize": 60}}) for text in ("AB", "♜♞"))
    alone = render({"latin": latin})
    (tmp_path / ".fonts").mkdir()
    shutil.copy(Path(mpl.get_data_path(), "fonts/ttf/DejaVuSans.ttf"), tmp_path / ".fonts")
    monkeypatch.setenv("HOME", str(tmp_path))
    found = render({"chess": chess, "latin": latin})
    assert count(open_png(found["chess"]), "black", within=80) > 400
    assert found["latin"] == alone["latin"]


def test_modules_of_the_folder_reported_on_are_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("msgspec", "headway", "PIL", "vl_convert"):
        (tmp_path / f"{name}.py").write_text("open('imported', 'w').close()\n")
    monkeypatch.chdir(tmp_path)
    assert open_png(render({"": VegaJob(GOOD)})[""])
    assert not (tmp_path / "imported").exists()


class _Server(http.server.ThreadingHTTPServer):
    """Serves an image and rows to whoever asks, and remembers who asked."""

    asked: list[str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'[{"a": 1, "b": 2}]')

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[_Server]:
    server = _Server(("127.0.0.1", 0), _Handler)
    server.asked = []
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_nothing_is_loaded_from_the_network_or_the_disk(server: _Server, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    Image.new("RGB", (50, 50), "#ff00ff").save(secret)
    (tmp_path / "rows.json").write_text('[{"a": 1, "b": 2}]')
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:l="http://www.w3.org/1999/xlink" width="50" height="50">{}</svg>'
    )
    links = [f"{server.url}/i.png", str(secret), secret.as_uri(), "&#47;etc/hostname"]

    def image(url: str) -> dict[str, Any]:
        return {
            "data": {"values": [{"u": url}]},
            "mark": {"type": "image", "width": 50},
            "encoding": {"url": {"field": "u"}},
        }

    data = [f"{server.url}/rows.json", (tmp_path / "rows.json").as_uri(), str(tmp_path / "rows.json")]
    lookup = {"lookup": "a", "from": {"data": {"url": data[0]}, "key": "a", "fields": ["b"]}}
    results = render(
        {f"data {url}": VegaJob(GOOD | {"data": {"url": url}}) for url in data}
        | {"lookup": VegaJob(GOOD | {"transform": [lookup]})}
        | {f"image {url}": VegaJob(image(url)) for url in links}
        | {
            f"svg {name} {url}": ImageJob(
                content=svg.format(f'<image width="9" {name}="{url}"/>').encode(),
                side="head",
                caption="head",
                title=None,
                theme="light",
            )
            for url in links
            for name in ("href", "l:href")
        }
    )
    assert not server.asked
    assert {key for key, result in results.items() if isinstance(result, bytes)} <= {f"data {data[1]}"}
    drawn = [open_png(result) for result in results.values() if isinstance(result, bytes)]
    assert not any(count(image, "#ff00ff", within=40) for image in drawn)


def test_the_child_imports_no_heavy_station() -> None:
    code = "import sys, headway.draw.worker, headway.draw.images.image_pair; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"polars", "dvc", "dvc_render", "rich", "markupsafe"} & set(loaded)


SCRIPT = f"""
import sys
from headway.draw import jobs
from headway.draw.jobs import VegaJob
from headway.draw.renderer import Renderer

def write_and_tell(stream, order, write=jobs.write):
    write(stream, order)
    print(renderer._lanes[0]._child.pid, flush=True)

jobs.write = write_and_tell
with Renderer(processes=1) as renderer:
    renderer.submit("endless", VegaJob({ENDLESS!r}))
    renderer.results()
"""
"""Prints the child's process id as soon as it has its job."""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_no_child_outlives_its_parent_and_none_complains(how: signal.Signals) -> None:
    script = (
        SCRIPT
        if how == signal.SIGINT
        else SCRIPT.replace(repr(ENDLESS), repr(GOOD)).replace("renderer.results()", "sys.stdin.read()")
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as parent:
        assert parent.stdout is not None
        child = os.pidfd_open(int(parent.stdout.readline()))
        os.killpg(parent.pid, how)  # as a terminal does: the whole group
        _, complaint = parent.communicate(timeout=20)
    (ended, _, _) = select.select([child], [], [], 20)  # a process that ends makes its descriptor readable
    os.close(child)
    assert ended
    assert "worker" not in complaint
    assert complaint.count("Traceback") == (
        how == signal.SIGINT
    )  # the parent's own KeyboardInterrupt, which is the caller's


MILLION = """
import re, resource
from pathlib import Path
import polars as pl
from draw.plots import draw, plot
from headway.draw.jobs import VegaJob
from headway.draw.renderer import Renderer
from headway.draw.specification import vega_lite

steps = pl.int_range(1_000_000, eager=True)
frame = pl.DataFrame({"step": steps, "loss": (steps * 7919) % 1000, "actual": steps % 10, "read": (steps * 7) % 11})
with Renderer() as renderer:
    for template, x, y in (("linear", "step", "loss"), ("scatter", "step", "loss"), ("confusion", "actual", "read")):
        chart, _ = draw(*[plot(frame, y, x=x, template=template)] * 2)
        renderer.submit(template, VegaJob(vega_lite(chart, "light")))
    results = renderer.results()
assert all(isinstance(result, bytes) for result in results.values()), results
own = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]
print(int(own) // 1024, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
"""


@pytest.mark.slow
def test_a_million_rows_become_images_in_little_memory() -> None:
    tests = str(Path(__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([tests, os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run([sys.executable, "-c", MILLION], capture_output=True, text=True, check=False, env=environment)
    assert not done.returncode, done.stderr
    own, child = map(int, done.stdout.split())
    # Not ru_maxrss for the process itself: it begins with the size of whoever started it, the test runner here.
    assert own < 400  # MiB; the classic way needs 1350 to 3100
    assert child < 450


def test_the_child_sees_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    with Renderer(processes=1) as renderer:
        (lane,) = renderer._lanes  # noqa: SLF001  the child's environment is what is looked at
        child = lane._child  # noqa: SLF001  likewise
        assert child is not None
        environ = b""
        while not environ and child.poll() is None:  # Linux shows none until the new program is all in place
            environ = Path(f"/proc/{child.pid}/environ").read_bytes()
    assert b"PATH=" in environ
    assert b"secret" not in environ


@pytest.mark.slow
def test_a_second_process_starts_only_where_many_images_wait() -> None:
    point = VegaJob({"data": {"values": [{"x": 1}]}, "mark": "point"})
    with Renderer(processes=2) as renderer:
        for number in range(12):
            renderer.submit(str(number), point)
        few = len(renderer._lanes)  # noqa: SLF001  what is under test
        for number in range(12, 60):
            renderer.submit(str(number), point)
        many = len(renderer._lanes)  # noqa: SLF001  likewise
        results = renderer.results()
    assert (few, many) == (1, 2)
    assert len(results) == 60
    assert all(isinstance(result, bytes) for result in results.values())
