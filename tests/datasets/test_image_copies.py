"""Copies: identical by content hash, alike by perceptual hash, and the leaks between splits and classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from datasets.folders import Files, described, encoded, picture, scene
from PIL import Image, ImageEnhance
from sklearn.datasets import load_digits

from headway.datasets.images.copies import is_plain, perceptual_hash

if TYPE_CHECKING:
    from collections.abc import Callable

    from headway.values.imagery import Copies


@pytest.mark.parametrize(
    ("formula", "known"),
    [
        (lambda x, y: x * 5 + y * 3, 0x8000000000000000),
        (lambda x, y: (x * x + 3 * y * y) // 16 % 256, 0xAA55805580558055),
        (lambda x, y: (x * 37 + y * y * 11) % 251, 0xBAB1114A15AABA77),
    ],
)
def test_hashes_are_those_of_imagehash(formula: Callable[..., np.ndarray], known: int) -> None:
    """Taken from ImageHash 4.3.2."""
    y, x = np.mgrid[:32, :32]
    assert perceptual_hash(formula(x, y).astype(np.uint8)) == known


def copies(base: Files, head: Files, **options: bool) -> tuple[Copies, ...]:
    return described(base, head, **options)[0].copies


DISGUISES: dict[str, Callable[[Image.Image], bytes]] = {
    "compressed": lambda image: encoded(image, "JPEG", quality=40),
    "enlarged": lambda image: encoded(image.resize((300, 200))),
    "squeezed": lambda image: encoded(image.resize((64, 64))),
    "brighter": lambda image: encoded(ImageEnhance.Brightness(image).enhance(1.1)),
    "flatter": lambda image: encoded(ImageEnhance.Contrast(image).enhance(0.6)),
    "grey": lambda image: encoded(image.convert("L")),
    "palette": lambda image: encoded(image.quantize(256)),
    "sixteen bits": lambda image: encoded(Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 16)),
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_disguised_copy_is_found_and_nothing_else(disguise: str) -> None:
    head = {f"train/cat/{seed}.png": picture(seed) for seed in range(20)}
    head["test/cat/copy.png"] = DISGUISES[disguise](scene(7))
    (found,) = copies({}, head)
    assert (found.kind, found.paths, found.count) == ("alike", ("test/cat/copy.png", "train/cat/7.png"), 2)
    assert found.distance <= 6
    assert (found.crosses_splits, found.crosses_classes) == (True, False)


def test_another_picture_is_no_copy() -> None:
    assert not copies({}, {f"{seed}.png": picture(seed) for seed in range(200)})


def test_small_pictures_of_one_kind_are_no_copies() -> None:
    """Of the first 300 digits, dozens of pairs have near hashes; the levels tell them apart."""
    digits = load_digits()
    files = {
        f"{label}/{number}.png": encoded(Image.fromarray((levels * 16).clip(0, 255).astype(np.uint8)))
        for number, (levels, label) in enumerate(zip(digits.images[:300], digits.target, strict=False))
    }
    assert len(copies({}, files)) <= 1


def test_identical_files_are_found_without_opening_and_only_with_a_new_one() -> None:
    old = {"train/cat/1.png": b"one", "test/cat/1.png": b"one", "train/cat/2.png": b"two"}
    images, *_ = described(old, {**old, "train/dog/2.png": b"two"})
    (found,) = images.copies
    assert (found.kind, found.paths, found.new) == (
        "identical",
        ("train/dog/2.png", "train/cat/2.png"),
        ("train/dog/2.png",),
    )
    assert (found.crosses_splits, found.crosses_classes, found.distance) == (False, True, 0)
    assert (images.identical_base, images.identical_head) == (1, 2)


def test_a_picture_moved_into_the_test_split_beside_its_copy_is_a_leak() -> None:
    base = {"train/1.png": b"one", "train/2.png": b"one"}
    (found,) = copies(base, {"train/1.png": b"one", "test/2.png": b"one"})
    assert (found.new, found.crosses_splits) == (("test/2.png",), True)


def test_the_gravest_copies_come_first() -> None:
    head = {
        "train/cat/0.png": picture(0),
        "train/cat/0-again.png": picture(0),
        "train/cat/1.png": picture(1),
        "train/dog/1.png": picture(1),
        "train/cat/2.png": picture(2),
        "test/cat/2.jpg": encoded(scene(2), "JPEG"),
    }
    assert [(c.crosses_splits, c.crosses_classes) for c in copies({}, head)] == [
        (True, False),
        (False, True),
        (False, False),
    ]


def test_new_pictures_do_not_meet_unchanged_ones() -> None:
    base = {f"train/{seed}.png": picture(seed) for seed in range(5)}
    assert not copies(base, {**base, "test/3.jpg": encoded(scene(3), "JPEG")})


def test_many_frames_of_one_scene_are_one_group_with_a_few_names() -> None:
    rng = np.random.default_rng(3)
    still = np.asarray(scene(1)).astype(np.int16)
    frames = {
        f"{number:02}.png": encoded(
            Image.fromarray((still + rng.integers(-2, 3, still.shape)).clip(0, 255).astype(np.uint8))
        )
        for number in range(80)
    }
    (found,) = copies({}, frames)
    assert (found.count, len(found.paths)) == (80, 12)


@pytest.mark.parametrize("color", ["black", "white", "#808080"])
def test_plain_pictures_are_alike_to_nothing(color: str) -> None:
    plain = {f"{side}.png": encoded(Image.new("RGB", (side, side), color)) for side in (20, 30, 40)}
    images, *_ = described({}, plain)
    assert (images.plain, images.copies) == (3, ())
    assert is_plain(np.full((32, 32), 7, dtype=np.uint8))


def test_groups_are_the_same_in_any_order() -> None:
    head = {f"{seed}.png": picture(seed % 9) + b"\0" * seed for seed in range(30)}
    turned = dict(reversed(head.items()))
    assert described({}, head)[0] == described({}, turned)[0]
