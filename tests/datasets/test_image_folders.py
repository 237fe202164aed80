"""What is said of a folder of pictures: counts without opening, and only the new ones opened."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from datasets.folders import Files, described, encoded, picture, scene, side

from headway.datasets.file_kinds import holds_images
from headway.datasets.images.describe import describe
from headway.datasets.images.image_files import ImageFile, place_by_folders
from headway.values.imagery import FormatCount, ImageClass, MoveCount, SizeCount

if TYPE_CHECKING:
    from typing import BinaryIO

BASE: Files = {
    f"{label}/{number}.png": picture(number + 10 * (label == "dog")) for label in ("cat", "dog") for number in range(4)
}
JUNK = {f"junk/{number}.png": b"not a picture" for number in range(60)}


def test_an_unchanged_folder_opens_nothing() -> None:
    opened: list[str] = []
    images, sheets, _ = describe("data", side(BASE, opened), side(BASE, opened))
    assert (images.added, images.changed, images.removed, images.moved, images.sheet) == (0, 0, 0, 0, None)
    assert not sheets
    assert not opened
    assert images.classes == (ImageClass(label="cat", base=4, head=4), ImageClass(label="dog", base=4, head=4))


def test_only_changed_files_are_opened_and_no_removed_one() -> None:
    head = {**BASE, "cat/0.png": picture(50), "cat/new.png": picture(51)}
    del head["dog/3.png"]
    opened_base: list[str] = []
    opened_head: list[str] = []
    images, *_ = describe("data", side(BASE, opened_base), side(head, opened_head))
    assert (images.added, images.changed, images.removed) == (1, 1, 1)
    assert {*opened_head} == {"cat/0.png", "cat/new.png"}
    assert {*opened_base} == {"cat/0.png"}, "what a shown picture replaced"


def test_a_moved_picture_is_a_new_label_and_is_not_opened() -> None:
    head = {path: content for path, content in BASE.items() if path != "cat/1.png"}
    head |= {"dog/was-a-cat.png": BASE["cat/1.png"]}
    opened: list[str] = []
    images, *_ = describe("data", side(BASE, opened), side(head, opened))
    assert (images.added, images.removed, images.moved) == (0, 0, 1)
    assert images.moves == (MoveCount(base="cat", head="dog", count=1),)
    assert [(count.label, count.base, count.head) for count in images.classes] == [("cat", 4, 3), ("dog", 4, 5)]
    assert not opened


def test_a_renamed_picture_of_the_same_class_is_no_move_between_places() -> None:
    images = described({"cat/a.png": picture(1)}, {"cat/b.png": picture(1)}).images
    assert (images.moved, images.moves, images.relabeled, images.resplit) == (1, (), 0, 0)


def moves(*counts: tuple[str, str, int]) -> tuple[MoveCount, ...]:
    return tuple(MoveCount(base=base, head=head, count=count) for base, head, count in counts)


def test_labels_and_splits_that_changed_are_counted_apart() -> None:
    base = {f"train/{label}/{n}.png": f"{label}{n}".encode() for label in ("cat", "dog") for n in range(4)}
    head = {
        **{f"train/dog/was-cat-{n}.png": f"cat{n}".encode() for n in range(2)},
        "test/cat/2.png": b"cat2",
        "test/dog/3.png": b"cat3",
        **{path: content for path, content in base.items() if "dog" in path},
    }
    images = described(base, head).images
    assert (images.added, images.removed, images.changed, images.moved) == (0, 0, 0, 4)
    assert (images.relabeled, images.label_changes) == (3, moves(("cat", "dog", 3)))
    assert (images.resplit, images.split_changes) == (2, moves(("train", "test", 2)))
    assert [(one.split, one.base, one.head) for one in images.splits] == [("train", 8, 6), ("test", 0, 2)]


def test_images_that_changed_places_have_changed_labels() -> None:
    one = {"cat/1.png": b"a", "dog/1.png": b"b"}
    images = described(one, {"cat/1.png": b"b", "dog/1.png": b"a"}).images
    assert (images.changed, images.moved, images.relabeled) == (0, 2, 2)
    images = described(one, {"cat/1.png": b"c", "dog/1.png": b"a"}).images
    assert (images.added, images.removed, images.changed, images.moved) == (1, 1, 0, 1)


def test_a_copy_that_stays_in_its_class_has_not_changed_its_label() -> None:
    base = {"cat/1.png": b"same", "dog/1.png": b"same"}
    images = described(base, {"dog/2.png": b"same"}).images
    assert (images.moved, images.removed, images.relabeled) == (1, 1, 0)
    images = described(base, {**base, "dog/2.png": b"same"}).images
    assert (images.moved, images.added, images.relabeled) == (0, 1, 0)


def test_files_whose_hash_is_unknown_have_not_moved() -> None:
    unknown = [ImageFile(f"cat/{number}.png", "") for number in range(3)]
    elsewhere = [ImageFile(file.path.replace("cat", "dog"), "") for file in unknown]
    assert describe("data", unknown, elsewhere).images.moved == 0


def test_train_comes_before_test() -> None:
    images = described({}, {f"{split}/{n}/1.png": b"" for split in ("test", "Train", "val") for n in (10, 9)}).images
    assert [(one.split, one.label) for one in images.classes] == [
        (split, label) for split in ("Train", "val", "test") for label in ("9", "10")
    ]


def test_other_files_are_passed_over() -> None:
    images, *_ = described({}, {"cat/1.png": picture(1), "labels.csv": b"a,b", "cat/.DS_Store": b"", ".png": b""})
    assert (images.added, images.unreadable_count) == (1, 0)
    assert holds_images(["a.png", "b.JPG", "labels.csv"])
    assert not holds_images(["a.png", "labels.csv"])
    assert not holds_images([])


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("1.png", ("", "")),
        ("cat/1.png", ("", "cat")),
        ("cat/more/1.png", ("", "cat")),
        ("train/cat/1.png", ("train", "cat")),
        ("cat/Val/1.png", ("Val", "cat")),
        ("test/1.png", ("test", "")),
        ("testing ground/1.png", ("", "testing ground")),
    ],
)
def test_places_by_folders(path: str, place: tuple[str, str]) -> None:
    assert place_by_folders(path) == place


def test_formats_go_by_content_where_a_file_was_opened() -> None:
    head = {"a.JPG": encoded(scene(1), "JPEG"), "b.png": encoded(scene(2), "WEBP")}
    images, *_ = described({"old.tif": b"never opened"}, head)
    assert images.formats == (
        FormatCount(format="JPEG", base=0, head=1),
        FormatCount(format="TIFF", base=1, head=0),
        FormatCount(format="WEBP", base=0, head=1),
    )


def test_sizes_are_upright() -> None:
    sizes = [(40, 30), (40, 30), (8, 200), (300, 10)]
    files = {f"{number}.png": encoded(scene(number, size)) for number, size in enumerate(sizes)}
    exif = scene(9).getexif()
    exif[0x0112] = 6
    files["turned.jpg"] = encoded(scene(9, (100, 50)), "JPEG", exif=exif)
    measured = described({}, files)[0].sizes
    assert measured is not None
    assert measured.common[0] == SizeCount(width=40, height=30, count=2)
    assert SizeCount(width=50, height=100, count=1) in measured.common
    assert (measured.distinct, measured.smallest.count) == (4, 2)
    assert (measured.largest.width, measured.largest.height) == (50, 100)


def test_beyond_the_limit_a_fair_and_stable_sample_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headway.datasets.images.describe.MOST_OPENED", 10)
    head = {f"{number:03}.png": picture(number) for number in range(30)}
    opened: list[str] = []
    images, *_ = describe("data", [], side(head, opened))
    assert (images.opened, images.not_opened, images.added) == (10, 20, 30)
    lowest = sorted(side(head), key=lambda file: file.hash)[:10]
    assert {*opened} == {file.path for file in lowest}
    assert describe("data", [], reversed(side(head)))[0] == images


def test_very_large_pictures_use_up_the_time_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headway.datasets.images.describe.MOST_PIXELS_OPENED", 3 * 96 * 64)
    images, *_ = described({}, {f"{number}.png": picture(number) for number in range(9)})
    assert (images.opened, images.not_opened) == (3, 6)
    images, *_ = described({}, {f"{number}.jpg": encoded(scene(number), "JPEG") for number in range(30)})
    assert (images.opened, images.not_opened) == (12, 18)


def test_pictures_that_are_not_at_hand_are_counted_and_nothing_more() -> None:
    head = [ImageFile("a.png", "1"), *side({"b.png": picture(2)})]
    images, *_ = describe("data", [], head)
    assert (images.opened, images.not_opened, images.unreadable_count) == (1, 1, 0)


def test_a_picture_that_cannot_be_fetched_says_why() -> None:
    def fail() -> BinaryIO:
        raise FileNotFoundError(2, "No such file or directory")

    images, *_ = describe("data", [], [ImageFile("a.png", "1", fail)])
    assert images.unreadable[0].reason == "the file cannot be opened: No such file or directory"


def test_broken_pictures_are_named_and_of_many_only_the_first() -> None:
    junk = {path: content + path.encode() for path, content in JUNK.items()}
    images, sheets, _ = described({}, {**junk, "cat/1.png": picture(1)})
    assert (images.unreadable_count, len(images.unreadable), images.opened) == (60, 50, 1)
    assert images.unreadable[0].path == "junk/0.png"
    assert sheets


def test_very_many_classes_keep_those_that_changed() -> None:
    base = [ImageFile(f"{number:04}/a.png", str(number)) for number in range(1100)]
    head = [*base, ImageFile("0990/b.png", "new"), ImageFile("1099/b.png", "newer")]
    images, *_ = describe("data", base, head)
    assert (len(images.classes), images.classes_left_out) == (1000, 100)
    assert images.classes[-1] == ImageClass(label="1099", base=1, head=2)


def test_a_file_is_read_once_from_its_start_and_never_whole_where_it_is_huge() -> None:
    reads: list[int] = []

    class Stream(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            reads.append(size or -1)
            return super().read(size)

        def seek(self, *_: object) -> int:
            raise io.UnsupportedOperation("seek")

    images, *_ = describe("data", [], [ImageFile("a.png", "1", lambda: Stream(picture(1)))])
    assert images.opened == 1
    assert max(reads) <= 20_000_001
