"""Names an image by all that it is made of, so that one that was drawn before need not be drawn again.

That is the job, the theme, the code that draws, and the versions of the libraries that do. Two kinds of images have no
name: text with letters that our font lacks is drawn with the machine's fonts, and a team's program may ask for the time
or for random numbers.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from headway.draw.theme import HAS_LETTERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.draw.jobs import Job

_LIBRARIES = ("vl-convert-python", "pillow")
_FILES = ("content", "base", "head")
"""The fields of jobs that hold files of the repository."""


def input_keys(job: Job, images: Sequence[str]) -> dict[str, str]:
    """A key for each of the images that a job becomes; none if they may be different ones the next time."""
    files = [each for name in _FILES if isinstance(each := getattr(job, name, None), bytes)]
    words = msgspec.structs.replace(job, **{name: b"" for name in _FILES if hasattr(job, name)})
    try:
        body = msgspec.json.encode(words)
    except (msgspec.MsgspecError, OverflowError):  # the renderer says what is wrong with it
        return {}
    if not all(HAS_LETTERS.fullmatch(text.decode(errors="replace")) for text in (body, *filter(_is_svg, files))):
        return {}
    digest = hashlib.sha256(_drawing_code() + body)
    for each in files:
        digest.update(hashlib.sha256(each).digest())
    return {image: f"{digest.hexdigest()}-{index}" for index, image in enumerate(images)}


def _is_svg(content: bytes) -> bool:
    return b"<svg" in content


@cache
def _drawing_code() -> bytes:
    """A hash of the modules that draw, the fonts' settings and the versions of the libraries."""
    digest = hashlib.sha256(" ".join(map(version, _LIBRARIES)).encode())
    folder = Path(__file__).parent
    for path in (*sorted(folder.rglob("*.py")), folder.parent / "numbers.py", folder / "fonts.conf"):
        digest.update(path.read_bytes())
    return digest.digest()
