"""What ``headway doctor`` says about one thing that a report needs."""

from __future__ import annotations

from typing import Literal

import msgspec

CheckStatus = Literal["ok", "warning", "failed", "skipped"]


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One check.

    Attributes:
        family: what it belongs to, such as ``Repository``.
        name: what is checked, such as ``clone depth``.
        status: ``failed`` if it will fail in CI, ``warning`` if something will be missing there, ``skipped`` if it does
            not apply, or depends on what failed.
        what: what was found, one sentence without a full stop.
        remedy: what to do: a command to paste, lines of YAML, or a sentence; empty for what is ok.
    """

    family: str
    name: str
    status: CheckStatus
    what: str
    remedy: str = ""
