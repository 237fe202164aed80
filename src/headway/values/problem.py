"""Something that went wrong but still permits a report: a value that becomes a footnote."""

from __future__ import annotations

import msgspec

from headway.values.revision import Side


class Problem(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A footnote of the report.

    Attributes:
        where: what the problem is about, such as ``reports/metrics.json (base)`` or ``settings: metrics``.
        what: what happened: one sentence without a full stop.
        remedy: what you can do about it, often an exact command; empty if nothing.
        path: the file, folder, plot, template, stage or remote; empty if the problem is about none of these.
        side: the side concerned; ``None`` if the problem concerns both sides or neither.
        folder: the tracked folder that contains the file, which a command can name instead of the file; else empty.
    """

    where: str = ""
    what: str
    remedy: str = ""
    path: str = ""
    side: Side | None = None
    folder: str = ""

    def __post_init__(self) -> None:
        if not self.where:
            place = f"{self.path} ({self.side})" if self.side else self.path
            msgspec.structs.force_setattr(self, "where", place)
