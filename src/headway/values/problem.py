"""What went wrong without making the report impossible: a value that becomes a footnote."""

from __future__ import annotations

import msgspec


class Problem(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A footnote of the report.

    Attributes:
        where: the file, plot or section concerned, with the side where it matters, such as
            ``"reports/metrics.json (base)"``.
        what: what happened, one sentence without a full stop at the end.
        remedy: what the reader can do about it, often an exact command; empty where nothing can be done.
    """

    where: str
    what: str
    remedy: str = ""
