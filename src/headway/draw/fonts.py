"""Letters that vl-convert's own font lacks are looked for among the machine's fonts; all others stay its own."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import vl_convert

_COVERED = re.compile("[\u0000-\u04ff\u1e00-\u1fff\u2000-\u22ff\u25a0-\u25ff]*")
_FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts")


def ensure_glyphs(text: str) -> None:
    """Make sure that the letters of a text can be drawn, if the machine has them."""
    if not _COVERED.fullmatch(text):
        _add_system_fonts()


@cache
def _add_system_fonts() -> None:
    for folder in _FONT_FOLDERS:
        if (path := Path(folder).expanduser()).is_dir():
            vl_convert.register_font_directory(str(path))
