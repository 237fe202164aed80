"""A folder of images in words: every fact once, leaks first, and nothing where there is nothing."""

from __future__ import annotations

from typing import Any

from rendered import rows_of

from headway.report.blocks import Kind
from headway.report.fitting import shortened
from headway.report.sections.folder_images import image_classes, image_lines, image_warnings
from headway.values.dataset import FolderChange
from headway.values.imagery import (
    Copies,
    FolderImages,
    FormatCount,
    ImageClass,
    ImageSplit,
    MoveCount,
    PixelSizes,
    SizeCount,
)

FEW = Kind(noun="class", markdown=4)


def images(**fields: Any) -> FolderImages:
    return FolderImages(path="d", **{"added": 0, "changed": 0, "removed": 0, "moved": 0, **fields})


def copies(*paths: str, **fields: Any) -> Copies:
    return Copies(**{"kind": "identical", "paths": paths, "new": paths[:1], "count": len(paths), **fields})


def size(width: int, height: int, count: int = 1) -> SizeCount:
    return SizeCount(width=width, height=height, count=count)


def lines(found: FolderImages, **folder: Any) -> list[str]:
    return list(image_lines(found, FolderChange(path="d", **folder)))


def test_the_counts_of_a_folder_of_images_alone_are_told_once() -> None:
    counts = {"added": 1, "changed": 2, "removed": 0}
    assert lines(images(**counts), **counts) == []
    assert lines(images(**counts), added=2, changed=2, removed=0) == ["Images: 1 added, 2 changed"]
    assert lines(images(**counts | {"moved": 1}), **counts) == ["Images: 1 added, 2 changed, 1 moved"]
    assert lines(images(**counts | {"moved": 1}), added=2, changed=2, removed=1) == []


def test_nothing_is_said_where_nothing_changed() -> None:
    assert lines(images(formats=(FormatCount(format="PNG", base=3, head=3),))) == ["Images: no changes"]
    assert image_warnings(images()) == ()
    assert image_classes(images(classes=(ImageClass(label="", base=1, head=1),)), FEW).entries == ()


def test_copies_are_warnings_where_they_cross_and_a_line_where_they_do_not() -> None:
    found = images(
        copies=(
            copies("test/a", "train/b", crosses_splits=True, crosses_classes=True),
            copies("cat/c", "dog/d", crosses_classes=True, kind="alike", distance=4),
            copies("e", "f", "g", "h", "i"),
        ),
        copies_count=3,
    )
    assert list(image_warnings(found)) == [
        "Leakage: the same image in several splits: `test/a` = `train/b`",
        "The same image in several classes: `cat/c` = `dog/d`, 4 of 64 bits apart",
    ]
    assert "New images that resemble others: `e` = `f` = `g` and 2 more" in lines(found)


def test_a_new_format_and_the_sizes_are_told() -> None:
    sizes = PixelSizes(common=(size(8, 8, 3), size(9, 4)), distinct=2, smallest=size(9, 4), largest=size(8, 8))
    said = lines(images(formats=(FormatCount(format="GIF", base=0, head=1),), sizes=sizes))
    assert "Formats: GIF 0 → 1" in said
    assert "Sizes of new images: from 9 x 4 to 8 x 8 pixels, most often 8 x 8 (3), 9 x 4 (1)" in said


def test_changed_labels_and_splits_are_told() -> None:
    labels = (MoveCount(base="cat", head="dog", count=2), MoveCount(base="", head="cat", count=1))
    splits = (MoveCount(base="train", head="test", count=1),)
    said = lines(images(relabeled=3, label_changes=labels, resplit=1, split_changes=splits))
    assert "3 images changed their label: `cat` → `dog` 2, none → `cat` 1" in said
    assert "1 image moved to another split: `train` → `test` 1" in said


def test_the_classes_are_rows_and_the_splits_columns() -> None:
    found = images(
        classes=(
            ImageClass(split="test", label="10", base=0, head=5),
            ImageClass(split="train", label="10", base=30, head=30),
            ImageClass(split="train", label="2", base=10, head=30),
        ),
        splits=(ImageSplit(split="train", base=40, head=60), ImageSplit(split="test", base=0, head=5)),
    )
    table = image_classes(found, FEW)
    assert [column.title for column in table.columns] == ["Class", "train (40 → 60)", "test (0 → 5)"]
    assert rows_of(table) == [["2", "10 → 30 (25% → 50%)", "0"], ["10", "30 (75% → 50%)", "0 → 5 (100%)"]]


def test_a_fork_names_no_column() -> None:
    found = images(classes=tuple(ImageClass(split=f"| <b> {n}", label="cat", base=1, head=1) for n in range(99)))
    table = image_classes(found, FEW)
    assert len(table.columns) < 10
    assert {column.title for column in table.columns} == {"Class", "Images"}


def test_of_many_classes_those_that_changed_most_are_shown() -> None:
    classes = tuple(ImageClass(split="train", label=str(number), base=10, head=10 + number) for number in range(30))
    table = shortened(image_classes(images(classes=classes, classes_left_out=2), FEW), FEW.markdown)
    assert [row[0] for row in rows_of(table)] == ["29", "28", "27", "26"]
    assert table.left_out == 28
