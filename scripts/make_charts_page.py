"""Write docs/charts.md, the gallery of charts: each kind as DVC draws it by default, and as Headway draws it.

In a temporary repository, scripts/charts_page/simulate.py writes the files of two revisions, which are committed as
``main`` and ``change``. Headway's images come from ``headway report main change``. DVC's are the Vega-Lite programs of
``dvc plots diff main change --json``, drawn by vl-convert in their own size; only their font and their random numbers
are set, so that every run writes the same page. The text comes from scripts/charts_page/page.md, in which a line such
as ``{{roc}}`` stands for the images of a plot.

Example:
    python scripts/make_charts_page.py
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from html import escape
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import vl_convert
from PIL import Image

from headway.draw.theme import FONT, IMAGE_WIDTH, SCALE
from headway.values.report import SHOWN_IMAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    Json = dict[str, Any]

ROOT = Path(__file__).parent.parent
SOURCES = Path(__file__).parent / "charts_page"
FOLDER = Path("images/charts")
"""Where the page's images are, relative to the page."""
DVC_COLORS = 64
"""The colours of a chart of DVC's, which has hundreds where transparent marks overlap; the eye sees no difference."""
SETTINGS = """evaluation: []
metrics:
  "recall.*": {direction: higher}
"""


def main() -> None:
    """Write the page and its images, by default into docs/."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "docs", help="the folder of the page (default: docs)")
    out = parser.parse_args().out.resolve()
    shutil.rmtree(out / FOLDER, ignore_errors=True)
    (out / FOLDER).mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "gallery"
        make_repository(root)
        gallery = Gallery(root, out, read_charts(root), read_dvc_plots(root))
        text = re.sub(r"(?m)^\{\{(.+)\}\}$", lambda found: gallery.section(found[1]), (SOURCES / "page.md").read_text())
        (out / "charts.md").write_text(text)


def make_repository(root: Path) -> None:
    """Commit the files of both sides."""
    root.mkdir()
    run(root, "git", "init", "--quiet", "--initial-branch", "main")
    run(root, sys.executable, "-m", "dvc", "init", "--quiet")
    (root / ".dvc/plots").mkdir()
    shutil.copy(SOURCES / "histogram.json", root / ".dvc/plots")
    shutil.copy(SOURCES / "plots.yaml", root / "dvc.yaml")
    (root / "headway.yaml").write_text(SETTINGS)
    for branch, side in (("main", "base"), ("change", "head")):
        run(root, "git", "checkout", "--quiet", "-B", branch)
        run(root, sys.executable, str(SOURCES / "simulate.py"), side)
        run(root, sys.executable, "-m", "dvc", "add", "--quiet", "data/customers.csv", "data/digits", "logs")
        run(root, "git", "add", "--all")
        run(root, "git", "commit", "--quiet", "--message", f"The files of {side}")


def run(root: Path, *command: str) -> str:
    """Run a command in the repository as nobody in particular, and give what it prints."""
    nowhere = {"GIT_CONFIG_GLOBAL": os.devnull, "DVC_GLOBAL_CONFIG_DIR": str(root / ".dvc/tmp/no-configuration")}
    people = {f"GIT_{who}_{what}": "Headway" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environ = {**os.environ, **people, **nowhere, "DVC_NO_ANALYTICS": "1"}
    return subprocess.run(command, cwd=root, env=environ, check=True, stdout=subprocess.PIPE, text=True).stdout


def read_charts(root: Path) -> dict[str, Json]:
    """The charts of Headway's report by their ids; their images are in the folder ``report``."""
    run(root, sys.executable, "-m", "headway", "report", "main", "change", "--no-fetch", "--out", "report")
    return {chart["id"]: chart for chart in json.loads((root / "report/report.json").read_text())["charts"]}


def read_dvc_plots(root: Path) -> dict[str, list[Json]]:
    """What DVC prints of each plot by its id: one Vega-Lite program, or the image of each side."""
    plots: dict[str, list[Json]] = json.loads(
        run(root, sys.executable, "-m", "dvc", "plots", "diff", "main", "change", "--json", "--out", "dvc")
    )["data"]
    return plots


@dataclass(frozen=True)
class Gallery:
    """The images of the page, which it writes where the text names them.

    Attributes:
        root: the temporary repository.
        out: the folder of the page.
        charts: Headway's charts by id.
        dvc_plots: what DVC prints of a plot, by id.
    """

    root: Path
    out: Path
    charts: dict[str, Json]
    dvc_plots: dict[str, list[Json]]

    def section(self, plot: str) -> str:
        """The images of one plot: beside DVC's, if DVC draws it.

        Two tables of one column are beside each other on a wide screen, and below each other on a narrow one.
        """
        ours = "<br>\n".join(self._headway(plot))
        if plot not in self.dvc_plots:
            return f"<p>\n{ours}\n</p>"
        theirs = "<br>\n".join(self._dvc(plot))
        return f'{table("DVC&#39;s default", theirs)}\n{table("Headway", ours)}\n<br clear="all">'

    def _headway(self, plot: str) -> Iterator[str]:
        chart = self.charts[plot]
        for (light, dark), part in zip(SHOWN_IMAGES, ("-base", "", "-difference"), strict=True):
            if chart.get(light):
                name, alt = f"{slug(plot)}{part}", escape(chart["alt"] + part.replace("-", ", "))
                sources = [
                    self._write(f"{name}-{theme}", (self.root / "report" / chart[role]).read_bytes())
                    for theme, role in (("light", light), ("dark", dark))
                ]
                yield (
                    f'<picture><source media="(prefers-color-scheme: dark)" srcset="{sources[1]}">'
                    f'<img alt="{alt}" src="{sources[0]}" width="{chart["width"]}"></picture>'
                )

    def _dvc(self, plot: str) -> Iterator[str]:
        for drawn in self.dvc_plots[plot]:
            if drawn["type"] == "image":
                side, content = drawn["revisions"][0], Path(drawn["url"]).read_bytes()
                alt = f"{plot} of {side}"
                yield f"{side}:<br>\n{self._image(f'{slug(plot)}-dvc-{side}', content, alt, scale=1)}"
            else:
                content = compressed(draw(drawn["content"]))
                yield self._image(f"{slug(plot)}-dvc", content, "The same data, drawn by DVC", scale=SCALE)

    def _image(self, name: str, content: bytes, alt: str, *, scale: int) -> str:
        width = Image.open(io.BytesIO(content)).width // scale
        return f'<img alt="{alt}" src="{self._write(name, content)}" width="{width}">'

    def _write(self, name: str, content: bytes) -> str:
        path = FOLDER / f"{name}.png"
        (self.out / path).write_bytes(content)
        return path.as_posix()


def table(heading: str, content: str) -> str:
    """A table of one cell below a heading, at the left of what follows."""
    return f'<table align="left">\n<tr><th>{heading}</th></tr>\n<tr><td>\n{content}\n</td></tr>\n</table>'


def slug(plot: str) -> str:
    """The part of a file's name that stands for a plot."""
    return re.sub(r"[^a-z0-9]+", "-", plot.lower().removesuffix(".png")).strip("-")


def draw(spec: Json) -> Image.Image:
    """Draw a program in its own size, with two pixels a point; a wide image is reduced to the page's column."""
    config = {"font": FONT, **spec.get("config", {})}
    png = vl_convert.vegalite_to_png({**without_chance(spec), "config": config}, scale=SCALE)
    image = Image.open(io.BytesIO(png)).convert("RGB")
    wide = IMAGE_WIDTH * SCALE
    if image.width <= wide:
        return image
    return image.resize((wide, round(image.height * wide / image.width)), Image.Resampling.LANCZOS)


def without_chance(spec: Json) -> Json:
    """Give the rows of a program the random numbers that it would choose anew each time, as ``scatter_jitter`` does."""
    transform, chosen = spec.get("transform", []), Random(1)  # noqa: S311 - the same places every time
    columns = [each["as"] for each in transform if each.get("calculate") == "random()"]
    rows = [{**row, **{column: chosen.random() for column in columns}} for row in spec["data"]["values"]]
    steps = [each for each in transform if each.get("as") not in columns]
    return {**spec, "data": {"values": rows}, "transform": steps}


def compressed(image: Image.Image) -> bytes:
    """Write a small PNG."""
    stream = io.BytesIO()
    image.quantize(DVC_COLORS, dither=Image.Dither.NONE).save(stream, "PNG", optimize=True)
    return stream.getvalue()


if __name__ == "__main__":
    main()
