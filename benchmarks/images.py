"""Describe a folder of images: 2,000 new ones, with copies among them.

Example:
    python benchmarks/images.py --images 2000
"""

from __future__ import annotations

import argparse
import hashlib
import io
import time
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import psutil
from PIL import Image

from headway.datasets.images.describe import describe
from headway.datasets.images.image_files import ImageFile

if TYPE_CHECKING:
    from collections.abc import Callable

SIZE = (640, 480)
UNCHANGED = 100_000


def main() -> None:
    """Measure and print the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=2_000)
    arguments = parser.parse_args()
    random = np.random.default_rng(0)
    old = [ImageFile(f"old/{number}.jpg", f"{number:032x}") for number in range(UNCHANGED)]
    new = [_photograph(number, random) for number in range(arguments.images)]
    before = psutil.Process().memory_info().rss
    _timed(f"describe {arguments.images:,} new JPEGs among {UNCHANGED:,}", lambda: describe("p", old, [*old, *new]))
    print(f"    memory grew by {(psutil.Process().memory_info().rss - before) / 2**20:.0f} MiB")


def _photograph(number: int, random: np.random.Generator) -> ImageFile:
    blots = Image.fromarray(random.integers(0, 256, (12, 16, 3), dtype=np.uint8)).resize(SIZE, Image.Resampling.BICUBIC)
    stream = io.BytesIO()
    blots.save(stream, "JPEG", quality=90)
    content = stream.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    return ImageFile(f"class {number % 10}/{number}.jpg", digest, partial(io.BytesIO, content))


def _timed(name: str, work: Callable[[], object]) -> None:
    start = time.perf_counter()
    work()
    print(f"{name}: {time.perf_counter() - start:.2f} s")


if __name__ == "__main__":
    main()
