"""Post a report with many charts to a fake of each forge: seconds, requests, and how many of them write.

Each chart is a light and a dark image of about 18 kB. The fakes answer at once, so the time is mostly that between two
writes, which Headway keeps as it does for the real forges.

Example:
    python benchmarks/post.py --charts 64
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import numpy as np
from PIL import Image
from publish.any_forge import CURVE, FORGES, ONE, PLACES, context_of, open_forge
from publish.forge_places import post_one
from samples import make_report

from headway.publish.http.options import ClientOptions
from headway.report import codec
from headway.settings import ImageSettings
from headway.values.chart import LineChart

if TYPE_CHECKING:
    from headway.ci.job import Context

PIXELS = (170, 34)
"""Noise of this size is a PNG as large as that of a chart."""
LIMIT = 10.0


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--charts", type=int, default=64)
    parser.add_argument("--forge", choices=FORGES, action="append", help="only this one; can be given several times")
    arguments = parser.parse_args()
    os.environ["NO_PROXY"] = "127.0.0.1,localhost"
    print("| forge | report | images | requests | writes | seconds | limit |\n|---|---|---:|---:|---:|---:|---:|")
    for name in arguments.forge or FORGES:
        with tempfile.TemporaryDirectory() as folder, open_forge(name, ONE) as fake:
            for number, which in enumerate(("first", "later")):
                report = draw(Path(folder) / which, arguments.charts, np.random.default_rng(number))
                context = replace(context_of(fake), run=replace(context_of(fake).run, id=number + 1))
                measure(name, which, fake, report, context)


def draw(folder: Path, charts: int, random: np.random.Generator) -> Path:
    """A report whose images are new, in a folder."""
    (folder / "charts").mkdir(parents=True)
    drawn = []
    for number in range(charts):
        paths = f"charts/{number}-light.png", f"charts/{number}-dark.png"
        for path in paths:
            (folder / path).write_bytes(noise(random))
        drawn.append(chart(f"loss {number}", *paths))
    (folder / "report.json").write_bytes(codec.encode(make_report("acc 0.90 -> 0.92 higher", charts=tuple(drawn))))
    return folder


def noise(random: np.random.Generator) -> bytes:
    """A PNG of pixels that cannot be compressed."""
    width, height = PIXELS
    stream = io.BytesIO()
    Image.fromarray(random.integers(0, 256, (height, width, 3), dtype=np.uint8)).save(stream, "PNG")
    return stream.getvalue()


def chart(title: str, light: str, dark: str) -> LineChart:
    """A chart with two images."""
    return LineChart(
        id=title,
        title=title,
        alt="down",
        series=(CURVE,),
        x_label="epoch",
        y_label="loss",
        image=light,
        image_dark=dark,
    )


def measure(name: str, which: str, fake: Any, folder: Path, context: Context) -> None:  # noqa: ANN401 - one of three fakes
    """Post once and print a line."""
    before, start = len(fake.requests), time.perf_counter()
    delivery = post_one(folder, context, ClientOptions(), images=ImageSettings(store=PLACES[name]))
    seconds = time.perf_counter() - start
    if delivery.failures:
        raise delivery.failures[0]
    sent = fake.requests[before:]
    writes = [each for each in sent if each.method != "GET" and b'"query":"query' not in each.body]
    images = len(list((folder / "charts").iterdir()))
    print(f"| {name} | {which} | {images} | {len(sent)} | {len(writes)} | {seconds:.1f} | {LIMIT:g} |", flush=True)


if __name__ == "__main__":
    main()
