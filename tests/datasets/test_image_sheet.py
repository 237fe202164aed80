"""The contact sheet: a fair choice, drawn in the child, every picture where it belongs, the same bytes every time."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from datasets.folders import Files, bomb, described, encoded, picture, side
from draw.pixels import count, open_png, render
from PIL import Image

from headway.datasets.images.image_files import find_changes
from headway.datasets.images.sheet_layout import choose_images
from headway.draw.images import contact_sheet
from headway.draw.images.contact_sheet import compose
from headway.draw.jobs import SheetGroup, SheetJob, Thumbnail
from headway.draw.raster import rasterise
from headway.draw.sheet_grid import arrange, height
from headway.draw.theme import IMAGE_WIDTH, SCALE, TEXT_SIZE, THEMES, TITLE_SIZE, ThemeName

SIDE = 160
CELL = SIDE**2
"""Pixels of a cell."""


def solid(color: str, size: tuple[int, int] = (200, 200)) -> bytes:
    return encoded(Image.new("RGB", size, color))


def drawn(base: Files, head: Files, theme: ThemeName = "light") -> Image.Image:
    return open_png(compose(described(base, head).sheets[theme]))


def chosen(base: Files, head: Files) -> dict[str, list[str]]:
    changes = find_changes(side(base), side(head))
    contents = {file.hash for file in changes.head.values()}
    return {
        str(where): [shown.file.path for shown in listed] for where, listed in choose_images(changes, contents).items()
    }


def numbered(label: str, number: int) -> Files:
    return {f"{label}/{n}.png": f"{label} {n}".encode() for n in range(number)}


def test_classes_get_the_same_share_in_the_order_of_names() -> None:
    found = chosen({}, {**numbered("class 10", 500), **numbered("class 9", 30), **numbered("rare", 2)})
    assert {label: len(paths) for label, paths in found.items()} == {"class 9": 4, "class 10": 4, "rare": 2}
    assert list(found) == ["class 9", "class 10", "rare"]
    names = [int(path.split("/")[1][:-4]) for path in found["class 10"]]
    assert names == sorted(names)
    assert max(names) > 100, "a sample, not the first ones"


def test_of_very_many_classes_the_fullest_are_shown() -> None:
    head: Files = {}
    for label in range(40):
        head |= numbered(f"class {label}", 5 if label % 4 == 0 else 1)
    found = chosen({}, head)
    assert len(found) == 6
    assert set(found) <= {f"class {label}" for label in range(0, 40, 4)}
    assert sum(map(len, found.values())) == 12


def test_a_pair_takes_two_cells() -> None:
    base = numbered("cat", 100)
    assert len(chosen(base, {path: content + b"!" for path, content in base.items()})["cat"]) == 6


def test_the_same_picture_is_shown_once() -> None:
    assert chosen({}, {"a/1.png": b"one", "a/2.png": b"one"}) == {"a": ["a/1.png"]}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_new_pictures_stand_in_cells_of_their_own(theme: ThemeName) -> None:
    page = drawn({}, {"cat/1.png": solid("#ff0000"), "dog/1.png": solid("#00ff00", (200, 100))}, theme)
    assert count(page, "#ff0000", within=0) == CELL
    assert 0 <= CELL // 2 - count(page, "#00ff00", within=0) <= SIDE, "but for a soft edge"
    assert count(page, THEMES[theme].cell, within=0) >= CELL // 2 - SIDE
    assert page.getpixel((0, 0)) == Image.new("RGB", (1, 1), THEMES[theme].background).getpixel((0, 0))


def test_a_changed_picture_stands_beside_what_it_replaced() -> None:
    page = drawn({"cat/1.png": solid("#ff0000")}, {"cat/1.png": solid("#00ff00")})
    before = [x for x in range(page.width) if page.getpixel((x, page.height // 2)) == (255, 0, 0)]
    after = [x for x in range(page.width) if page.getpixel((x, page.height // 2)) == (0, 255, 0)]
    assert len(before) == len(after) == SIDE
    assert before[-1] < after[0]
    assert count(page, THEMES["light"].head, within=0) > 1000, "its frame"
    assert count(page, THEMES["light"].base, within=0) > 1000


def test_what_was_replaced_may_be_broken() -> None:
    page = drawn({"cat/1.png": b"broken"}, {"cat/1.png": solid("#00ff00")})
    assert count(page, "#00ff00", within=0) == CELL
    assert count(page, THEMES["light"].head, within=0) > 1000


def test_small_pictures_show_their_pixels() -> None:
    image = Image.new("RGB", (8, 8), "#000000")
    image.putpixel((3, 3), (255, 0, 0))
    page = drawn({}, {"1.png": encoded(image)})
    assert count(page, "#ff0000", within=0) == 20**2, "and no colour between"


def test_nothing_that_can_be_shown_is_no_sheet() -> None:
    images, sheets, _ = described({}, {"a.png": b"broken"})
    assert (images.sheet, sheets) == (None, {})


def test_the_sheet_in_words() -> None:
    base = {"cat/1.png": picture(1), "cat/2.png": picture(2)}
    head = {"cat/1.png": picture(3), "dog/1.png": picture(4), "dog/2.png": picture(5), "dog/3.png": b"broken"}
    sheet = described(base, head)[0].sheet
    assert sheet is not None
    assert sheet.shown == 3
    assert sheet.alt == ("Contact sheet. 3 of 4 added and changed images. cat: 1 changed · 1 removed; dog: 3 added")


def test_the_bytes_are_the_same_every_time() -> None:
    head = {f"{label}/{number}.png": picture(number) for number in range(9) for label in ("cat", "dog")}
    jobs = [described({}, files).sheets["light"] for files in (head, dict(reversed(head.items())))]
    assert jobs[0] == jobs[1]
    assert render({"": jobs[0]}) == render({"": jobs[1]})


HOSTILE = [
    "<svg>&amp;",
    "]]>",
    "\x00\x07\x1b[31m",
    "\u202egnp.live",
    "\udce9\udcff",
    "x" * 5000,
    "深い画像" * 40,
    "'\"",
]


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_any_name_can_be_drawn(name: str) -> None:
    jobs = described({}, {f"{name}/{name.replace('/', '')}.png": solid("#ff0000")}).sheets
    assert count(open_png(compose(jobs["dark"])), "#ff0000", within=0) == CELL


def test_a_thumbnail_that_is_a_bomb_costs_its_sheet_and_no_other() -> None:
    thumbnails = (Thumbnail(name="bomb", image=bomb(60_000, 60_000)),)
    fatal = SheetJob(groups=(SheetGroup(title="a", remark="", thumbnails=thumbnails),), remark="", theme="light")
    results = render({"bomb": fatal, "good": described({}, {"a.png": picture(1)}).sheets["light"]})
    assert "too many pixels" in str(results["bomb"])
    assert open_png(results["good"])


@pytest.mark.parametrize("classes", [1, 2, 3, 4, 6, 40])
@pytest.mark.parametrize("replaces", [False, True])
def test_every_sheet_is_low_and_well_filled(classes: int, replaces: bool) -> None:  # noqa: FBT001 - of the test
    head = {f"{number % classes}/{number}.png": f"{number}".encode() for number in range(80)}
    changes = find_changes(side({path: b"old" + path.encode() for path in head} if replaces else {}), side(head))
    listed = choose_images(changes, {file.hash for file in changes.head.values()})
    assert 300 <= height(arrange([*listed.values()])) <= 460


def test_a_sheet_looks_like_a_chart_and_says_what_it_leaves_out(monkeypatch: pytest.MonkeyPatch) -> None:
    pages: list[str] = []

    def rasterised(page: str) -> Image.Image:
        pages.append(page)
        return rasterise(page)

    monkeypatch.setattr(contact_sheet, "rasterise", rasterised)
    sheet = described({}, {f"{n}/1.png": picture(n) for n in range(8)}).sheets["light"]
    assert open_png(compose(sheet)).width == IMAGE_WIDTH * SCALE
    assert {*re.findall(r'font-size="([\d.]+)"', pages[0])} == {str(TITLE_SIZE), str(TEXT_SIZE)}
    assert sheet.remark == "6 of 8 added and changed images, from 6 of 8 folders"


def test_the_child_imports_no_arrays() -> None:
    code = "import sys, headway.draw.worker, headway.draw.images.contact_sheet; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "scipy", "polars"} & set(loaded)
