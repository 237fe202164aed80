"""A folder of pictures in words: every fact once, leaks first, and nothing where there is nothing."""

from __future__ import annotations

from typing import Any

from headway.report.folder_images import image_classes, image_findings, image_lines
from headway.values.dataset import FolderChange
from headway.values.imagery import Copies, FolderImages, FormatCount, ImageClass, PixelSizes, SizeCount


def images(**fields: Any) -> FolderImages:
    return FolderImages(path="d", **{"added": 0, "changed": 0, "removed": 0, "moved": 0, **fields})


def copies(*paths: str, **fields: Any) -> Copies:
    return Copies(**{"kind": "identical", "paths": paths, "new": paths[:1], "count": len(paths), **fields})


def size(width: int, height: int, count: int = 1) -> SizeCount:
    return SizeCount(width=width, height=height, count=count)


def lines(found: FolderImages, **folder: Any) -> list[str]:
    return list(image_lines(found, FolderChange(path="d", **folder)))


def test_the_counts_of_a_folder_of_pictures_alone_are_told_once() -> None:
    counts = {"added": 1, "changed": 2, "removed": 0}
    assert lines(images(**counts), **counts) == []
    assert lines(images(**counts), added=2, changed=2, removed=0) == ["Pictures: 1 new, 2 changed"]
    assert lines(images(**counts | {"moved": 1}), **counts) == ["Pictures: 1 new, 2 changed, 1 moved"]


def test_nothing_is_said_where_nothing_changed() -> None:
    assert lines(images(formats=(FormatCount(format="PNG", base=3, head=3),))) == ["Pictures: none differs"]
    assert image_findings(images()) == ()
    assert image_classes(images(classes=(ImageClass(label="", base=1, head=1),)), 9).rows == ()


def test_copies_are_warnings_where_they_cross_and_a_line_where_they_do_not() -> None:
    found = images(
        copies=(
            copies("test/a", "train/b", crosses_splits=True, crosses_classes=True),
            copies("cat/c", "dog/d", crosses_classes=True, kind="alike", distance=4),
            copies("e", "f", "g", "h", "i"),
        ),
        copies_count=3,
    )
    assert [finding.what for finding in image_findings(found)] == [
        "Leakage: the same picture in several splits: `test/a` = `train/b`",
        "The same picture in several classes: `cat/c` = `dog/d`, 4 of 64 bits apart",
    ]
    assert "New pictures that show the same as others: `e` = `f` = `g` and 2 more" in lines(found)


def test_a_new_format_and_the_sizes_are_told() -> None:
    sizes = PixelSizes(common=(size(8, 8, 3), size(9, 4)), distinct=2, smallest=size(9, 4), largest=size(8, 8))
    said = lines(images(formats=(FormatCount(format="GIF", base=0, head=1),), sizes=sizes))
    assert "Formats: GIF 0 → 1" in said
    assert "Sizes of the new ones: from 9 x 4 to 8 x 8 pixels; 8 x 8 (3), 9 x 4 (1)" in said


def test_of_many_classes_those_that_changed_most_are_shown() -> None:
    classes = tuple(ImageClass(split="train", label=str(number), base=10, head=10 + number) for number in range(30))
    table = image_classes(images(classes=classes, classes_left_out=2), 4)
    assert [row[0] for row in table.rows] == ["train/29", "train/28", "train/27", "train/26"]
    assert table.left_out == 28
