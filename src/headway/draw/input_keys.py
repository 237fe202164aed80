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


def input_keys(job: Job, images: Sequence[str]) -> dict[str, str]:
    """A key for each of the images that a job becomes; none if they may be different ones the next time."""
    try:
        body = msgspec.json.encode(job)
    except msgspec.MsgspecError:  # the renderer says what is wrong with it
        return {}
    if not HAS_LETTERS.fullmatch(body.decode()):
        return {}
    digest = hashlib.sha256(_drawing_code() + body)
    return {image: f"{digest.hexdigest()}-{index}" for index, image in enumerate(images)}


@cache
def _drawing_code() -> bytes:
    """A hash of the modules of this folder, the fonts' settings and the versions of the libraries."""
    digest = hashlib.sha256(" ".join(map(version, _LIBRARIES)).encode())
    folder = Path(__file__).parent
    for path in (*sorted(folder.rglob("*.py")), folder / "fonts.conf"):
        digest.update(path.read_bytes())
    return digest.digest()
